package bench

import (
	"context"
	"fmt"

	"rbee/internal/swarm"
)

// streams measures what readers of the stream cost the hives.
func (b *bench) streams(ctx context.Context) error {
	var without float64
	for _, readers := range []int{0, b.sizes.readers, b.sizes.readersMost} {
		b.say("queen", "hives", b.sizes.many, "readers", readers)
		a := &audience{}
		var r *swarm.Report
		err := b.withState(func(state string) error {
			s, err := b.queen(ctx, state, 0)
			if err != nil {
				return err
			}
			return with(s, func() (err error) {
				if err := a.listen(s.port, readers); err != nil {
					return err
				}
				r, err = b.beat(ctx, s, b.sizes.many, b.sizes.fleetFor)
				a.leave()
				return err
			})
		})
		if err != nil {
			return err
		}
		if n := refused(r); n > 0 {
			b.concern("%d readers: %.0f heartbeats got no 200: %v %v", readers, n, r.Status, r.Errors)
		}
		name := fmt.Sprintf("%d readers", readers)
		b.sheet.add(name+": p99 ms", r.Latency.P99)
		b.sheet.add(name+": CPU cores", of(r.ServerCores))
		switch readers {
		case 0:
			without = r.Latency.P99
			continue
		case b.sizes.readers:
			b.sheet.add("readers: p99 ÷ without", r.Latency.P99/without)
		case b.sizes.readersMost:
			b.sheet.add("most readers: p99 ÷ without", r.Latency.P99/without)
		}
		b.sheet.add(name+": dropped", float64(a.dropped))
		b.sheet.add(name+": received by the first, bytes per heartbeat", float64(a.first)/float64(r.AcceptedInTotal))
	}
	return nil
}
