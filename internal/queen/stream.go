package queen

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rbee/internal/door"
	"rbee/internal/wire"
)

const (
	pulseEvery   = 2500 * time.Millisecond
	commentEvery = 15 * time.Second
	writeWithin  = 5 * time.Second // of one write to a reader
	readerBuffer = 64              // batches a reader may be behind
	batchEvery   = 50 * time.Millisecond
	crowded      = 16                     // readers from which on they are written to one after the other
	crowdEach    = 3 * time.Millisecond   // that each takes, so to speak
	crowdMost    = 500 * time.Millisecond // that this takes
)

// hub hands messages to the readers of the stream. What comes within batchEvery
// of the last batch goes into the next one, which is written once for all: a
// thousand heartbeats a second are twenty writes to each reader. One that falls
// behind is dropped, never waited for.
type hub struct {
	count atomic.Int64  // of readers
	wake  chan struct{} // there are messages

	mu      sync.Mutex
	readers map[chan []byte]bool
	waiting []any
}

func newHub() *hub { return &hub{readers: map[chan []byte]bool{}, wake: make(chan struct{}, 1)} }

// listened tells whether anybody reads.
func (h *hub) listened() bool { return h.count.Load() > 0 }

// publish takes messages for every reader.
func (h *hub) publish(messages []any) {
	if len(messages) == 0 || !h.listened() {
		return
	}
	h.mu.Lock()
	h.waiting = append(h.waiting, messages...)
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// run sends batches until ctx ends.
func (h *hub) run(ctx context.Context) error {
	ticker := time.NewTicker(batchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.wake:
			h.send()
		}
		ticker.Reset(batchEvery)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// send hands what waits to every reader, as one batch.
func (h *hub) send() {
	h.mu.Lock()
	messages := h.waiting
	h.waiting = nil
	h.mu.Unlock()
	batch := events(messages...)
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.readers {
		select {
		case ch <- batch:
		default:
			h.drop(ch)
			close(ch)
		}
	}
}

// events writes messages as server-sent events.
func events(messages ...any) []byte {
	var text bytes.Buffer
	for _, message := range messages {
		if raw, err := json.Marshal(message); err == nil { // no message of ours can fail to encode
			text.WriteString("event: " + wire.StreamEvent + "\ndata: ")
			text.Write(raw)
			text.WriteString("\n\n")
		}
	}
	return text.Bytes()
}

// subscribe returns a channel that is closed when the reader is dropped, and
// the function that ends the subscription.
func (h *hub) subscribe() (batches chan []byte, leave func()) {
	ch := make(chan []byte, readerBuffer)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.readers[ch] = true
	h.count.Store(int64(len(h.readers)))
	return ch, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.drop(ch)
	}
}

func (h *hub) drop(ch chan []byte) {
	delete(h.readers, ch)
	h.count.Store(int64(len(h.readers)))
}

// stream serves GET /v1/heartbeats/stream; this goroutine is the only writer of
// its response.
func (q *Queen) stream(w http.ResponseWriter, r *http.Request) {
	door.OpenEnded(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	batches, leave := q.hub.subscribe()
	defer leave()
	pulse, comment := time.NewTicker(pulseEvery), time.NewTicker(commentEvery)
	defer pulse.Stop()
	defer comment.Stop()
	out := reader{w: w, rc: http.NewResponseController(w)}
	if out.write(events(q.registry.pulse(time.Now()))) != nil {
		return
	}
	for {
		var err error
		select {
		case <-r.Context().Done():
			return
		case <-q.stopping:
			return
		case batch, ok := <-batches:
			if !ok {
				return
			}
			if crowd := q.hub.count.Load(); crowd >= crowded {
				if batch, ok = q.gather(r.Context(), batches, batch, crowd); !ok {
					return
				}
			}
			err = out.write(batch)
		case <-pulse.C:
			err = out.write(events(q.registry.pulse(time.Now())))
		case <-comment.C:
			err = out.write([]byte(": still here\n\n"))
		}
		if err != nil {
			return
		}
	}
}

// gather waits for a moment, a different one for each reader of a crowd, and
// adds what has come meanwhile: written to all at once, a batch would hold up
// heartbeats.
func (q *Queen) gather(ctx context.Context, batches chan []byte, first []byte, crowd int64) (all []byte, ok bool) {
	pause := time.NewTimer(rand.N(min(time.Duration(crowd)*crowdEach, crowdMost)))
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return nil, false
	case <-q.stopping:
		return nil, false
	case <-pause.C:
	}
	for all = first[:len(first):len(first)]; ; {
		select {
		case batch, ok := <-batches:
			if !ok {
				return nil, false
			}
			all = append(all, batch...)
		default:
			return all, true
		}
	}
}

// reader writes server-sent events to one client.
type reader struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (o reader) write(text []byte) error {
	_ = o.rc.SetWriteDeadline(time.Now().Add(writeWithin)) // a connection without deadlines has none to set
	if _, err := o.w.Write(text); err != nil {
		return err
	}
	return o.rc.Flush()
}

// pulse sums up the registry.
func (r *registry) pulse(now time.Time) wire.QueenPulse {
	p := wire.QueenPulse{Type: wire.StreamQueen, WorkerIDs: []string{}, HiveIDs: []string{}, Timestamp: now.UTC()}
	for _, h := range r.snapshot() {
		if !h.live(now) {
			continue
		}
		available := h.status(now) == wire.StatusHealthy && h.OperationalStatus == wire.Ready
		p.HivesOnline++
		p.HiveIDs = append(p.HiveIDs, h.ID)
		p.WorkersOnline += len(h.workers)
		for _, w := range h.workers {
			p.WorkerIDs = append(p.WorkerIDs, h.ID+"/"+strconv.FormatInt(w.PID, 10))
		}
		if available {
			p.HivesAvailable++
			p.WorkersAvailable += len(h.workers)
		}
	}
	return p
}

func describeStream(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	message := &huma.Schema{OneOf: []*huma.Schema{
		door.SchemaOf[wire.QueenPulse](schemas), door.SchemaOf[wire.HiveTelemetry](schemas), door.SchemaOf[wire.HiveEvent](schemas),
	}}
	api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "stream", Method: http.MethodGet, Path: wire.PathStream,
		Summary: "Server-sent events: every heartbeat and every audit event as they are stored",
		Description: "Every event is named \"heartbeat\"; the field type of its data tells the messages apart. " +
			"A reader that falls behind is disconnected.",
		Responses: map[string]*huma.Response{
			"200": {Description: "Until the reader leaves", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: message}}},
		},
	})
}
