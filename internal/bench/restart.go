package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"rbee/internal/swarm"
	"rbee/internal/wire"
)

// outage is how long the queen is away.
const outage = time.Second

// restarts kills a queen under two sizes of fleet.
func (b *bench) restarts(ctx context.Context) error {
	for _, of := range []struct {
		name    string
		hives   int
		watched time.Duration
	}{{"many", b.sizes.many, b.sizes.recoverMany}, {"most", b.sizes.most, b.sizes.recoverMost}} {
		b.say("queen", "hives that are restarted under", of.hives)
		r, took, err := b.restart(ctx, of.hives, of.watched)
		if err != nil {
			return err
		}
		name := "restart, " + of.name
		p50, p99 := quantile(took, 0.50), quantile(took, 0.99)
		if len(took) < of.hives {
			b.concern("restart under %d hives: only %d came back", of.hives, len(took))
			p50, p99 = math.Inf(1), math.Inf(1)
		}
		b.sheet.add(name+": healthy after ms p50", p50)
		b.sheet.add(name+": healthy after ms p99", p99)
		b.sheet.add(name+": since the hive noticed, ms p50", r.Recovery.Healthy.P50)
		b.sheet.add(name+": since the hive noticed, ms p99", r.Recovery.Healthy.P99)
		b.sheet.add(name+": 404", float64(r.Status["404"]))
		b.sheet.add(name+": 503", float64(r.Status["503"]))
		odd, what := oddities(r)
		b.sheet.add(name+": other answers", odd)
		if odd > 0 {
			b.concern("restart under %d hives: answers beside 200, 404 and 503: %s", of.hives, what)
		}
	}
	return nil
}

// restart kills the queen under a fleet that is healthy, starts another after
// the outage, and looks whether she has all that was acknowledged. It returns
// what the swarm tells, and how long after the outage, her boot included, each
// hive was healthy in the eyes of the new queen, in ms, sorted.
func (b *bench) restart(ctx context.Context, hives int, watched time.Duration) (r *swarm.Report, took []float64, err error) {
	err = b.withState(func(state string) error {
		s, err := b.queen(ctx, state, 0)
		if err != nil {
			return err
		}
		defer s.kill()
		ramp := b.sizes.ramp(hives)
		lead := ramp + b.sizes.settle + time.Second
		acked := filepath.Join(filepath.Dir(state), "acked")
		l, err := b.startLoad(ctx, s, "--hives", fmt.Sprint(hives), "--ramp", ramp.String(),
			"--duration", (lead + outage + watched).String(), "--acked", acked)
		if err != nil {
			return err
		}
		if err := pause(ctx, lead); err != nil {
			return err
		}
		s.kill()
		if err := pause(ctx, outage); err != nil {
			return err
		}
		back := time.Now()
		next, err := b.queen(ctx, state, s.port)
		if err != nil {
			return err
		}
		if err := with(next, func() (err error) { r, err = l.report(); return err }); err != nil {
			return err
		}
		if took, err = returned(ctx, state, back); err != nil {
			return err
		}
		missing, n, err := loss(ctx, acked, state)
		if err != nil {
			return err
		}
		b.sheet.add("restarts: acknowledged and lost", float64(len(missing)))
		b.sheet.add(fmt.Sprintf("restart under %d hives: acknowledged", hives), float64(n))
		if len(missing) > 0 {
			b.fault("restart under %d hives: %d of %d acknowledged heartbeats are lost, such as %s", hives, len(missing), n, missing[0])
		}
		return nil
	})
	return r, took, err
}

// returned reads when the hives registered in the last epoch of a state file
// whose queen has ended: from then on she calls them healthy.
func returned(ctx context.Context, state string, since time.Time) (took []float64, err error) {
	db, err := openState(state)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `
		SELECT min(at_ms) FROM events
		WHERE kind IN (?, ?) AND epoch = (SELECT max(epoch) FROM epochs) GROUP BY hive_id ORDER BY 1`,
		wire.EventHiveRediscovered, wire.EventHiveRegistered)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var ms int64
		if err := rows.Scan(&ms); err != nil {
			return nil, err
		}
		took = append(took, float64(ms-since.UnixMilli()))
	}
	return took, rows.Err()
}

// oddities counts what hives should not meet in a restart: beside 200, 404 and
// 503 only that nobody is there.
func oddities(r *swarm.Report) (n float64, what string) {
	var list []string
	count := func(of map[string]uint64, expected string) {
		for name, times := range of {
			if times > 0 && !strings.Contains(expected, " "+name+" ") {
				n += float64(times)
				list = append(list, fmt.Sprintf("%s: %d", name, times))
			}
		}
	}
	count(r.Status, " 200 404 503 ")
	count(r.Errors, " refused reset closed connect_timeout ")
	return n, strings.Join(list, ", ")
}
