package swarm

import (
	"math/bits"
	"time"
)

const (
	wheelSlots = 4096
	wheelTick  = int64(time.Millisecond)
	nobody     = int32(-1)
)

// wheel is one alarm for each of a fixed number of hives, a millisecond exact
// and never early. Setting one costs the same however many there are. A slot
// holds the alarms of all rounds, so one that is further off than a round is
// passed over until its time.
type wheel struct {
	heads      [wheelSlots]int32
	used       [wheelSlots / 64]uint64 // a bit for each slot that is not empty
	next, prev []int32
	at         []int64 // ns; 0: not set
	tick       int64   // the last one that was gone through
}

func newWheel(n int) *wheel {
	w := &wheel{next: make([]int32, n), prev: make([]int32, n), at: make([]int64, n)}
	for i := range w.heads {
		w.heads[i] = nobody
	}
	return w
}

// slot of an alarm that rings at ns: the first tick that is not before it.
func slotOf(ns int64) int { return int((ns + wheelTick - 1) / wheelTick % wheelSlots) }

// set lets the alarm of i ring at ns, instead of when it would have.
func (w *wheel) set(i int32, ns int64) {
	w.clear(i)
	ns = max(ns, w.tick*wheelTick+1) // what is overdue rings at the next tick
	w.at[i] = ns
	slot := slotOf(ns)
	head := w.heads[slot]
	w.prev[i], w.next[i] = nobody, head
	if head != nobody {
		w.prev[head] = i
	}
	w.heads[slot] = i
	w.used[slot/64] |= 1 << (slot % 64)
}

// clear takes the alarm of i back, if it is set.
func (w *wheel) clear(i int32) {
	if w.at[i] == 0 {
		return
	}
	slot := slotOf(w.at[i])
	w.at[i] = 0
	next, prev := w.next[i], w.prev[i]
	if next != nobody {
		w.prev[next] = prev
	}
	if prev != nobody {
		w.next[prev] = next
		return
	}
	w.heads[slot] = next
	if next == nobody {
		w.used[slot/64] &^= 1 << (slot % 64)
	}
}

// ring appends to due the hives whose alarms have come, and clears those.
func (w *wheel) ring(now int64, due []int32) []int32 {
	last := now / wheelTick
	if last-w.tick >= wheelSlots { // the whole round
		w.tick = last - wheelSlots
	}
	for ; w.tick < last; w.tick++ {
		slot := int((w.tick + 1) % wheelSlots)
		if w.used[slot/64] == 0 {
			continue
		}
		for i := w.heads[slot]; i != nobody; {
			next := w.next[i]
			if w.at[i] <= now {
				w.clear(i)
				due = append(due, i)
			}
			i = next
		}
	}
	return due
}

// wait is how many milliseconds may pass before ring has to be asked again, at
// most most.
func (w *wheel) wait(now int64, most int) int {
	first := (w.tick + 1) % wheelSlots
	for word := range len(w.used) {
		at := (int(first)/64 + word) % len(w.used)
		set := w.used[at]
		if word == 0 {
			set &= ^uint64(0) << (first % 64)
		}
		if set == 0 {
			continue
		}
		slot := at*64 + bits.TrailingZeros64(set)
		ticks := (int64(slot) - first + wheelSlots) % wheelSlots
		ns := (w.tick+1+ticks)*wheelTick - now
		return int(min(max((ns+wheelTick-1)/wheelTick, 0), int64(most)))
	}
	return most
}
