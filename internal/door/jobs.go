package door

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rbee/internal/wire"
)

// What both daemons say of jobs and workers: the queen hands on what a hive serves.

// JobBody describes the body of POST /v1/jobs: one shape for each operation. A
// queen needs to be told the hive.
func JobBody(api huma.API, hiveNeeded bool) *huma.RequestBody {
	body := JSONBody[wire.JobRequest](api, "At most 64 KiB; the fields that an operation does not have are ignored")
	schemas := api.OpenAPI().Components.Schemas.Map()
	fields := schemas["JobRequest"].Properties
	fields["model"].Examples = []any{"bartowski/Llama-3.2-1B-Instruct-Q4_K_M", "hf:bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M"}
	fields["worker"].Examples = []any{"llama-server"}
	fields["device"].Pattern = wire.DevicePattern
	fields["worker_id"].Pattern = wire.WorkerIDPattern
	fields["restart"].Enum = []any{"never", "on-failure"}
	fields["hive_id"].Pattern = wire.IDPattern
	common := []string{"operation"}
	if hiveNeeded {
		common = append(common, "hive_id")
	}
	union := &huma.Schema{Discriminator: &huma.Discriminator{PropertyName: "operation", Mapping: map[string]string{}}}
	for _, op := range wire.Operations() {
		name := jobSchemaName(op.Name)
		schemas[name] = jobSchema(op, common, fields)
		ref := "#/components/schemas/" + name
		union.OneOf = append(union.OneOf, &huma.Schema{Ref: ref})
		union.Discriminator.Mapping[op.Name] = ref
	}
	schemas["JobRequest"] = union
	return body
}

func jobSchema(op wire.Operation, common []string, fields map[string]*huma.Schema) *huma.Schema {
	s := &huma.Schema{
		Type: huma.TypeObject, Description: op.Summary + ". " + resultsOf(op), Required: slices.Concat(common, op.Needs), AdditionalProperties: true,
		Properties: map[string]*huma.Schema{
			"operation": {Type: huma.TypeString, Extensions: map[string]any{"const": op.Name}},
			"hive_id":   fields["hive_id"],
		},
	}
	for _, name := range slices.Concat(op.Needs, op.OneOf, op.Takes) {
		s.Properties[name] = fields[name]
	}
	for _, name := range op.OneOf {
		s.OneOf = append(s.OneOf, &huma.Schema{Required: []string{name}})
	}
	return s
}

func resultsOf(op wire.Operation) string {
	name := reflect.TypeOf(op.Result).Name()
	if op.Many {
		return "Results in its stream: each a " + name
	}
	return "Result in its stream: a " + name
}

// jobSchemaName is JobWorkerSpawn for worker_spawn.
func jobSchemaName(operation string) string {
	name := "Job"
	for word := range strings.SplitSeq(operation, "_") {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	return name
}

// JobEvents describes the stream of a job.
func JobEvents(api huma.API) *huma.Response {
	registry := api.OpenAPI().Components.Schemas
	var results []*huma.Schema
	for _, op := range wire.Operations() {
		s := registry.Schema(reflect.TypeOf(op.Result), true, "")
		if !slices.ContainsFunc(results, func(r *huma.Schema) bool { return r.Ref == s.Ref }) {
			results = append(results, s)
		}
	}
	const number = "Counts the events of the job, from 1"
	return Events("What the job said, then what it says, until it has ended",
		Event{Description: "A line. The last is " + wire.JobMarkerDone + ", " + wire.JobMarkerError + " and the reason, or " + wire.JobMarkerCancelled +
			". A line without id tells how many were lost, of a job that said more than is kept.", ID: number},
		Event{Name: wire.JobEventData, Description: "A result; which, the operation says", ID: number, Data: &huma.Schema{AnyOf: results}})
}

// ReadToEnd is the answer to a reader of a stream who has seen its end.
func ReadToEnd() *huma.Response {
	return &huma.Response{Description: "The last event was read already: do not connect again"}
}

// WorkerLog describes the log of a worker.
func WorkerLog() *huma.Response {
	r := Events("The log: as text what is kept, the last 8 MiB; as events that and what comes, until the worker has ended",
		Event{Description: "A line", ID: "Where the line ends in the log, in bytes"})
	r.Content["text/plain"] = &huma.MediaType{Schema: Text()}
	return r
}

// Follow describes the parameter that makes a log a stream.
func Follow() *huma.Param {
	return Query(QueryFollow, "1: as events, with what comes; so does Accept: "+MediaEvents, &huma.Schema{Type: huma.TypeString, Examples: []any{"1"}})
}

// QueryFollow is the parameter that makes a log a stream.
const QueryFollow = "follow"

// WantsEvents tells whether a log is wanted as a stream.
func WantsEvents(r *http.Request) bool {
	return r.URL.Query().Get(QueryFollow) == "1" || strings.Contains(r.Header.Get("Accept"), MediaEvents)
}

// ExampleJob is what the id of a job looks like.
const ExampleJob = "job-0199e7a2-8d33-7c1e-9b52-3f6d1c0a4e77"

// JobID describes the id of a job in a path.
func JobID() *huma.Param {
	return Path("id", "The job's id", &huma.Schema{Type: huma.TypeString, Pattern: wire.JobIDPattern, Examples: []any{ExampleJob}})
}

// WorkerID describes the id of a worker in a path.
func WorkerID(name string) *huma.Param {
	return Path(name, "The worker's id", &huma.Schema{Type: huma.TypeString, Pattern: wire.WorkerIDPattern, Examples: []any{"llama-server-0"}})
}

// MaxIdempotencyKey bounds the header.
const MaxIdempotencyKey = 255

// IdempotencyKey describes the header.
func IdempotencyKey() *huma.Param {
	longest := MaxIdempotencyKey
	return &huma.Param{
		Name: wire.HeaderIdempotencyKey, In: "header", Description: "Makes it safe to send again: the same key and body is the same job, for as long as that is kept",
		Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &longest, Examples: []any{"b7f0e0d2-6a0c-4a53-9a5e-0f3f3f0d8a11"}},
	}
}
