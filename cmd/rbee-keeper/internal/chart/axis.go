package chart

import (
	"strings"
	"time"
)

// Presence says how much of a step of time is known.
type Presence int

// The presences.
const (
	Nothing Presence = iota
	Some
	All
)

// Axis is the time below a chart.
type Axis struct {
	From, To time.Time  // labels are in the zone of From
	Steps    []Presence // oldest first, each over the same time
}

// Lines draws the axis with no line wider than width: a line that is whole
// where all is known, dashed where some is missing and blank where nothing is
// known, and the times below it.
func (a Axis) Lines(width int) []string {
	columns := plotWidth(width)
	line := make([]rune, columns)
	for i := range line {
		line[i] = a.rule(columns, i)
	}
	labels := []rune(strings.Repeat(" ", margin+columns))
	free := 0 // the first column of labels that nothing stands in
	for _, t := range a.ticks(columns) {
		at := int(float64(columns) * float64(t.at.Sub(a.From)) / float64(a.To.Sub(a.From)))
		if at < 0 || at >= columns || margin+at < free || margin+at+len(t.label) > min(width, len(labels)) {
			continue
		}
		if line[at] == ' ' {
			line[at] = '╵'
		} else {
			line[at] = '┴'
		}
		copy(labels[margin+at:], []rune(t.label))
		free = margin + at + len(t.label) + 1
	}
	return []string{
		cut(strings.TrimRight(axisLabel("")+"└"+string(line), " "), width),
		cut(strings.TrimRight(string(labels), " "), width),
	}
}

func (a Axis) rule(columns, i int) rune {
	first, end := share(len(a.Steps), columns, i)
	all, none := true, true
	for _, p := range a.Steps[first:end] {
		all = all && p == All
		none = none && p == Nothing
	}
	switch {
	case none:
		return ' '
	case all:
		return '─'
	default:
		return '╌'
	}
}

const day = 24 * time.Hour

// scale is how far apart ticks may stand, and how their times are written.
var scale = []struct {
	every  time.Duration
	format string
}{
	{time.Second, time.TimeOnly},
	{5 * time.Second, time.TimeOnly},
	{15 * time.Second, time.TimeOnly},
	{30 * time.Second, time.TimeOnly},
	{time.Minute, "15:04"},
	{5 * time.Minute, "15:04"},
	{10 * time.Minute, "15:04"},
	{15 * time.Minute, "15:04"},
	{30 * time.Minute, "15:04"},
	{time.Hour, "15:04"},
	{2 * time.Hour, "15:04"},
	{3 * time.Hour, "15:04"},
	{6 * time.Hour, "15:04"},
	{12 * time.Hour, "15:04"},
	{day, "Jan 02"},
	{2 * day, "Jan 02"},
	{5 * day, "Jan 02"},
	{10 * day, "Jan 02"},
	{30 * day, "Jan 02"},
	{90 * day, time.DateOnly},
	{365 * day, time.DateOnly},
}

type tick struct {
	at    time.Time
	label string
}

// ticks are the round times of the span, as many as have room for their labels.
func (a Axis) ticks(columns int) []tick {
	span := a.To.Sub(a.From)
	if span <= 0 {
		return nil
	}
	chosen := scale[len(scale)-1]
	for _, s := range scale {
		if room := float64(columns) * float64(s.every) / float64(span); room >= float64(len(s.format)+3) {
			chosen = s
			break
		}
	}
	days := max(1, int(chosen.every/day))
	midnight := time.Date(a.From.Year(), a.From.Month(), a.From.Day(), 0, 0, 0, 0, a.From.Location())
	ticks := []tick{}
	// Each day begins anew, so that round times stay round where the clocks change.
	for ; midnight.Before(a.To); midnight = midnight.AddDate(0, 0, days) {
		until := min(chosen.every*time.Duration(days), day)
		if chosen.every < day {
			until = midnight.AddDate(0, 0, 1).Sub(midnight)
		}
		for after := time.Duration(0); after < until; after += chosen.every {
			at := midnight.Add(after)
			switch {
			case at.Before(a.From) || !at.Before(a.To):
			case after == 0 && chosen.every < day:
				ticks = append(ticks, tick{at, at.Format("Jan 02")})
			default:
				ticks = append(ticks, tick{at, at.Format(chosen.format)})
			}
		}
	}
	return ticks
}
