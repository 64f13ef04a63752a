package queen

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"rbee/internal/door"
	"rbee/internal/hiveclient"
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
	operation := func(id, method, path, summary string, codes ...wire.Code) huma.Operation {
		return door.Fails(huma.Operation{
			OperationID: id, Method: method, Path: path, Tags: []string{tagJobs}, Summary: summary, Middlewares: huma.Middlewares{localClients},
		}, slices.Concat(relayCodes, codes)...)
	}
	huma.Register(api, operation("listJobs", http.MethodGet, wire.PathJobs, "The jobs of a hive, oldest first"), q.listJobs)
	huma.Register(api, operation("getJob", http.MethodGet, wire.PathJobs+"/{id}", "One job", wire.CodeUnknownJob), q.getJob)
	huma.Register(api, operation("cancelJob", http.MethodDelete, wire.PathJobs+"/{id}", "Cancel a job", wire.CodeUnknownJob, wire.CodeJobEnded), q.cancelJob)
}

// relayCodes are what any question to a hive may come to.
var relayCodes = []wire.Code{wire.CodeInvalidRequest, wire.CodeLoopbackOnly, wire.CodeUnknownHive, wire.CodeHiveUnreachable}

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
		return hive.Stream(ctx, id, r.Header.Get(door.HeaderLastEventID))
	}, true)
}

// workerLogs serves GET /v1/hives/{id}/workers/{worker}/logs.
func (q *Queen) workerLogs(w http.ResponseWriter, r *http.Request) {
	p, err := q.at(chi.URLParam(r, "id"))
	if err != nil {
		answerProblem(w, err)
		return
	}
	worker, follow := chi.URLParam(r, "worker"), door.WantsEvents(r)
	q.pass(w, r, p, func(ctx context.Context, hive *hiveclient.Jobs) (*hiveclient.Stream, error) {
		return hive.WorkerLogs(ctx, worker, follow, r.Header.Get(door.HeaderLastEventID))
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
	const onlyHere = "Only of hives on the queen's own machine, and only for programs there."
	add := func(op huma.Operation, codes ...wire.Code) {
		op.Tags, op.Description = []string{tagJobs}, onlyHere
		door.Describe(api, op, slices.Concat(relayCodes, codes)...)
	}
	hive := &huma.Schema{Type: huma.TypeString, Pattern: wire.IDPattern, Examples: []any{"gaming-pc"}}
	add(huma.Operation{
		OperationID: "startJob", Method: http.MethodPost, Path: wire.PathJobs, Summary: "Hand a job on to the hive that hive_id names",
		Parameters: []*huma.Param{door.IdempotencyKey()}, RequestBody: door.JobBody(api, true),
		Responses: door.Answers{"200": door.JSON[wire.JobAck](api, "The hive has it")},
	}, wire.CodeTooLarge, wire.CodeMediaType, wire.CodeKeyReused, wire.CodeTooManyJobs, wire.CodeShuttingDown)
	add(huma.Operation{
		OperationID: "streamJob", Method: http.MethodGet, Path: wire.PathJobs + "/{id}/stream", Summary: "Server-sent events: what a job said, and says",
		Parameters: []*huma.Param{
			door.JobID(), door.LastEventID(),
			door.Query("hive_id", "Which hive has it; left out, the one that the queen handed it to", hive),
		},
		Responses: door.Answers{"200": door.JobEvents(api), "204": door.ReadToEnd()},
	}, wire.CodeUnknownJob)
	add(huma.Operation{
		OperationID: "getWorkerLog", Method: http.MethodGet, Path: wire.PathHives + "/{id}/workers/{worker}/logs", Summary: "What a worker of a hive prints",
		Parameters: []*huma.Param{door.Path("id", "The hive's id", hive), door.WorkerID("worker"), door.Follow(), door.LastEventID()},
		Responses:  door.Answers{"200": door.WorkerLog()},
	}, wire.CodeUnknownWorker)
}
