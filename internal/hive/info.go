package hive

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rbee/internal/hive/operation"
	"rbee/internal/wire"
)

type healthOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         wire.HiveHealth
}

type infoOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         wire.HiveSelf
}

// describeHealth is GET /health: the hive answers, so it is up. It says nothing
// of the queen, whose absence is no fault of the hive.
func (h *handlers) describeHealth(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "getHealth", Method: http.MethodGet, Path: wire.PathHealth, Tags: []string{tagDaemon}, Summary: "Whether the hive is up",
	}, func(context.Context, *struct{}) (*healthOutput, error) {
		return &healthOutput{CacheControl: noStore, Body: wire.HiveHealth{Status: "ok", Version: h.report.version}}, nil
	})
}

// describeInfo is GET /v1/info.
func (h *handlers) describeInfo(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "getInfo", Method: http.MethodGet, Path: wire.PathInfo, Tags: []string{tagDaemon},
		Summary: "The hive, the state of its link, and the queen it is tied to",
	}, func(context.Context, *struct{}) (*infoOutput, error) {
		return &infoOutput{CacheControl: noStore, Body: h.self()}, nil
	})
}

func (h *handlers) self() wire.HiveSelf {
	s := h.link.standing()
	return wire.HiveSelf{
		Hive: h.report.self(wire.Ready), State: s.state,
		QueenURL: nullable(s.queen), QueenID: nullable(s.queenID), Epoch: nullable(s.epoch),
	}
}

// clock is how far this machine's clock is ahead of the queen's, by her last
// answer; false while none answers.
func (h *handlers) clock() (operation.Skew, bool) {
	s := h.link.standing()
	if s.state != wire.Telemetry || s.skew == nil {
		return operation.Skew{}, false
	}
	return operation.Skew(*s.skew), true
}

// nullable is null for the zero value.
func nullable[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
