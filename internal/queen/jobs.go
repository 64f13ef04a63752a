package queen

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"rbee/internal/door"
	"rbee/internal/hiveclient"
	"rbee/internal/peer"
	"rbee/internal/wire"
)

// maxJobBytes bounds the body of a job.
const maxJobBytes = 64 << 10

type (
	jobsInput struct {
		HiveID string `query:"hive_id" required:"true" doc:"Whose jobs"`
	}
	jobInput struct {
		ID     string `path:"id" doc:"The job's id"`
		HiveID string `query:"hive_id" doc:"Which hive has it; left out, the one that the queen handed it to"`
	}
	jobsOutput   struct{ Body wire.JobList }
	jobOutput    struct{ Body wire.Job }
	cancelOutput struct{ Body wire.JobCancel }
)

// jobRoutes is what the queen serves of the jobs of hives, to her own machine.
func (q *Queen) jobRoutes(r chi.Router, api huma.API) {
	r.Post(wire.PathJobs, localOnly(q.startJob))
	r.Get(wire.PathJobs+"/{id}/stream", localOnly(q.jobStream))
	r.Get(wire.PathHives+"/{id}/workers/{worker}/logs", localOnly(q.workerLogs))
	describeJobs(api)
	operation := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary,
			Errors: []int{400, 403, 404, 421, 502}, Middlewares: huma.Middlewares{localClients},
		}
	}
	huma.Register(api, operation("jobs", http.MethodGet, wire.PathJobs, "The jobs of a hive, oldest first"), q.listJobs)
	huma.Register(api, operation("job", http.MethodGet, wire.PathJobs+"/{id}", "One job"), q.getJob)
	huma.Register(api, operation("cancel", http.MethodDelete, wire.PathJobs+"/{id}", "End a job"), q.cancelJob)
}

