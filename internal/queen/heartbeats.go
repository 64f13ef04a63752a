package queen

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rbee/internal/door"
	"rbee/internal/store"
	"rbee/internal/wire"
)

// heartbeat serves POST /v1/hive-heartbeat. It answers 200 when what the
// heartbeat said is in the state file, synced.
func (q *Queen) heartbeat(w http.ResponseWriter, r *http.Request) {
	hb := heartbeats.Get().(*wire.Heartbeat) //nolint:forcetypeassert // nothing else is put there
	counted := false                         // before it is answered, so that who is answered finds it counted
	defer func() {
		if !counted {
			q.counts.refused.Of(wire.CodeInternal).Inc()
		}
		*hb = wire.Heartbeat{} // the registry has what was in it
		heartbeats.Put(hb)
	}()
	refuse := func(p *wire.Problem) {
		counted = true
		q.counts.refused.Of(p.Code).Inc()
		door.WriteProblem(w, p)
	}
	if problem := door.DecodeJSON(r, wire.MaxHeartbeatBytes, hb); problem != nil {
		refuse(problem)
		return
	}
	received := time.Now() // whole: a slow sender is no older for it
	hb.Normalize()
	if err := hb.Validate(); err != nil {
		refuse(wire.NewProblem(wire.CodeInvalidHeartbeat, err.Error(), "see "+door.PathOpenAPI+" for a heartbeat"))
		return
	}
	next, refused, after := q.take(beat{hb: hb, peer: peerIP(r), received: received})
	if refused != nil {
		if after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(after))
		}
		refuse(refused)
		return
	}
	counted = true
	q.counts.accepted.Inc()
	if hb.Capabilities != nil {
		q.log.Info(fmt.Sprintf("Received capabilities from hive %s: %d devices", hb.Hive.ID, len(hb.Capabilities)))
	}
	w.Header()["Content-Type"] = jsonType
	body := acks.Get().(*[]byte) //nolint:forcetypeassert // nothing else is put there
	*body = q.registry.appendAck((*body)[:0], hb.Hive.ID, next)
	_, _ = w.Write(*body) // a client that left needs no answer
	acks.Put(body)
}

// heartbeats are what bodies are decoded into.
var heartbeats = sync.Pool{New: func() any { return new(wire.Heartbeat) }}

// acks are what answers are written in.
var acks = sync.Pool{New: func() any { return new([]byte) }}

// jsonType is shared by all answers, which saves each from making it.
var jsonType = []string{"application/json"}

// take brings a heartbeat into the registry and the state file. It returns when
// the next one is granted, zero for the usual rhythm, or why it was refused and
// after how many seconds it may come again, zero for what the code says.
func (q *Queen) take(b beat) (next time.Duration, refused *wire.Problem, after int) {
	registered := q.registry.find(b.hb.Hive.ID).registered(q.registry.epoch)
	if b.hb.Capabilities == nil && !registered && !q.registry.nameless.Load() {
		return 0, unknownHive(b.hb.Hive.ID, q.registry.epoch), 0 // without a place in the queue: after a restart all get it
	}
	newcomer := b.hb.Capabilities != nil && !registered
	if newcomer {
		done, after := q.registry.admit()
		if done == nil {
			return 0, wire.NewProblem(wire.CodeQueueFull, "more hives register at once than the queen takes", "send it again later"), after
		}
		defer done()
	}
	b.interval = q.registry.granted()
	err := q.store.TryWrite(func(tx *store.Tx) (err error) {
		refused, err = q.registry.beat(tx, b)
		return err
	})
	if err != nil {
		refused = q.unavailable(err)
		if errors.Is(err, store.ErrUnavailable) {
			q.registry.overhear(b)
		}
	} else {
		q.available()
	}
	if refused != nil {
		return 0, refused, 0
	}
	return q.registry.nextIn(b.interval, newcomer), nil, 0
}

// appendAck writes the body of a 200, as encoding/json would write wire.Ack:
// nothing in it needs escaping.
func (r *registry) appendAck(body []byte, id string, next time.Duration) []byte {
	body = append(body, `{"status":"ok","message":"Telemetry received from hive `...)
	body = append(body, id...)
	body = append(body, `","epoch":`...)
	body = strconv.AppendInt(body, r.epoch, 10)
	body = append(body, `,"queen_id":"`...)
	body = append(body, r.queenID...)
	body = append(body, '"')
	if next > 0 {
		body = append(body, `,"next_ms":`...)
		body = strconv.AppendInt(body, next.Milliseconds(), 10)
	}
	return append(body, "}\n"...)
}

func peerIP(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// heartbeatBody describes the body, with one example of each kind.
func heartbeatBody(api huma.API) *huma.RequestBody {
	const hive, at = `"hive":{"id":"gaming-pc","port":7835,"operational_status":"ready","health_status":{"status":"healthy"}},`, `"timestamp":"2025-10-30T22:00:00.123Z"`
	body := door.JSONBody[wire.Heartbeat](api, "At most 1 MiB")
	body.Content["application/json"].Examples = map[string]*huma.Example{
		"least":     {Summary: "What has to be there", Value: json.RawMessage(`{"hive":{"id":"gaming-pc","port":7835},` + at + `}`)},
		"discovery": {Summary: "With capabilities, until the first 200", Value: json.RawMessage(`{` + hive + at + `,"workers":[],"capabilities":[{"id":"CPU-0","name":"CPU (16 cores)","device_type":"cpu","vram_gb":64,"compute_capability":null}]}`)},
		"telemetry": {Summary: "Without, from then on", Value: json.RawMessage(`{` + hive + at + `,"workers":[],"node":{"cpu_pct":37.2,"ram_used_mb":12345,"ram_total_mb":65536,"gpus":[]}}`)},
	}
	return body
}

func describeHeartbeat(api huma.API) {
	door.Describe(api, huma.Operation{
		OperationID: "sendHeartbeat", Method: http.MethodPost, Path: wire.PathHeartbeat, Tags: []string{tagHeartbeats},
		Summary: "A hive's heartbeat",
		Description: "Answered with 200 when what it said is in the state file, synced. docs/protocol.md tells when to send which. " +
			fmt.Sprintf("Figures are 0 to 10^12, temperatures may be below zero; texts have at most %d bytes and no control characters; there are at most %d workers, %d GPUs and %d devices.",
				wire.MaxText, wire.MaxWorkers, wire.MaxGPUs, wire.MaxDevices),
		RequestBody: heartbeatBody(api),
		Responses:   door.Answers{"200": door.JSON[wire.Ack](api, "It is in the state file, synced")},
	}, slices.Concat(bodyCodes, writeCodes, []wire.Code{wire.CodeInvalidHeartbeat, wire.CodeUnknownHive, wire.CodeIDConflict})...)
}
