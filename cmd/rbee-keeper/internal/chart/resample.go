package chart

import "math"

// resample spreads the values over the columns: a column is the weighted mean
// and the largest maximum of the values it stands for, and a gap when none of
// them is known. Where there are fewer values than columns, values are repeated.
func resample(values []*Value, columns int) []*Value {
	out := make([]*Value, columns)
	for i := range out {
		first, end := share(len(values), columns, i)
		out[i] = merge(values[first:end])
	}
	return out
}

// share returns which of n values the column at i of so many stands for.
func share(n, columns, i int) (first, end int) {
	if n == 0 {
		return 0, 0
	}
	first = i * n / columns
	return first, max(first+1, (i+1)*n/columns)
}

func merge(values []*Value) *Value {
	var all *Value
	for _, v := range values {
		if v == nil {
			continue
		}
		next := Value{Mean: bounded(v.Mean), Max: bounded(v.Max), Weight: heft(v)}
		if all == nil {
			all = &next
			continue
		}
		weight := all.Weight + next.Weight
		all.Mean = (all.Mean*all.Weight + next.Mean*next.Weight) / weight
		all.Max = max(all.Max, next.Max)
		all.Weight = weight
	}
	return all
}

// heft is the weight of a value, 1 where none is told.
func heft(v *Value) float64 {
	if v.Weight > 0 {
		return min(v.Weight, limit)
	}
	return 1
}

// limit is beyond all that is real, and leaves room to add and multiply.
const limit = 1e15

func bounded(figure float64) float64 {
	if math.IsNaN(figure) {
		return 0
	}
	return min(limit, max(-limit, figure))
}

// Ceiling is the next round figure: 1, 2 or 5 times a power of ten.
func Ceiling(figure float64) float64 {
	figure = bounded(figure)
	if figure <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(figure)))
	for _, step := range []float64{1, 2, 5} {
		if step*power >= figure {
			return step * power
		}
	}
	return 10 * power
}
