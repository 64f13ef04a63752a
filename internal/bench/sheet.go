package bench

import (
	"math"
	"slices"
)

// sheet has the figures: for each name one value from each round.
type sheet struct {
	names  []string // in the order in which they came
	values map[string][]float64
}

func newSheet() *sheet { return &sheet{values: map[string][]float64{}} }

// add appends the value of a round. What could not be had (NaN) is left out, so
// that its absence is seen; what did not end is infinite.
func (s *sheet) add(name string, v float64) {
	if math.IsNaN(v) {
		return
	}
	if _, known := s.values[name]; !known {
		s.names = append(s.names, name)
	}
	s.values[name] = append(s.values[name], v)
}

// median is NaN for a figure that is not there.
func (s *sheet) median(name string) float64 { return median(s.values[name]) }

// span returns the least and the greatest value.
func (s *sheet) span(name string) (low, high float64) {
	v := s.values[name]
	if len(v) == 0 {
		return math.NaN(), math.NaN()
	}
	return slices.Min(v), slices.Max(v)
}

func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return v[n/2]
	default:
		return (v[n/2-1] + v[n/2]) / 2
	}
}

// quantile is the least value that the part q of all do not exceed, NaN of
// none. The values are sorted.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[min(max(int(math.Ceil(q*float64(len(sorted))))-1, 0), len(sorted)-1)]
}

// of reads a figure that may not be there.
func of(p *float64) float64 {
	if p == nil {
		return math.NaN()
	}
	return *p
}
