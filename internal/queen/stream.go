package queen

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rbee/internal/door"
	"rbee/internal/metrics"
	"rbee/internal/wire"
)

const (
	pulseEvery   = 2500 * time.Millisecond
	commentEvery = 15 * time.Second
	writeWithin  = 5 * time.Second // of one write to a reader
	readerBuffer = 64              // parcels a reader may be behind
	batchEvery   = 50 * time.Millisecond
	perTurn      = 16 // readers that are written to at once; a crowd takes turns
	mostTurns    = 10
)

// stillHere is the comment that tells a reader of a quiet stream that it goes on.
var stillHere = []byte(": still here\n\n")

// hub hands messages to the readers of the stream. Each batchEvery it encodes
// what has come, once for all. A reader gets everything since its last turn in
// one parcel, the same for all that have their turn together: a thousand
// heartbeats a second are twenty writes a second to each of a few readers, two
// to each of a crowd, which gets them by turns, since written to all at once
// they would hold up heartbeats. Who falls behind is dropped, never waited for.
type hub struct {
	count atomic.Int64 // of readers
	drops metrics.Counter
	wake  chan struct{} // there are messages

	mu      sync.Mutex
	readers map[*subscriber]bool
	waiting []any
	turn    int      // counts
	batches [][]byte // the latest; older ones nobody needs
	first   int      // number of batches[0]
}

// subscriber is one reader, as the hub sees it.
type subscriber struct {
	parcels chan []byte // closed when it is dropped
	turn    int
	next    int // number of the first batch it has not got
}

func newHub() *hub { return &hub{readers: map[*subscriber]bool{}, wake: make(chan struct{}, 1)} }

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

// run sends parcels until ctx ends.
func (h *hub) run(ctx context.Context) error {
	ticker := time.NewTicker(batchEvery)
	defer ticker.Stop()
	for owing := false; ; {
		if !owing {
			select {
			case <-ctx.Done():
				return nil
			case <-h.wake:
			}
		}
		owing = h.send()
		ticker.Reset(batchEvery)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// encode makes a batch of what waits.
func (h *hub) encode() {
	h.mu.Lock()
	messages := h.waiting
	h.waiting = nil
	h.mu.Unlock()
	if len(messages) == 0 {
		return
	}
	batch := events(messages...)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.batches = append(h.batches, batch)
}

// send gives everybody whose turn it is what it has not got. It reports whether
// others have yet to get something.
func (h *hub) send() (owing bool) {
	h.encode()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turn++
	turns := min(1+len(h.readers)/perTurn, mostTurns)
	end := h.first + len(h.batches)
	oldest := end
	parcels := map[int][]byte{} // by their first batch
	for r := range h.readers {
		switch {
		case r.next == end:
			continue
		case (h.turn+r.turn)%turns != 0:
			oldest = min(oldest, r.next)
			continue
		}
		if parcels[r.next] == nil {
			parcels[r.next] = slices.Concat(h.batches[r.next-h.first:]...)
		}
		select {
		case r.parcels <- parcels[r.next]:
			r.next = end
		default:
			h.drops.Inc()
			h.drop(r)
			close(r.parcels)
		}
	}
	h.batches = slices.Delete(h.batches, 0, oldest-h.first)
	h.first = oldest
	return oldest < end
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
func (h *hub) subscribe() (parcels chan []byte, leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := &subscriber{parcels: make(chan []byte, readerBuffer), turn: rand.IntN(mostTurns), next: h.first + len(h.batches)}
	h.readers[r] = true
	h.count.Store(int64(len(h.readers)))
	return r.parcels, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.drop(r)
	}
}

func (h *hub) drop(r *subscriber) {
	delete(h.readers, r)
	h.count.Store(int64(len(h.readers)))
}

// pulses makes the pulse for many readers.
type pulses struct {
	mu   sync.Mutex
	at   time.Time
	text []byte
}

// pulseShared is how old the pulse of a reader may be that was made for another.
const pulseShared = 250 * time.Millisecond

func (p *pulses) latest(r *registry) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); p.text == nil || now.Sub(p.at) >= pulseShared {
		p.at, p.text = now, events(r.pulse(now))
	}
	return p.text
}

// stream serves GET /v1/heartbeats/stream; this goroutine is the only writer of
// its response.
func (q *Queen) stream(w http.ResponseWriter, r *http.Request) {
	door.OpenEnded(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	parcels, leave := q.hub.subscribe()
	defer leave()
	pulse, comment := time.NewTicker(pulseEvery), time.NewTicker(commentEvery)
	defer pulse.Stop()
	defer comment.Stop()
	out := reader{w: w, rc: http.NewResponseController(w)}
	if out.write(q.pulses.latest(q.registry)) != nil {
		return
	}
	for {
		var err error
		select {
		case <-r.Context().Done():
			return
		case <-q.stopping:
			return
		case parcel, ok := <-parcels:
			if !ok {
				return
			}
			err = out.write(parcel)
		case <-pulse.C:
			err = out.write(q.pulses.latest(q.registry))
		case <-comment.C:
			err = out.write(stillHere)
		}
		if err != nil {
			return
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
	door.Describe(api, huma.Operation{
		OperationID: "streamHeartbeats", Method: http.MethodGet, Path: wire.PathStream, Tags: []string{tagHeartbeats},
		Summary: "Server-sent events: every heartbeat and every audit event as they are stored",
		Description: "The field type of the data tells the messages apart: a summary at once and every 2.5 s, each accepted heartbeat, each audit event. " +
			"The stream has no memory: who was away asks listEvents with after. A reader that falls behind is disconnected, and connects again.",
		Responses: door.Answers{"200": door.Events("Until the reader leaves, falls behind, or the queen stops", door.Event{
			Name: wire.StreamEvent, Description: "One message",
			Data: &huma.Schema{
				OneOf: []*huma.Schema{
					door.SchemaOf[wire.QueenPulse](schemas), door.SchemaOf[wire.HiveTelemetry](schemas), door.SchemaOf[wire.HiveEvent](schemas),
				},
				Discriminator: &huma.Discriminator{PropertyName: "type", Mapping: map[string]string{
					wire.StreamQueen: "#/components/schemas/QueenPulse", wire.StreamHiveTelemetry: "#/components/schemas/HiveTelemetry",
					wire.StreamHiveEvent: "#/components/schemas/HiveEvent",
				}},
			},
		})},
	})
}
