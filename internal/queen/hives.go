package queen

import (
	"context"
	"strconv"
	"time"

	"rbee/internal/store"
	"rbee/internal/wire"
)

type (
	hivesOutput struct{ Body wire.HiveList }
	hiveOutput  struct{ Body wire.Hive }
	hiveInput   struct {
		ID string `path:"id" doc:"The hive's id"`
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

func invalid(err error) *wire.Problem {
	return wire.NewProblem(wire.CodeInvalidRequest, err.Error(), "")
}

func noSuchHive(id string) *wire.Problem {
	return wire.NewProblem(wire.CodeUnknownHive, "no hive has the id "+strconv.Quote(id), "list the hives with GET "+wire.PathHives)
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
