package hive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"rbee/internal/door"
	"rbee/internal/hive/job"
	"rbee/internal/hive/operation"
	"rbee/internal/wire"
)

// maxJob bounds the body of POST /v1/jobs.
const maxJob = 64 << 10

// onlyHere says who may ask.
const onlyHere = "To programs on this machine only."

func (h *handlers) jobRoutes(r chi.Router, api huma.API) {
	r.Post(wire.PathJobs, loopbackOnly(h.startJob))
	r.Delete(wire.PathJobs+"/{id}", loopbackOnly(h.cancelJob))
	r.Get(wire.PathJobs+"/{id}/stream", loopbackOnly(h.streamJob))
	describeJobs(api)
	huma.Register(api, door.Fails(huma.Operation{
		OperationID: "listJobs", Method: http.MethodGet, Path: wire.PathJobs, Tags: []string{tagJobs}, Summary: "The jobs that are kept, oldest first",
		Description: onlyHere, Middlewares: huma.Middlewares{localClients},
	}, wire.CodeLoopbackOnly), func(context.Context, *struct{}) (*answer[wire.JobList], error) {
		return fresh(wire.JobList{Jobs: h.work.jobs.List()}), nil
	})
	huma.Register(api, door.Fails(huma.Operation{
		OperationID: "getJob", Method: http.MethodGet, Path: wire.PathJobs + "/{id}", Tags: []string{tagJobs}, Summary: "One job",
		Description: onlyHere, Middlewares: huma.Middlewares{localClients},
	}, wire.CodeLoopbackOnly, wire.CodeUnknownJob), func(_ context.Context, in *struct {
		ID string `path:"id" doc:"The job's id"`
	},
	) (*answer[wire.Job], error) {
		j, _, err := h.work.jobs.Get(in.ID)
		if err != nil {
			return nil, unknownJob(in.ID)
		}
		return fresh(j), nil
	})
	door.Grammar(api, wire.PathJobs+"/{id}", "id", wire.JobIDPattern, door.ExampleJob)
}

// answer is a body that is true for a moment.
type answer[T any] struct {
	CacheControl string `header:"Cache-Control"`
	Body         T
}

func fresh[T any](body T) *answer[T] { return &answer[T]{CacheControl: noStore, Body: body} }

// loopbackOnly keeps requests that make this machine do something, and those that
// read what jobs and workers say, to programs on it, and away from proxies on it
// that speak for others, for as long as nobody can prove who he is.
func loopbackOnly(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if door.FromThisMachine(r) {
			next(w, r)
			return
		}
		why := "jobs run programs on this machine, and a hive cannot yet tell who asks, so it takes them from its own machine only"
		if r.Method == http.MethodGet {
			why = "what jobs and workers say may hold secrets, and a hive cannot yet tell who asks, so it tells its own machine only"
		}
		door.WriteProblem(w, wire.NewProblem(wire.CodeLoopbackOnly,
			fmt.Sprintf("%s of %s came from %s, or through a proxy: %s",
				r.Method, wire.Printable(r.URL.Path), wire.Printable(r.RemoteAddr), why),
			"ask on the hive's machine, for example over ssh"))
	}
}

// localClients is loopbackOnly as huma's middleware.
func localClients(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	loopbackOnly(func(http.ResponseWriter, *http.Request) { next(ctx) })(w, r)
}

// jobBody is the body of POST /v1/jobs, and what it was word for word.
type jobBody struct {
	wire.JobRequest
	raw string
}

// UnmarshalJSON keeps the text.
func (b *jobBody) UnmarshalJSON(text []byte) error {
	b.raw = string(text)
	return json.Unmarshal(text, &b.JobRequest)
}

func (h *handlers) startJob(w http.ResponseWriter, r *http.Request) {
	var body jobBody
	if problem := door.DecodeJSON(r, maxJob, &body); problem != nil {
		door.WriteProblem(w, problem)
		return
	}
	key := r.Header.Get(wire.HeaderIdempotencyKey)
	request, err := h.work.Request(body.JobRequest)
	if keyErr := wire.ValidateText(wire.HeaderIdempotencyKey, key); err == nil && (keyErr != nil || len(key) > door.MaxIdempotencyKey) {
		err = fmt.Errorf("%w: the %s is too long or not printable: use at most %d characters, such as a UUID", operation.ErrInvalid, wire.HeaderIdempotencyKey, door.MaxIdempotencyKey)
	}
	var id string
	if err == nil {
		request.Key, request.Body = key, body.raw
		id, err = h.work.jobs.Start(request)
	}
	if err != nil {
		writeJobError(w, err)
		return
	}
	h.work.log.Info("Job accepted", "job_id", id, "operation", request.Operation)
	writeJSON(w, wire.JobAck{JobID: id, SSEURL: wire.PathJobs + "/" + id + "/stream"})
}

