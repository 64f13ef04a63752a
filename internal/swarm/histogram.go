package swarm

import (
	"math/bits"
	"time"
)

// Each power of two is cut into this many buckets, so that a value read from
// the middle of one is wrong by less than 1 %.
const (
	subBits    = 6
	subBuckets = 1 << subBits
)

// histogram counts durations in buckets of about equal relative width.
type histogram struct {
	buckets [(64 - subBits) * subBuckets]uint32
	count   uint64
	max     int64 // exact
}

func bucketOf(v uint64) int {
	shift := max(0, bits.Len64(v)-subBits-1)
	return shift*subBuckets + int(v>>shift)
}

// middle is the value that stands for a bucket.
func middle(bucket int) int64 {
	if bucket < 2*subBuckets {
		return int64(bucket)
	}
	shift := bucket/subBuckets - 1
	low := int64(bucket%subBuckets+subBuckets) << shift
	return low + int64(1)<<(shift-1)
}

// add counts one duration in nanoseconds; the clock does not run backwards, but
// what is negative counts as none.
func (h *histogram) add(ns int64) {
	ns = max(ns, 0)
	h.buckets[bucketOf(uint64(ns))]++
	h.count++
	h.max = max(h.max, ns)
}

// merge adds what another counted.
func (h *histogram) merge(other *histogram) {
	for i, n := range other.buckets {
		h.buckets[i] += n
	}
	h.count += other.count
	h.max = max(h.max, other.max)
}

// quantile is the value that the part q of all does not exceed, 0 of none.
func (h *histogram) quantile(q float64) time.Duration {
	rank := uint64(q*float64(h.count) + 0.5)
	rank = min(max(rank, 1), h.count)
	var seen uint64
	for i, n := range h.buckets {
		seen += uint64(n)
		if n > 0 && seen >= rank {
			return time.Duration(min(middle(i), h.max))
		}
	}
	return 0
}
