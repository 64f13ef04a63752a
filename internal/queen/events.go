package queen

import (
	"context"
	"strconv"

	"rbee/internal/store"
	"rbee/internal/wire"
)

type (
	eventsInput struct {
		After string `query:"after" doc:"The first events with a greater id; default: the last ones"`
		Hive  string `query:"hive" doc:"Only of this hive"`
		Kind  string `query:"kind" doc:"Only of this kind"`
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	}
	eventsOutput struct{ Body wire.EventList }
)

func (q *Queen) listEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	filter := store.EventFilter{Hive: in.Hive, Kind: wire.EventKind(in.Kind), Limit: in.Limit}
	if in.After != "" {
		after, err := strconv.ParseInt(in.After, 10, 64)
		if err != nil || after < 0 {
			return nil, wire.NewProblem(wire.CodeInvalidRequest,
				"after "+strconv.Quote(wire.Printable(in.After))+" is not the id of an event", "use the id of the last event you have, or 0")
		}
		filter.After = &after
	}
	events, err := q.store.Events(ctx, filter)
	if err != nil {
		return nil, q.unavailable(err)
	}
	return &eventsOutput{Body: wire.EventList{Events: events}}, nil
}
