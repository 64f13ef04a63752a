package door

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"rbee/internal/wire"
)

// metaCodes is where an operation keeps the codes it may answer with.
const metaCodes = "rbee-codes"

// everywhere are the codes that any route may answer with: those of the guard,
// and mistakes.
var everywhere = []wire.Code{wire.CodeCrossOrigin, wire.CodeHostNotAllowed, wire.CodeInternal}

// Fails says which codes an operation answers with, besides those that every
// route may.
func Fails(op huma.Operation, codes ...wire.Code) huma.Operation {
	op.Metadata = map[string]any{metaCodes: codes}
	return op
}

// Describe enters a route that is not huma's into the document.
func Describe(api huma.API, op huma.Operation, codes ...wire.Code) {
	op = Fails(op, codes...)
	api.OpenAPI().AddOperation(&op)
}

// Answers are those of an operation that are no problems, by status.
type Answers = map[string]*huma.Response

// JSON describes an answer whose body is a T.
func JSON[T any](api huma.API, description string) *huma.Response {
	return Media(description, mediaJSON, SchemaOf[T](api.OpenAPI().Components.Schemas))
}

// Media describes an answer of a media type.
func Media(description, mediaType string, schema *huma.Schema) *huma.Response {
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{mediaType: {Schema: schema}}}
}

// Text is the schema of plain text.
func Text() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }

// JSONBody describes the body of a request.
func JSONBody[T any](api huma.API, description string) *huma.RequestBody {
	return &huma.RequestBody{Required: true, Description: description, Content: map[string]*huma.MediaType{
		mediaJSON: {Schema: SchemaOf[T](api.OpenAPI().Components.Schemas)},
	}}
}

// Event is one kind of server-sent event.
type Event struct {
	Name        string // of its event field; "": it has none
	Description string
	ID          string       // what its id field is; "": it has none
	Data        *huma.Schema // of the JSON in its data; nil: it is text
}

// Events describes a stream of server-sent events: as the list that they make,
// since OpenAPI 3.1 has no words for a stream.
func Events(description string, kinds ...Event) *huma.Response {
	var each []*huma.Schema
	for _, k := range kinds {
		s := &huma.Schema{
			Type: huma.TypeObject, Description: k.Description, Required: []string{"data"},
			Properties: map[string]*huma.Schema{"data": Text()},
		}
		if k.Data != nil {
			s.Properties["data"].Extensions = map[string]any{"contentMediaType": mediaJSON, "contentSchema": k.Data}
		}
		if k.Name != "" {
			s.Properties["event"] = &huma.Schema{Type: huma.TypeString, Extensions: map[string]any{"const": k.Name}}
			s.Required = append(s.Required, "event")
		} else {
			s.Properties["event"] = &huma.Schema{Not: &huma.Schema{}, Description: "There is none"}
		}
		if k.ID != "" {
			s.Properties["id"] = &huma.Schema{Type: huma.TypeString, Description: k.ID}
		}
		each = append(each, s)
	}
	items := each[0]
	if len(each) > 1 {
		items = &huma.Schema{OneOf: each}
	}
	return Media(description, MediaEvents, &huma.Schema{
		Type: huma.TypeArray, Items: items, Description: "The events, as an object each. Lines that begin with a colon are comments, sent so that a quiet stream is known to go on.",
	})
}

// MediaEvents is the media type of server-sent events.
const MediaEvents = "text/event-stream"

// HeaderLastEventID is where a reader of a stream left off.
const HeaderLastEventID = "Last-Event-ID"

// LastEventID describes the header.
func LastEventID() *huma.Param {
	return &huma.Param{
		Name: HeaderLastEventID, In: "header", Description: "The id of the last event that was read: the stream goes on behind it; left out, from the beginning",
		Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^[0-9]+$", Examples: []any{"17"}},
	}
}

// Path describes a part of a path.
func Path(name, description string, schema *huma.Schema) *huma.Param {
	return &huma.Param{Name: name, In: "path", Required: true, Description: description, Schema: schema}
}

// Query describes a parameter of the query.
func Query(name, description string, schema *huma.Schema) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: description, Schema: schema}
}

