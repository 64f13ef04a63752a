package chart

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func percent(f float64) string { return fmt.Sprintf("%.0f%%", f) }

// values reads "10 20/50 -": means, maxima, gaps.
func values(text string) []*Value {
	var out []*Value
	for field := range strings.FieldsSeq(text) {
		var v Value
		switch n, _ := fmt.Sscanf(field, "%g/%g", &v.Mean, &v.Max); n {
		case 0:
			out = append(out, nil)
			continue
		case 1:
			v.Max = v.Mean
		}
		out = append(out, &v)
	}
	return out
}

func draw(c Chart, width int) string { return "\n" + strings.Join(c.Lines(width), "\n") + "\n" }

func TestChart(t *testing.T) {
	tests := []struct {
		name   string
		values string
		live   bool
		width  int
		want   string
	}{
		{"mean, maximum and gap, never joined", "0 25 50/100 - - 100 12.5", true, 15, `
CPU  now 12%
   100%┤  ·  █
       ┤     █
       ┤  █  █
     0%┤▁██  █▄
`},
		{"fewer values than columns", "50 - 100", false, 60, `
CPU  end 100%  max 100%  mean 75%  min 50%
   100%┤                                   █████████████████
       ┤                                   █████████████████
       ┤██████████████████                 █████████████████
     0%┤██████████████████                 █████████████████
`},
		{"one value", "100", true, 10, `
CPU
   100%┤██
       ┤██
       ┤██
     0%┤██
`},
		{"nothing known", "- - -", true, 30, `
CPU  not known
   100%┤
       ┤
       ┤
     0%┤
`},
		{"no values", "", true, 30, `
CPU  not known
   100%┤
       ┤
       ┤
     0%┤
`},
		{"a silence at the end", "50 50 - -", true, 60, `
CPU  now -  max 50%  mean 50%  min 50%
   100%┤
       ┤
       ┤██████████████████████████
     0%┤██████████████████████████
`},
		{"beyond the axis", "1e300 -5 1e300/1e308", true, 11, `
CPU
   100%┤█ █
       ┤█ █
       ┤█ █
     0%┤█▁█
`},
		{"no room", "50", true, 3, `
CPU
   
   
   
   
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := draw(Chart{Title: "CPU", Show: percent, High: 100, Rows: 4, Live: tt.live, Values: values(tt.values)}, tt.width)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A column that stands for several values weighs their means and keeps the
// largest maximum; it is a gap only if all are.
func TestResample(t *testing.T) {
	in := []*Value{
		{Mean: 10, Max: 20, Weight: 30},
		{Mean: 40, Max: 90, Weight: 10},
		nil,
		{Mean: 5, Max: 6, Weight: 1},
		nil, nil,
		{Mean: 1, Max: 1},
		{Mean: 3, Max: 3},
	}
	want := []*Value{{17.5, 90, 40}, {5, 6, 1}, nil, {2, 3, 2}}
	if diff := cmp.Diff(want, resample(in, 4)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for n := range 50 { // every value stands somewhere, in order
		for columns := 1; columns < 50; columns++ {
			at := 0
			for i := range columns {
				first, end := share(n, columns, i)
				if n >= columns && first != at || n > 0 && (first < 0 || end > n || first >= end) {
					t.Fatalf("%d values in %d columns: column %d stands for %d to %d", n, columns, i, first, end)
				}
				at = end
			}
			if n >= columns && at != n {
				t.Fatalf("%d values in %d columns: the last is %d", n, columns, at)
			}
		}
	}
}

func TestAxis(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	from := time.Date(2025, 10, 30, 21, 0, 0, 0, berlin)
	const all, some, none = All, Some, Nothing
	tests := []struct {
		name  string
		span  time.Duration
		steps []Presence
		width int
		want  string
	}{
		{"six hours over midnight", 6 * time.Hour, []Presence{all, all, some, none, none, all}, 56, `
       └┴───────┴───────┴╌╌╌╌╌╌╌╵       ╵       ┴───────
        21:00   22:00   23:00   Oct 31  01:00   02:00
`},
		{"a minute", time.Minute, []Presence{all}, 48, `
       └┴───────────────────┴───────────────────
        21:00:00            21:00:30
`},
		{"a year", 365 * day, []Presence{all}, 80, `
       └─────────────────┴─────────────────┴─────────────────┴──────────────────
                         2026-01-28        2026-04-28        2026-07-27
`},
		{"no time", 0, nil, 30, "\n       └\n\n"},
		{"no room", time.Hour, []Presence{all}, 5, "\n     \n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := "\n" + strings.Join(Axis{From: from, To: from.Add(tt.span), Steps: tt.steps}.Lines(tt.width), "\n") + "\n"
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Whatever is drawn, no line is too wide and nothing but these characters is in it.
func TestWidths(t *testing.T) {
	c := Chart{
		Title: "VRAM of a lot", Show: func(f float64) string { return fmt.Sprintf("%.1f GiB", f) }, Rows: 3,
		Values: values("1 - 1e18/1e300 -1e18 0 3/4 - - 9"),
	}
	from := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for width := 1; width < 220; width += 1 + width/8 {
		for _, high := range []float64{0, 1, math.MaxFloat64} {
			c.High = high
			for _, span := range []time.Duration{0, 1, time.Second, time.Hour, 40 * day, math.MaxInt64} {
				lines := append(c.Lines(width), Axis{From: from, To: from.Add(span), Steps: []Presence{All, Nothing}}.Lines(width)...)
				for _, line := range lines {
					if utf8.RuneCountInString(line) > width {
						t.Fatalf("%d columns at width %d: %q", utf8.RuneCountInString(line), width, line)
					}
				}
			}
		}
	}
}

func TestCeiling(t *testing.T) {
	for in, want := range map[float64]float64{-1: 1, 0: 1, 1: 1, 1.2: 2, 21: 50, 51: 100, 420: 500, 1e300: limit} {
		if got := Ceiling(in); math.Abs(got/want-1) > 1e-9 {
			t.Errorf("Ceiling(%g) = %g, want %g", in, got, want)
		}
	}
}