// startJob serves POST /v1/jobs: the body goes to the hive as it came.
func (q *Queen) startJob(w http.ResponseWriter, r *http.Request) {
	var body json.RawMessage
	if p := door.DecodeJSON(r, maxJobBytes, &body); p != nil {
		door.WriteProblem(w, p)
		return
	}
	ack, err := q.handOn(r.Context(), body, r.Header.Get(wire.HeaderIdempotencyKey))
	if err != nil {
		answerProblem(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(ack) // a client that left needs no answer
}

func (q *Queen) handOn(ctx context.Context, body json.RawMessage, key string) (*wire.JobAck, error) {
	var to struct {
		HiveID *string `json:"hive_id"`
	}
	if err := json.Unmarshal(body, &to); err != nil || to.HiveID == nil {
		return nil, wire.NewProblem(wire.CodeInvalidRequest, "the body names no hive: hive_id is missing, or no text",
			"send {\"hive_id\": …, \"operation\": …}; GET "+wire.PathHives+" lists the hives")
	}
	p, err := q.at(*to.HiveID)
	if err != nil {
		return nil, err
	}
	ack, err := asked(p, func(hive *hiveclient.Jobs) (*wire.JobAck, error) { return hive.Start(ctx, body, key) })
	if err != nil {
		return nil, p.failed(err)
	}
	q.relay.remember(ack.JobID, p.hive.ID)
	return &wire.JobAck{
		JobID:  ack.JobID,
		SSEURL: wire.PathJobs + "/" + ack.JobID + "/stream?hive_id=" + url.QueryEscape(p.hive.ID),
	}, nil
}

func (q *Queen) listJobs(ctx context.Context, in *jobsInput) (*jobsOutput, error) {
	p, err := q.at(in.HiveID)
	if err != nil {
		return nil, err
	}
	list, err := asked(p, func(hive *hiveclient.Jobs) (*wire.JobList, error) { return hive.List(ctx) })
	if err != nil {
		return nil, p.failed(err)
	}
	return &jobsOutput{Body: *list}, nil
}

func (q *Queen) getJob(ctx context.Context, in *jobInput) (*jobOutput, error) {
	p, err := q.having(in.ID, in.HiveID)
	if err != nil {
		return nil, err
	}
	job, err := asked(p, func(hive *hiveclient.Jobs) (*wire.Job, error) { return hive.Get(ctx, in.ID) })
	if err != nil {
		return nil, p.failed(err)
	}
	return &jobOutput{Body: *job}, nil
}

func (q *Queen) cancelJob(ctx context.Context, in *jobInput) (*cancelOutput, error) {
	p, err := q.having(in.ID, in.HiveID)
	if err != nil {
		return nil, err
	}
	cancelled, err := asked(p, func(hive *hiveclient.Jobs) (*wire.JobCancel, error) { return hive.Cancel(ctx, in.ID) })
	if err != nil {
		return nil, p.failed(err)
	}
	return &cancelOutput{Body: *cancelled}, nil
}

// jobStream serves GET /v1/jobs/{id}/stream.
func (q *Queen) jobStream(w http.ResponseWriter, r *http.Request) {
	id := chi.URLParam(r, "id")
	p, err := q.having(id, r.URL.Query().Get("hive_id"))
	if err != nil {
		answerProblem(w, err)
		return
	}
	q.pass(w, r, p, func(ctx context.Context, hive *hiveclient.Jobs) (*hiveclient.Stream, error) {
		return hive.Stream(ctx, id, r.Header.Get("Last-Event-Id"))
	}, true)
}

// workerLogs serves GET /v1/hives/{id}/workers/{worker}/logs.
func (q *Queen) workerLogs(w http.ResponseWriter, r *http.Request) {
	p, err := q.at(chi.URLParam(r, "id"))
	if err != nil {
		answerProblem(w, err)
		return
	}
	worker, follow := chi.URLParam(r, "worker"), r.URL.Query().Get("follow") == "1"
	q.pass(w, r, p, func(ctx context.Context, hive *hiveclient.Jobs) (*hiveclient.Stream, error) {
		return hive.WorkerLogs(ctx, worker, follow, r.Header.Get("Last-Event-Id"))
	}, follow)
}

// answerProblem answers with the problem that err is.
func answerProblem(w http.ResponseWriter, err error) {
	var p *wire.Problem
	if !errors.As(err, &p) {
		p = wire.NewProblem(wire.CodeInternal, err.Error(), "report this")
	}
	door.WriteProblem(w, p)
}

// describeJobs enters the routes that are not huma's into the OpenAPI document.
func describeJobs(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	text := &huma.Schema{Type: "string"}
	answers := func(status, description, mediaType string, schema *huma.Schema) map[string]*huma.Response {
		problems := &huma.Response{Description: "Refused, or what the hive said; 502 when it does not answer", Content: map[string]*huma.MediaType{
			wire.ContentTypeProblem: {Schema: door.SchemaOf[wire.Problem](schemas)},
		}}
		return map[string]*huma.Response{
			status: {Description: description, Content: map[string]*huma.MediaType{mediaType: {Schema: schema}}},
			"400":  problems, "403": problems, "404": problems, "502": problems,
		}
	}
	parameter := func(in, name, description string) *huma.Param {
		return &huma.Param{In: in, Name: name, Description: description, Schema: text, Required: in == "path"}
	}
	api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "start_job", Method: http.MethodPost, Path: wire.PathJobs,
		Summary:     "Hand a job on to the hive that hive_id names",
		Description: "Only hives on the queen's own machine, and only for programs there: 403 loopback_only for others.",
		Parameters:  []*huma.Param{parameter("header", wire.HeaderIdempotencyKey, "With the same key and body, the same job")},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: door.SchemaOf[wire.JobRequest](schemas)}}},
		Responses:   answers("200", "The hive has begun it", "application/json", door.SchemaOf[wire.JobAck](schemas)),
	})
	stream := func(id, path, summary, description string, parameters ...*huma.Param) {
		responses := answers("200", description, peer.ContentTypeEvents, text)
		responses["204"] = &huma.Response{Description: "Everything was read before"}
		api.OpenAPI().AddOperation(&huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Responses: responses,
			Parameters: append(parameters, parameter("header", "Last-Event-ID", "Go on behind this event")),
		})
		if id == "worker_logs" {
			responses["200"].Content["text/plain"] = &huma.MediaType{Schema: text}
		}
	}
	stream("job_stream", wire.PathJobs+"/{id}/stream", "Server-sent events: what a job says",
		"Lines; results in events named \"data\"; at last one of [DONE], [ERROR] with the reason, [CANCELLED]",
		parameter("path", "id", "The job's id"), parameter("query", "hive_id", "Which hive has it; left out, the one that the queen handed it to"))
	stream("worker_logs", wire.PathHives+"/{id}/workers/{worker}/logs", "What a worker of a hive prints",
		"Text; with follow=1 one event for each line, and those that come, until the worker has ended",
		parameter("path", "id", "The hive's id"), parameter("path", "worker", "The worker's id"), parameter("query", "follow", "1: stream what comes"))
}
