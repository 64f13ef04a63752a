package hive

import (
	"encoding/json"
	"net/http"
	"reflect"

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
		door.WriteProblem(w, wire.NewProblem(wire.CodeInternal, err.Error(), "report this"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", noStore)
	_, _ = w.Write(raw) // a queen that left needs no answer
}

// describeCapabilities enters the route, which is not huma's because no query
// may make it fail, into the OpenAPI document.
func describeCapabilities(api huma.API) {
	parameter := func(name, description string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: description, Schema: &huma.Schema{Type: "string"}}
	}
	api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "capabilities", Method: http.MethodGet, Path: wire.PathCapabilities,
		Summary: "The devices of this machine; with queen_url, a pull: heartbeats go to that queen from now on",
		Parameters: []*huma.Param{
			parameter(wire.QueryQueenURL, "Base URL of the queen that asks, as this machine reaches it"),
			parameter(wire.QueryQueenID, "Which queen asks"),
			parameter(wire.QueryTake, "1: leave a queen that is being served"),
		},
		Responses: map[string]*huma.Response{"200": {
			Description: "Always, a refused queen_url included, which the warning names",
			Content: map[string]*huma.MediaType{"application/json": {
				Schema: api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[wire.Capabilities](), true, "Capabilities"),
			}},
		}},
	})
}
