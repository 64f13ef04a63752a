package queen

import (
	"context"
	"errors"

	"rbee/internal/wire"
)

type (
	discoveriesInput struct {
		Limit int `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	}
	discoveriesOutput struct{ Body wire.DiscoveryList }
	discoverInput     struct {
		Body *wire.DiscoveryRequest
	}
	discoverOutput struct{ Body wire.Round }
)

func (q *Queen) listDiscoveries(ctx context.Context, in *discoveriesInput) (*discoveriesOutput, error) {
	found, err := q.store.Discoveries(ctx, in.Limit)
	if err != nil {
		return nil, q.unavailable(err)
	}
	return &discoveriesOutput{Body: wire.DiscoveryList{Discoveries: found}}, nil
}

func (q *Queen) discover(ctx context.Context, in *discoverInput) (*discoverOutput, error) {
	out, err := q.discovery.ask(ctx, in.Body != nil && in.Body.Take)
	switch {
	case errors.Is(err, errEnded), errors.Is(err, context.Canceled):
		return nil, wire.NewProblem(wire.CodeShuttingDown, "the round did not end: "+err.Error(), "ask again")
	case err != nil:
		return nil, q.unavailable(err)
	}
	return &discoverOutput{Body: out}, nil
}
