package hive

import (
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rbee/internal/door"
	"rbee/internal/wire"
)

// capabilities is GET /capabilities, and with a queen_url in the query a pull.
// It answers 200 whatever the query: what is refused is named in the warning.
func (h *handlers) capabilities(w http.ResponseWriter, r *http.Request) {
	d := decision{standing: h.link.standing()}
	p, err := readPull(r.URL.RawQuery)
	switch {
	case err != nil:
		d.warning = err.Error()
	case p != nil:
		d = h.link.pull(r.Context(), *p)
	}
	self := h.report.self(wire.Ready)
	raw, err := json.Marshal(wire.Capabilities{
		Hive: &self, State: d.standing.state,
		QueenURL: nullable(d.standing.queen), QueenID: nullable(d.standing.queenID),
		Devices: h.detect.devices(r.Context()), Warning: d.warning,
	})
	if err != nil {
		door.WriteProblem(w, wire.NewProblem(wire.CodeInternal, err.Error(), ""))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", noStore)
	_, _ = w.Write(raw) // a queen that left needs no answer
}

// describeCapabilities enters the route, which is not huma's because no query
// may make it fail, into the OpenAPI document.
func describeCapabilities(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	ref := door.SchemaOf[wire.Capabilities](schemas)
	now := schemas.Map()["Capabilities"]
	now.Required = []string{"hive", "state", "queen_url", "queen_id", "devices"}
	schemas.Map()["Capabilities2025"] = &huma.Schema{
		Type: huma.TypeObject, Description: "The shape of 2025, which queens take as well", AdditionalProperties: true,
		Required: []string{"devices"}, Properties: map[string]*huma.Schema{"devices": now.Properties["devices"]},
		Not: &huma.Schema{Required: []string{"hive"}},
	}
	either := &huma.Schema{OneOf: []*huma.Schema{ref, {Ref: "#/components/schemas/Capabilities2025"}}}
	door.Describe(api, huma.Operation{
		OperationID: "getCapabilities", Method: http.MethodGet, Path: wire.PathCapabilities, Tags: []string{tagDaemon},
		Summary: "The devices of this machine; with queen_url, a pull: heartbeats go to that queen from now on",
		Description: "Answered with 200 whatever the query: a queen_url that is refused is named in the warning, and changes nothing. " +
			"Hives of 2025 answer with their devices only. A 200 without a list of devices is no hive.",
		Parameters: []*huma.Param{
			door.Query(wire.QueryQueenURL, "Base URL of the queen that asks, as this machine reaches it",
				&huma.Schema{Type: huma.TypeString, Format: "uri", Pattern: `^https?://[^/?#@]+/?$`, Examples: []any{"http://192.168.1.10:7833"}}),
			door.Query(wire.QueryQueenID, "Which queen asks", door.Text()),
			door.Query(wire.QueryTake, "1: leave a queen that is being served", &huma.Schema{Type: huma.TypeString, Examples: []any{"1"}}),
		},
		Responses: door.Answers{"200": door.Media("The devices, the hive, and what it made of the pull", "application/json", either)},
	})
}
