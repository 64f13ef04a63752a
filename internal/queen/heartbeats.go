package queen

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rbee/internal/door"
	"rbee/internal/store"
	"rbee/internal/wire"
)

// retryAfter is how long a refused hive is asked to wait, in seconds.
var retryAfter = map[wire.Code]int{
	wire.CodeIDConflict:       10, // until a silent incumbent is down
	wire.CodeQueueFull:        1,
	wire.CodeStateUnavailable: 1,
	wire.CodeShuttingDown:     1,
}

// heartbeat serves POST /v1/hive-heartbeat. It answers 200 when what the
// heartbeat said is in the state file, synced.
func (q *Queen) heartbeat(w http.ResponseWriter, r *http.Request) {
	var hb wire.Heartbeat
	if problem := door.DecodeJSON(r, wire.MaxHeartbeatBytes, &hb); problem != nil {
		door.WriteProblem(w, problem)
		return
	}
	received := time.Now() // whole: a slow sender is no older for it
	hb.Normalize()
	if err := hb.Validate(); err != nil {
		door.WriteProblem(w, wire.NewProblem(wire.CodeInvalidHeartbeat, err.Error(), "see "+door.PathOpenAPI+" for a heartbeat"))
		return
	}
	var refused *wire.Problem
	err := q.store.TryWrite(func(tx *store.Tx) (err error) {
		refused, err = q.registry.beat(tx, beat{hb: &hb, peer: peerIP(r), received: received})
		return err
	})
	if err != nil {
		refused = q.unavailable(err)
	}
	if refused != nil {
		if after := retryAfter[refused.Code]; after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(after))
		}
		door.WriteProblem(w, refused)
		return
	}
	q.available()
	if hb.Capabilities != nil {
		q.log.Info(fmt.Sprintf("Received capabilities from hive %s: %d devices", hb.Hive.ID, len(hb.Capabilities)))
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(wire.Ack{ // a client that left needs no answer
		Status: "ok", Message: "Telemetry received from hive " + hb.Hive.ID,
		Epoch: q.registry.epoch, QueenID: q.registry.queenID,
	})
}

func peerIP(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

func describeHeartbeat(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	body := func(v *huma.Schema) map[string]*huma.MediaType {
		return map[string]*huma.MediaType{"application/json": {Schema: v}}
	}
	problem := func(text string) *huma.Response {
		return &huma.Response{Description: text, Content: map[string]*huma.MediaType{
			wire.ContentTypeProblem: {Schema: door.SchemaOf[wire.Problem](schemas)},
		}}
	}
	api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "heartbeat", Method: http.MethodPost, Path: wire.PathHeartbeat,
		Summary:     "A hive's heartbeat",
		Description: "Answered with 200 when what it said is in the state file, synced.",
		RequestBody: &huma.RequestBody{Required: true, Content: body(door.SchemaOf[wire.Heartbeat](schemas))},
		Responses: map[string]*huma.Response{
			"200": {Description: "Stored", Content: body(door.SchemaOf[wire.Ack](schemas))},
			"400": problem("Not a valid heartbeat"),
			"404": problem("unknown_hive: not registered in this epoch; send capabilities"),
			"409": problem("hive_id_conflict: a live hive has this id; Retry-After is set"),
			"413": problem("Larger than 1 MiB"),
			"415": problem("Not application/json"),
			"503": problem("The queue is full or the state file unavailable; Retry-After is set"),
		},
	})
}
