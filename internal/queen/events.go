package queen

import (
	"context"
	"strconv"

	"rbee/internal/store"
	"rbee/internal/wire"
)

type (
	eventsInput struct {
		After  string `query:"after" doc:"The first events with a greater id"`
		Before string `query:"before" doc:"The last events with a smaller id; default, without after: the last ones"`
		Hive   string `query:"hive" doc:"Only of this hive"`
		Kind   string `query:"kind" doc:"Only of this kind"`
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	}
	eventsOutput struct{ Body wire.EventList }
)

func (q *Queen) listEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	filter := store.EventFilter{Hive: in.Hive, Kind: wire.EventKind(in.Kind), Limit: in.Limit}
	var err error
	if filter.After, err = eventID("after", in.After); err != nil {
		return nil, err
	}
	if filter.Before, err = eventID("before", in.Before); err != nil {
		return nil, err
	}
	if filter.After != nil && filter.Before != nil {
		return nil, wire.NewProblem(wire.CodeInvalidRequest, "both after and before are given", "leave one of them out")
	}
	events, err := q.store.Events(ctx, filter)
	if err != nil {
		return nil, q.unavailable(err)
	}
	return &eventsOutput{Body: wire.EventList{Events: events}}, nil
}

// eventID reads the id of an event; nil when none is given.
func eventID(field, text string) (*int64, error) {
	if text == "" {
		return nil, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return nil, wire.NewProblem(wire.CodeInvalidRequest,
			field+" "+strconv.Quote(wire.Printable(text))+" is not the id of an event", "use the id of an event you have, or leave it out")
	}
	return &id, nil
}