// Grammar says of a parameter that huma has from a type what that does not: its
// grammar and examples. It describes; what is refused, and with which words, is
// the handler's.
func Grammar(api huma.API, path, name, pattern string, examples ...any) {
	item := api.OpenAPI().Paths[path]
	for _, op := range []*huma.Operation{item.Get, item.Post, item.Delete} {
		if op == nil {
			continue
		}
		for _, p := range op.Parameters {
			if p.Name == name {
				p.Schema.Pattern, p.Schema.Examples, p.Schema.Description = pattern, examples, ""
			}
		}
	}
}

// finish completes a document: the problems of each operation, what every answer
// may carry, and this route itself.
func finish(doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas
	problem := SchemaOf[wire.Problem](schemas)
	describeCodes(schemas.Map()["Problem"])
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Delete} {
			if op == nil {
				continue
			}
			addProblems(op, problem)
			for _, answer := range op.Responses {
				if answer.Description == http.StatusText(http.StatusOK) { // huma's own words
					answer.Description = op.Summary
				}
			}
		}
	}
}

// describeCodes enters the codes into the schema of problems.
func describeCodes(s *huma.Schema) {
	code := s.Properties["code"]
	code.Enum = nil
	about := make(map[string]any)
	for _, c := range wire.Codes() {
		code.Enum = append(code.Enum, string(c.Code))
		about[string(c.Code)] = map[string]any{"status": c.Status, "meaning": c.Meaning, "remedy": c.Remedy}
	}
	code.Extensions = map[string]any{"x-codes": about}
	s.Properties["type"].Examples = []any{wire.NewProblem(wire.CodeUnknownHive, "", "").Type}
}

// addProblems replaces what huma made up of an operation's failures.
func addProblems(op *huma.Operation, problem *huma.Schema) {
	for status := range op.Responses {
		if n, err := strconv.Atoi(status); err != nil || n >= http.StatusBadRequest {
			delete(op.Responses, status)
		}
	}
	own, _ := op.Metadata[metaCodes].([]wire.Code)
	byStatus := map[int][]wire.CodeInfo{}
	for _, c := range slices.Concat(own, everywhere) {
		info := c.Info()
		byStatus[info.Status] = append(byStatus[info.Status], info)
	}
	for _, status := range slices.Sorted(maps.Keys(byStatus)) {
		op.Responses[strconv.Itoa(status)] = problemAnswer(problem, byStatus[status])
	}
}

// problemAnswer describes the problems that share a status.
func problemAnswer(problem *huma.Schema, codes []wire.CodeInfo) *huma.Response {
	var lines []string
	names := &huma.Schema{}
	wait := 0
	for _, c := range codes {
		lines = append(lines, "`"+string(c.Code)+"`: "+c.Meaning+".")
		names.Enum = append(names.Enum, string(c.Code))
		wait = max(wait, c.RetryAfterS)
	}
	r := Media(strings.Join(lines, "\n\n"), wire.ContentTypeProblem, &huma.Schema{
		Ref: problem.Ref, Properties: map[string]*huma.Schema{"code": names},
	})
	if wait > 0 {
		r.Headers = map[string]*huma.Param{"Retry-After": {
			Description: "Seconds to wait before the next try", Schema: &huma.Schema{Type: huma.TypeInteger, Examples: []any{wait}},
		}}
	}
	return r
}

// document is what is served: the description as it stands when it is first
// asked for.
func document(doc *huma.OpenAPI) ([]byte, error) {
	finish(doc)
	return json.Marshal(doc)
}

// Metrics adds the route that Prometheus scrapes.
func Metrics(r chi.Router, api huma.API, tag string, page http.HandlerFunc) {
	r.Get(wire.PathMetrics, page)
	Describe(api, huma.Operation{
		OperationID: "getMetrics", Method: http.MethodGet, Path: wire.PathMetrics, Tags: []string{tag},
		Summary: "Figures for Prometheus", Description: "In its text format. docs/metrics.md has a table of them.",
		Responses: Answers{"200": Media("As text/plain; version=0.0.4", "text/plain", Text())},
	})
}