// writeJobError translates what a job was refused for.
func writeJobError(w http.ResponseWriter, err error) {
	detail := wire.Printable(err.Error())
	problem := wire.NewProblem(wire.CodeInternal, detail, "")
	switch {
	case errors.Is(err, operation.ErrInvalid):
		problem = wire.NewProblem(wire.CodeInvalidRequest, detail, "")
	case errors.Is(err, job.ErrKeyReused):
		problem = wire.NewProblem(wire.CodeKeyReused, detail, "")
	case errors.Is(err, job.ErrBusy):
		problem = wire.NewProblem(wire.CodeTooManyJobs, detail, "")
	case errors.Is(err, job.ErrStopping):
		problem = wire.NewProblem(wire.CodeShuttingDown, detail, "")
	}
	door.WriteProblem(w, problem)
}

func unknownJob(id string) *wire.Problem {
	return wire.NewProblem(wire.CodeUnknownJob, fmt.Sprintf("there is no job %q", wire.Printable(id)),
		"see GET "+wire.PathJobs+" for those that are kept: the last 1,000, of a day")
}

func (h *handlers) cancelJob(w http.ResponseWriter, r *http.Request) {
	id := chi.URLParam(r, "id")
	if err := h.work.jobs.Cancel(id); err != nil {
		problem := unknownJob(id)
		if _, _, err := h.work.jobs.Get(id); err == nil {
			problem = wire.NewProblem(wire.CodeJobEnded, fmt.Sprintf("job %s has ended", id), "")
		}
		door.WriteProblem(w, problem)
		return
	}
	h.work.log.Info("Job cancelled", "job_id", id)
	writeJSON(w, wire.JobCancel{JobID: id, Status: wire.JobCancelled})
}

func writeJSON(w http.ResponseWriter, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		door.WriteProblem(w, wire.NewProblem(wire.CodeInternal, err.Error(), ""))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", noStore)
	_, _ = w.Write(raw) // a client that left needs no answer
}

// describeJobs enters the routes that are not huma's, for their peer, their body
// or their length, into the OpenAPI document.
func describeJobs(api huma.API) {
	tags := []string{tagJobs}
	door.Describe(api, huma.Operation{
		OperationID: "startJob", Method: http.MethodPost, Path: wire.PathJobs, Tags: tags, Summary: "Start a job", Description: onlyHere,
		Parameters: []*huma.Param{door.IdempotencyKey()}, RequestBody: door.JobBody(api, false),
		Responses: door.Answers{"200": door.JSON[wire.JobAck](api, "It runs, or waits for its turn")},
	}, wire.CodeInvalidRequest, wire.CodeLoopbackOnly, wire.CodeKeyReused, wire.CodeTooLarge, wire.CodeMediaType, wire.CodeTooManyJobs, wire.CodeShuttingDown)
	door.Describe(api, huma.Operation{
		OperationID: "cancelJob", Method: http.MethodDelete, Path: wire.PathJobs + "/{id}", Tags: tags, Summary: "Cancel a job", Description: onlyHere,
		Parameters: []*huma.Param{door.JobID()},
		Responses:  door.Answers{"200": door.JSON[wire.JobCancel](api, "It is cancelled")},
	}, wire.CodeLoopbackOnly, wire.CodeUnknownJob, wire.CodeJobEnded)
	door.Describe(api, huma.Operation{
		OperationID: "streamJob", Method: http.MethodGet, Path: wire.PathJobs + "/{id}/stream", Tags: tags,
		Summary: "Server-sent events: what a job said, and says", Description: onlyHere,
		Parameters: []*huma.Param{door.JobID(), door.LastEventID()},
		Responses:  door.Answers{"200": door.JobEvents(api), "204": door.ReadToEnd()},
	}, wire.CodeLoopbackOnly, wire.CodeInvalidRequest, wire.CodeUnknownJob)
}
