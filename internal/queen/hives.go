package queen

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"rbee/internal/store"
	"rbee/internal/wire"
)

type (
	hivesOutput   struct{ Body wire.HiveList }
	hiveOutput    struct{ Body wire.Hive }
	historyOutput struct{ Body wire.History }
	hiveInput     struct {
		ID string `path:"id" doc:"The hive's id"`
	}
	historyInput struct {
		ID    string `path:"id" doc:"The hive's id"`
		Step  string `query:"step" doc:"Not served yet"`
		From  string `query:"from" doc:"RFC 3339, or a time before now such as -6h; default: open"`
		To    string `query:"to" doc:"As from; default: open"`
		Limit int    `query:"limit" minimum:"1" maximum:"2000" default:"60" doc:"The last so many heartbeats of the span"`
	}
)

func (q *Queen) listHives(context.Context, *struct{}) (*hivesOutput, error) {
	now := time.Now()
	hives := q.registry.snapshot()
	out := &hivesOutput{Body: wire.HiveList{Hives: make([]wire.Hive, len(hives))}}
	for i, h := range hives {
		out.Body.Hives[i] = h.view(now)
	}
	return out, nil
}

func (q *Queen) getHive(_ context.Context, in *hiveInput) (*hiveOutput, error) {
	h, err := q.lookUp(in.ID)
	if err != nil {
		return nil, err
	}
	return &hiveOutput{Body: h.view(time.Now())}, nil
}

func (q *Queen) forgetHive(ctx context.Context, in *hiveInput) (*struct{}, error) {
	if _, err := q.lookUp(in.ID); err != nil {
		return nil, err
	}
	var known bool
	err := q.store.Write(ctx, func(tx *store.Tx) (err error) {
		known, err = q.registry.forget(tx, in.ID, time.Now())
		return err
	})
	switch {
	case err != nil:
		return nil, q.unavailable(err)
	case !known:
		return nil, noSuchHive(in.ID)
	}
	q.log.Info("Hive forgotten", "hive_id", in.ID)
	return nil, nil
}

func (q *Queen) history(ctx context.Context, in *historyInput) (*historyOutput, error) {
	if err := wire.ValidateID(in.ID); err != nil {
		return nil, invalid(err)
	}
	if in.Step != "" {
		return nil, invalid(fmt.Errorf("step %q: this version serves single heartbeats only; leave step out", wire.Printable(in.Step)))
	}
	now := time.Now()
	from, err := parseTime("from", in.From, now)
	if err != nil {
		return nil, invalid(err)
	}
	to, err := parseTime("to", in.To, now)
	if err != nil {
		return nil, invalid(err)
	}
	if !from.IsZero() && !to.IsZero() && to.Before(from) {
		return nil, invalid(fmt.Errorf("to %q is before from %q", in.To, in.From))
	}
	samples, err := q.store.Heartbeats(ctx, store.HeartbeatFilter{HiveID: in.ID, From: from, To: to, Limit: in.Limit})
	if err != nil {
		return nil, q.unavailable(err)
	}
	if len(samples) == 0 { // a forgotten hive still has its history
		if _, err := q.lookUp(in.ID); err != nil {
			return nil, err
		}
	}
	return &historyOutput{Body: wire.History{HiveID: in.ID, Samples: samples}}, nil
}

// lookUp finds a known hive for a request.
func (q *Queen) lookUp(id string) (*hive, error) {
	if err := wire.ValidateID(id); err != nil {
		return nil, invalid(err)
	}
	h := q.registry.find(id)
	if h == nil {
		return nil, noSuchHive(id)
	}
	return h, nil
}

// parseTime reads RFC 3339 or a duration counted from now; "" is the zero time.
func parseTime(field, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if d, err := time.ParseDuration(text); err == nil && strings.HasPrefix(text, "-") {
		return now.Add(d), nil
	}
	return time.Time{}, fmt.Errorf("%s %q is neither an RFC 3339 time nor a duration before now such as -6h", field, wire.Printable(text))
}

func invalid(err error) *wire.Problem {
	return wire.NewProblem(wire.CodeInvalidRequest, err.Error(), "see /openapi.json for what this route accepts")
}

func noSuchHive(id string) *wire.Problem {
	return wire.NewProblem(wire.CodeNotFound, "no hive has the id "+strconv.Quote(id), "list the hives with GET "+wire.PathHives)
}

// view is what clients see of a hive.
func (h *hive) view(now time.Time) wire.Hive {
	return wire.Hive{
		ID: h.ID, InstanceID: h.InstanceID, Alias: h.Alias, Aliases: h.Aliases, Hostname: h.Hostname,
		Address: h.Address, Port: h.Port, Version: h.Version,
		OperationalStatus: h.OperationalStatus, HealthStatus: h.HealthStatus, Status: h.status(now),
		RegisteredEpoch: h.RegisteredEpoch, FirstSeen: h.FirstSeen.UTC(), LastSeen: h.LastSeen.UTC(),
		ClockSkewMS: h.skewMS, Devices: h.Devices, Workers: h.workers, Node: h.node,
	}
}
