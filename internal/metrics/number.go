package metrics

import (
	"math"
	"slices"
	"sync/atomic"
	"time"
)

// Counter counts up. The zero value is ready, and any goroutine may use it.
type Counter struct{ n atomic.Uint64 }

// Inc adds one.
func (c *Counter) Inc() { c.n.Add(1) }

// Value is the sum so far.
func (c *Counter) Value() float64 { return float64(c.n.Load()) }

// Counters is one counter for each of a set of names that is fixed when it is
// made, so that no name that comes from outside makes another.
type Counters[K ~string] struct {
	names []K
	by    map[K]*Counter
}

// NewCounters returns the counters of these names.
func NewCounters[K ~string](names ...K) Counters[K] {
	by := make(map[K]*Counter, len(names))
	for _, name := range names {
		by[name] = new(Counter)
	}
	return Counters[K]{names: names, by: by}
}

// Of is the counter of a name. There is none, which counts nothing, of a name
// that is not in the set.
func (c Counters[K]) Of(name K) *Counter {
	if counter := c.by[name]; counter != nil {
		return counter
	}
	return new(Counter)
}

// Histogram counts values by size. Any goroutine may use it.
type Histogram struct {
	bounds []float64       // ascending; a value belongs to the first that it does not exceed
	counts []atomic.Uint64 // one for each bound, and one for what exceeds all
	sum    atomic.Uint64   // the bits of a float64
}

// NewHistogram returns a histogram with these bounds, ascending.
func NewHistogram(bounds ...float64) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

// Observe counts a value.
func (h *Histogram) Observe(v float64) {
	at, _ := slices.BinarySearch(h.bounds, v)
	h.counts[at].Add(1)
	for {
		old := h.sum.Load()
		if h.sum.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+v)) {
			return
		}
	}
}

// Took counts the seconds since then.
func (h *Histogram) Took(since time.Time) { h.Observe(time.Since(since).Seconds()) }

func (h *Histogram) total() float64 { return math.Float64frombits(h.sum.Load()) }
