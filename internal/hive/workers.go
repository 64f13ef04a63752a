package hive

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"rbee/internal/door"
	"rbee/internal/hive/worker"
	"rbee/internal/wire"
)

func (h *handlers) workerRoutes(r chi.Router, api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "listWorkers", Method: http.MethodGet, Path: wire.PathWorkers, Tags: []string{tagWorkers},
		Summary: "The worker processes of this hive, those that ended too, oldest first",
	}, func(context.Context, *struct{}) (*answer[wire.WorkerList], error) {
		return fresh(wire.WorkerList{Workers: h.work.Workers()}), nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "listModels", Method: http.MethodGet, Path: wire.PathModels, Tags: []string{tagWorkers},
		Summary: "The models on this machine, by id, and what had to be left out",
	}, func(ctx context.Context, _ *struct{}) (*answer[wire.ModelList], error) {
		list, err := h.work.ListModels(ctx)
		if err != nil {
			return nil, wire.NewProblem(wire.CodeInternal, wire.Printable(err.Error()), "try again")
		}
		return fresh(list), nil
	})
	r.Get(wire.PathWorkers+"/{id}/logs", loopbackOnly(h.workerLogs))
	describeLogs(api)
}

// workerLogs is GET /v1/workers/{id}/logs: what is kept as plain text, or, as
// server-sent events, that and what comes. The id of an event is its offset.
func (h *handlers) workerLogs(w http.ResponseWriter, r *http.Request) {
	id := chi.URLParam(r, "id")
	if _, err := h.work.Fleet.Get(id); err != nil {
		door.WriteProblem(w, wire.NewProblem(wire.CodeUnknownWorker, fmt.Sprintf("there is no worker %q", wire.Printable(id)), "see GET "+wire.PathWorkers))
		return
	}
	last, problem := lastEventID(r)
	if problem != nil {
		door.WriteProblem(w, problem)
		return
	}
	if !door.WantsEvents(r) {
		h.wholeLog(w, r, id)
		return
	}
	relay(w, r, h.work.stopping, func(ctx context.Context) iter.Seq[worker.Line] {
		return h.logLines(ctx, id, last, true)
	}, func(l worker.Line) string { return fmt.Sprintf("id: %d\ndata: %s\n\n", l.End, l.Text) })
}

// logLines yields the lines of a log until it ends or cannot be read.
func (h *handlers) logLines(ctx context.Context, id string, after int64, follow bool) iter.Seq[worker.Line] {
	return func(yield func(worker.Line) bool) {
		lines, err := h.work.Fleet.Logs(ctx, id, after, follow)
		if err != nil {
			return // it was forgotten meanwhile
		}
		for l, err := range lines {
			if err != nil || !yield(l) {
				return
			}
		}
	}
}

// wholeLog sends what is kept.
func (h *handlers) wholeLog(w http.ResponseWriter, r *http.Request, id string) {
	const chunk = 32 << 10
	door.OpenEnded(w)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", noStore)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	out := reader{w: w, rc: http.NewResponseController(w)}
	var text strings.Builder
	for l := range h.logLines(r.Context(), id, 0, false) {
		text.WriteString(l.Text)
		text.WriteByte('\n')
		if text.Len() >= chunk {
			if out.write(text.String()) != nil {
				return
			}
			text.Reset()
		}
	}
	_ = out.write(text.String()) // a client that left needs no answer
}

func describeLogs(api huma.API) {
	door.Describe(api, huma.Operation{
		OperationID: "getWorkerLog", Method: http.MethodGet, Path: wire.PathWorkers + "/{id}/logs", Tags: []string{tagWorkers}, Summary: "What a worker prints", Description: onlyHere,
		Parameters: []*huma.Param{door.WorkerID("id"), door.Follow(), door.LastEventID()},
		Responses:  door.Answers{"200": door.WorkerLog()},
	}, wire.CodeLoopbackOnly, wire.CodeInvalidRequest, wire.CodeUnknownWorker)
}
