package hive

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"rbee/internal/door"
	"rbee/internal/hive/job"
	"rbee/internal/wire"
)

const (
	commentEvery = 15 * time.Second
	writeWithin  = 5 * time.Second // of one write to a reader
	mostAtOnce   = 64              // events in one write
)

// streamJob serves GET /v1/jobs/{id}/stream.
func (h *handlers) streamJob(w http.ResponseWriter, r *http.Request) {
	id := chi.URLParam(r, "id")
	_, output, err := h.work.jobs.Get(id)
	if err != nil {
		door.WriteProblem(w, unknownJob(id))
		return
	}
	last, problem := lastEventID(r)
	switch {
	case problem != nil:
		door.WriteProblem(w, problem)
	case last > 0 && output.Ended(last):
		w.WriteHeader(http.StatusNoContent) // who asks again is not answered with the same end
	default:
		relay(w, r, nil, func(ctx context.Context) iter.Seq[job.Event] { return output.Follow(ctx, last) }, jobEvent)
	}
}

// lastEventID is where a reader left off, 0 for the beginning.
func lastEventID(r *http.Request) (int64, *wire.Problem) {
	text := r.Header.Get(door.HeaderLastEventID)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, wire.NewProblem(wire.CodeInvalidRequest, fmt.Sprintf("%s %q is no id of this stream", door.HeaderLastEventID, wire.Printable(text)),
			"send the last id that came, or none for the beginning")
	}
	return n, nil
}

// jobEvent writes one event.
func jobEvent(e job.Event) string {
	switch e.Kind {
	case job.Data:
		return fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", e.Number, wire.JobEventData, e.Text)
	case job.Gap:
		return fmt.Sprintf("data: %s\n\n", e.Text)
	case job.Line, job.End:
	}
	return fmt.Sprintf("id: %d\ndata: %s\n\n", e.Number, e.Text)
}

// relay sends what follow yields as server-sent events until it ends, the reader
// leaves, or stopping is closed. This goroutine is the only writer of the
// response; a reader who takes nothing for writeWithin is dropped.
func relay[T any](w http.ResponseWriter, r *http.Request, stopping <-chan struct{}, follow func(context.Context) iter.Seq[T], text func(T) string) {
	door.OpenEnded(w)
	w.Header().Set("Content-Type", door.MediaEvents)
	w.Header().Set("Cache-Control", noStore)
	ctx, leave := context.WithCancel(r.Context())
	events := make(chan T, mostAtOnce)
	go func() {
		defer close(events)
		for e := range follow(ctx) {
			select {
			case events <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() {
		leave()
		for range events { // until it has ended
		}
	}()
	comment := time.NewTicker(commentEvery)
	defer comment.Stop()
	out := reader{w: w, rc: http.NewResponseController(w)}
	for err := out.write(": here it begins\n\n"); err == nil; {
		select {
		case <-ctx.Done():
			return
		case <-stopping:
			return
		case <-comment.C:
			err = out.write(": still here\n\n")
		case e, more := <-events:
			if !more {
				return
			}
			var batch strings.Builder
			batch.WriteString(text(e))
			for range len(events) { // what is there already goes along
				if e, more = <-events; more {
					batch.WriteString(text(e))
				}
			}
			err = out.write(batch.String())
		}
	}
}

// reader writes to one client.
type reader struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (o reader) write(text string) error {
	_ = o.rc.SetWriteDeadline(time.Now().Add(writeWithin)) // a connection without deadlines has none to set
	if _, err := o.w.Write([]byte(text)); err != nil {
		return err
	}
	return o.rc.Flush()
}
