// Package chart draws figures over time with block characters, for a terminal
// or a file: no escape sequences, no line wider than asked for. What is not
// known stays blank, so that a gap is seen as one.
package chart

import (
	"math"
	"strings"
	"unicode/utf8"
)

// Value is one figure over one step of time. A nil *Value is a gap.
type Value struct {
	Mean, Max float64
	// Weight is how much of the step was seen, such as the number of samples.
	Weight float64
}

// Chart is one figure over time: its mean as an area, its maximum as a dot
// above it.
type Chart struct {
	Title     string
	Show      func(float64) string // writes a figure with its unit, in few characters
	Low, High float64              // the ends of the y axis
	Rows      int                  // of the drawing, below the line with the title
	Values    []*Value             // oldest first, each over the same time
	Live      bool                 // the last value, if known, is that of now
}

// margin is the room of the y axis, its line included; the time axis keeps it too.
const margin = 8

// plotWidth is how many columns are left for the drawing.
func plotWidth(width int) int { return max(1, width-margin) }

// blocks fill a cell from below by eighths.
var blocks = []rune(" ▁▂▃▄▅▆▇█")

// Lines draws the chart with no line wider than width.
func (c Chart) Lines(width int) []string {
	columns := resample(c.Values, plotWidth(width))
	lines := []string{c.heading(width)}
	for row := c.Rows - 1; row >= 0; row-- {
		label := ""
		switch row {
		case c.Rows - 1:
			label = c.Show(c.High)
		case 0:
			label = c.Show(c.Low)
		}
		var b strings.Builder
		b.WriteString(axisLabel(label) + "┤")
		for _, v := range columns {
			b.WriteRune(c.cell(v, row))
		}
		lines = append(lines, cut(strings.TrimRight(b.String(), " "), width))
	}
	return lines
}

// cell is what stands in a column in one row, counted from below.
func (c Chart) cell(v *Value, row int) rune {
	if v == nil {
		return ' '
	}
	// At least an eighth, so that nothing used is not taken for nothing known.
	filled := max(1, c.eighths(v.Mean)) - 8*row
	switch {
	case filled >= 8:
		return blocks[8]
	case filled > 0:
		return blocks[filled]
	case (max(1, c.eighths(v.Max))-1)/8 == row:
		return '·'
	default:
		return ' '
	}
}

// eighths is the height of a figure in eighths of a row.
func (c Chart) eighths(figure float64) int {
	whole := float64(8 * c.Rows)
	share := (bounded(figure) - c.Low) / (c.High - c.Low)
	if math.IsNaN(share) { // an axis without length
		return 0
	}
	return int(math.Round(whole * min(1, max(0, share))))
}

// heading is the title and the figures in numbers, as many as fit.
func (c Chart) heading(width int) string {
	line := cut(c.Title, width)
	facts := c.facts()
	if len(facts) == 0 {
		facts = []string{"not known"}
	}
	for _, fact := range facts {
		if utf8.RuneCountInString(line)+2+utf8.RuneCountInString(fact) > width {
			break
		}
		line += "  " + fact
	}
	return line
}

func (c Chart) facts() []string {
	var last *Value
	least, most, sum, weight := math.Inf(1), math.Inf(-1), 0.0, 0.0
	for i, v := range c.Values {
		if v == nil {
			continue
		}
		least, most = min(least, bounded(v.Mean)), max(most, bounded(v.Max))
		sum += bounded(v.Mean) * heft(v)
		weight += heft(v)
		// The step that has just begun may not have been told of yet.
		if i >= len(c.Values)-2 {
			last = v
		}
	}
	if weight == 0 {
		return nil
	}
	now := "-"
	if last != nil {
		now = c.Show(bounded(last.Mean))
	}
	name := "end "
	if c.Live {
		name = "now "
	}
	return []string{name + now, "max " + c.Show(most), "mean " + c.Show(sum/weight), "min " + c.Show(least)}
}

func axisLabel(text string) string {
	text = cut(text, margin-1)
	return strings.Repeat(" ", margin-1-utf8.RuneCountInString(text)) + text
}

// cut shortens a line of characters that are one column wide each.
func cut(line string, width int) string {
	if utf8.RuneCountInString(line) <= width {
		return line
	}
	return string([]rune(line)[:max(0, width)])
}
