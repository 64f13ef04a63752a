package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rbee/internal/swarm"
)

// fleet is what came of hives that beat once a second.
type fleet struct {
	*swarm.Report
	rowBytes   float64 // of the file, for each raw heartbeat
	rowContent float64 // the part of it that is not free space of pages
	diskBytes  float64 // written to the disk, for each accepted heartbeat
}

// fleet measures so many hives on a queen, once a round.
func (b *bench) fleet(ctx context.Context, hives int) (*fleet, error) {
	if f := b.now.fleets[hives]; f != nil {
		return f, nil
	}
	b.say("queen", "hives", hives)
	measured := b.sizes.fleetFor
	switch {
	case hives == b.sizes.few:
		measured = b.sizes.fewFor
	case hives < 100:
		measured *= 2 // processor time is counted in hundredths of a second
	}
	f := &fleet{}
	err := b.withState(func(state string) error {
		s, err := b.queen(ctx, state, 0)
		if err != nil {
			return err
		}
		err = with(s, func() (err error) {
			before := written(s.pid)
			if f.Report, err = b.beat(ctx, s, hives, measured, "--state", state); err != nil {
				return err
			}
			f.diskBytes = (written(s.pid) - before) / float64(f.AcceptedInTotal)
			return nil
		})
		if err != nil {
			return err
		}
		raw, err := rawSize(ctx, state)
		if err == nil && raw.count < float64(f.AcceptedInTotal) {
			b.fault("%d hives: %.0f heartbeats are stored of %d accepted", hives, raw.count, f.AcceptedInTotal)
		}
		f.rowBytes, f.rowContent = raw.bytes/raw.count, raw.content/raw.count
		return err
	})
	if err != nil {
		return nil, err
	}
	b.now.fleets[hives] = f
	return f, nil
}

// beat loads a server with hives and waits for the figures.
func (b *bench) beat(ctx context.Context, s *server, hives int, measured time.Duration, args ...string) (*swarm.Report, error) {
	l, err := b.rhythm(ctx, s, hives, measured, args...)
	if err != nil {
		return nil, err
	}
	return l.report()
}

// most measures the largest fleet, beside the floor under the same, and how the
// cost grows up to it.
func (b *bench) most(ctx context.Context) error {
	b.say("floor", "hives", b.sizes.most)
	s, err := b.floor(ctx)
	if err != nil {
		return err
	}
	var floor *swarm.Report
	err = with(s, func() (err error) { floor, err = b.beat(ctx, s, b.sizes.most, b.sizes.fleetFor); return err })
	if err != nil {
		return err
	}
	for _, hives := range b.sizes.fleets {
		f, err := b.fleet(ctx, hives)
		if err != nil {
			return err
		}
		b.sheet.add(fmt.Sprintf("%d hives: CPU cores", hives), of(f.ServerCores))
		b.sheet.add(fmt.Sprintf("%d hives: CPU µs per heartbeat", hives), of(f.ServerCPU))
		b.sheet.add(fmt.Sprintf("%d hives: p99 ms", hives), f.Latency.P99)
		b.sheet.add(fmt.Sprintf("%d hives: RSS MB", hives), of(f.ServerRSS))
		b.sheet.add(fmt.Sprintf("%d hives: written to disk, bytes per heartbeat", hives), f.diskBytes)
	}
	f, err := b.fleet(ctx, b.sizes.most)
	if err != nil {
		return err
	}
	b.sheet.add("most: not accepted", refused(f.Report))
	b.sheet.add("most: accepted per hive and second", f.PerSecond/float64(b.sizes.most))
	b.sheet.add("most: CPU cores", of(f.ServerCores))
	b.sheet.add("most: p50 ms", f.Latency.P50)
	b.sheet.add("most: p99 ms", f.Latency.P99)
	b.sheet.add("most: lateness of the load, p99 ms", f.Lag.P99)
	b.sheet.add("most: RSS MB", of(f.ServerRSS))
	b.sheet.add("most: greatest RSS MB", of(f.ServerRSSMost))
	b.sheet.add("most, floor: CPU cores", of(floor.ServerCores))
	b.sheet.add("most, floor: p99 ms", floor.Latency.P99)
	b.sheet.add("most, floor: RSS MB", of(floor.ServerRSS))
	b.sheet.add("most: RSS ÷ floor", of(f.ServerRSS)/of(floor.ServerRSS))
	return nil
}

// few measures a queen with next to nothing to do.
func (b *bench) few(ctx context.Context) error {
	f, err := b.fleet(ctx, b.sizes.few)
	if err != nil {
		return err
	}
	b.sheet.add("few: RSS MB", of(f.ServerRSSMost))
	b.sheet.add("few: % of a core", of(f.ServerCores)*100)
	b.sheet.add("few: p99 ms", f.Latency.P99)
	return nil
}

// disk measures what a heartbeat takes of it.
func (b *bench) disk(ctx context.Context) error {
	many, err := b.fleet(ctx, b.sizes.many)
	few, err2 := b.fleet(ctx, b.sizes.few)
	hours, err3 := b.hoursOfFew(ctx)
	if err := errors.Join(err, err2, err3); err != nil {
		return err
	}
	b.sheet.add("row, many: bytes", many.rowBytes)
	b.sheet.add("row, many: bytes without the free space of pages", many.rowContent)
	b.sheet.add("row, few: bytes", hours.bytes/hours.count)
	b.sheet.add("row, few: bytes without the free space of pages", hours.content/hours.count)
	b.sheet.add("row, few: rows", hours.count)
	b.sheet.add("row, few, first half minute: bytes", few.rowBytes)
	b.sheet.add("written to disk, many: bytes per heartbeat", many.diskBytes)
	b.sheet.add("written to disk, few: bytes per heartbeat", few.diskBytes)
	return nil
}

// hoursOfFew measures the rows of a handful of hives once there are many of them:
// they beat as fast as they are answered. The few of half a minute are on so few
// pages that those not yet full would be most of the figure.
func (b *bench) hoursOfFew(ctx context.Context) (r rows, err error) {
	b.say("queen", "busy", b.sizes.few)
	err = b.withState(func(state string) error {
		s, err := b.queen(ctx, state, 0)
		if err != nil {
			return err
		}
		err = with(s, func() (err error) { _, err = b.busyLoad(ctx, s, b.sizes.few); return err })
		if err != nil {
			return err
		}
		r, err = rawSize(ctx, state)
		return err
	})
	return r, err
}
