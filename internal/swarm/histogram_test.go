package swarm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestHistogramIsExactToTwoPercent(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h, half histogram
	var values []int64
	for i := range 100_000 {
		v := int64(math.Exp(random.Float64() * 30)) // from nanoseconds to hours
		values = append(values, v)
		if i%2 == 0 {
			h.add(v)
		} else {
			half.add(v)
		}
	}
	h.merge(&half)
	slices.Sort(values)
	for _, q := range []float64{0.0001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.9999, 1} {
		want := values[int(q*float64(len(values)))-1]
		got := int64(h.quantile(q))
		if diff := math.Abs(float64(got - want)); diff > 0.02*float64(want) {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}
	if h.max != values[len(values)-1] || h.count != uint64(len(values)) {
		t.Errorf("max %d of %d, want %d of %d", h.max, h.count, values[len(values)-1], len(values))
	}
}

func TestEveryDurationHasItsBucket(t *testing.T) {
	last := -1
	for _, v := range []uint64{0, 1, 63, 64, 127, 128, 129, 130, 1 << 20, 1<<20 + 1<<14, 1 << 40, math.MaxInt64} {
		b := bucketOf(v)
		if b < last {
			t.Errorf("%d is in bucket %d, before a smaller one", v, b)
		}
		last = b
		if m := middle(b); math.Abs(float64(m)-float64(v)) > 0.01*float64(v) {
			t.Errorf("%d is shown as %d", v, m)
		}
	}
	var h histogram
	h.add(-5)
	h.add(math.MaxInt64)
	if h.quantile(0.5) != 0 || h.count != 2 {
		t.Errorf("a negative duration is shown as %v", h.quantile(0.5))
	}
	if (&histogram{}).quantile(0.5) != 0 {
		t.Error("the middle of nothing is something")
	}
}
