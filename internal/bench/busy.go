package bench

import (
	"context"
	"fmt"

	"rbee/internal/swarm"
)

// busy measures what a heartbeat costs when connections send as fast as they
// are answered: the floor and the queen in turn.
func (b *bench) busy(ctx context.Context) error {
	for _, load := range []struct {
		name        string
		connections int
	}{{"many", b.sizes.busyMany}, {"few", b.sizes.busyFew}} {
		floor, err := b.busyFloor(ctx, load.connections)
		if err != nil {
			return err
		}
		queen, err := b.busyQueen(ctx, load.connections)
		if err != nil {
			return err
		}
		b.busyFigures(fmt.Sprintf("busy %s, floor", load.name), floor)
		b.busyFigures(fmt.Sprintf("busy %s, queen", load.name), queen)
		b.sheet.add("busy "+load.name+": CPU ÷ floor", of(queen.ServerCPU)/of(floor.ServerCPU))
		b.sheet.add("busy "+load.name+": rate ÷ floor", queen.PerSecond/floor.PerSecond)
		if load.name == "many" {
			b.now.grouped = queen
		}
	}
	return nil
}

func (b *bench) busyFigures(name string, r *swarm.Report) {
	b.sheet.add(name+": heartbeats/s", r.PerSecond)
	b.sheet.add(name+": CPU µs per heartbeat", of(r.ServerCPU))
	b.sheet.add(name+": p50 ms", r.Latency.P50)
	b.sheet.add(name+": p99 ms", r.Latency.P99)
}

func (b *bench) busyFloor(ctx context.Context, connections int) (r *swarm.Report, err error) {
	b.say("floor", "busy", connections)
	s, err := b.floor(ctx)
	if err != nil {
		return nil, err
	}
	err = with(s, func() (err error) { r, err = b.busyLoad(ctx, s, connections); return err })
	return r, err
}

func (b *bench) busyQueen(ctx context.Context, connections int) (*swarm.Report, error) {
	b.say("queen", "busy", connections)
	r, err := b.busyOn(ctx, connections, func(state string) (*server, error) { return b.queen(ctx, state, 0) })
	if err != nil {
		return nil, err
	}
	if n := refused(r); n > 0 {
		b.concern("%d busy connections: %.0f heartbeats got no 200: %v %v", connections, n, r.Status, r.Errors)
	}
	return r, nil
}

// busyOn loads a server that has a state file.
func (b *bench) busyOn(ctx context.Context, connections int, start func(state string) (*server, error)) (r *swarm.Report, err error) {
	err = b.withState(func(state string) error {
		s, err := start(state)
		if err != nil {
			return err
		}
		return with(s, func() (err error) { r, err = b.busyLoad(ctx, s, connections); return err })
	})
	return r, err
}

// alone measures the queen against one transaction for each heartbeat. With a
// slow disk some of those wait for longer than hives do: that is the baseline's
// trouble, and no fault.
func (b *bench) alone(ctx context.Context) (err error) {
	grouped := b.now.grouped
	if grouped == nil {
		if grouped, err = b.busyQueen(ctx, b.sizes.busyMany); err != nil {
			return err
		}
	}
	b.say("lone", "busy", b.sizes.busyMany)
	alone, err := b.busyOn(ctx, b.sizes.busyMany, func(state string) (*server, error) { return b.lone(ctx, state) })
	if err != nil {
		return err
	}
	b.sheet.add("alone: heartbeats/s", alone.PerSecond)
	b.sheet.add("alone: p99 ms", alone.Latency.P99)
	b.sheet.add("grouped: heartbeats/s", grouped.PerSecond)
	b.sheet.add("grouped ÷ alone", grouped.PerSecond/alone.PerSecond)
	return nil
}
