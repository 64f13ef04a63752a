package swarm

import (
	"math/rand/v2"
	"testing"
)

// The wheel rings what a plain list would, never early and a tick late at most.
func TestWheelAgainstAList(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const n = 200
	w := newWheel(n)
	want := map[int32]int64{}
	now := int64(0)
	for range 20_000 {
		i := int32(random.IntN(n))
		switch random.IntN(4) {
		case 0:
			w.clear(i)
			delete(want, i)
		default:
			at := now + random.Int64N(10)*random.Int64N(2*wheelSlots*wheelTick/10)
			w.set(i, at)
			want[i] = at
		}
		wait := w.wait(now, 50)
		for i, at := range want {
			if at > now && at < now+int64(wait-2)*wheelTick {
				t.Fatalf("at %d ns it would sleep %d ms through the alarm of %d at %d", now, wait, i, at)
			}
		}
		if random.IntN(3) == 0 {
			now += random.Int64N(20 * wheelTick)
		}
		if random.IntN(500) == 0 {
			now += random.Int64N(3 * wheelSlots * wheelTick) // a process that was stopped
		}
		for _, i := range w.ring(now, nil) {
			if want[i] == 0 && i != 0 || want[i] > now {
				t.Fatalf("%d rings at %d, set for %d", i, now, want[i])
			}
			delete(want, i)
		}
		for i, at := range want {
			if at < now-2*wheelTick {
				t.Fatalf("at %d the alarm of %d at %d has not rung", now, i, at)
			}
		}
	}
}
