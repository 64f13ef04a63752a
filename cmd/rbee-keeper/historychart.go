package main

import (
	"fmt"
	"strings"
	"time"

	"rbee/cmd/internal/cli"
	"rbee/cmd/rbee-keeper/internal/chart"
	"rbee/internal/wire"
)

const (
	plainWidth = 80 // of charts where there is no terminal
	tall       = 4  // rows of the charts people look at first
	flat       = 2  // rows of the others
	mostCharts = 6  // workers that are drawn
)

func nothingKnown(points []*wire.Point) bool {
	for _, p := range points {
		if p != nil && p.Heartbeats > 0 {
			return false
		}
	}
	return true
}

// chartsPage draws a span of a hive's history: the machine, its GPUs, its
// workers.
func chartsPage(now time.Time, h *wire.History, width int) string {
	if width <= 0 {
		width = plainWidth
	}
	d := newDrawing(now, h.Buckets)
	lines := []string{d.title(h.HiveID), d.summary(), ""}
	lines = append(lines, d.section("", d.machine(), width)...)
	for _, id := range d.gpus() {
		lines = append(lines, d.section(id, d.gpu(id), width)...)
	}
	workers := d.workers()
	for _, w := range workers[:min(len(workers), mostCharts)] {
		lines = append(lines, d.section(w.name(), d.worker(w), width)...)
	}
	if more := len(workers) - mostCharts; more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more workers, which -o json has", more), "")
	}
	var b strings.Builder
	for _, line := range lines[:len(lines)-1] { // without the empty line behind the last section
		b.WriteString(clip(cli.Printable(line), width) + "\n")
	}
	return b.String()
}

// drawing is what the charts of one page share.
type drawing struct {
	*wire.Buckets
	axis chart.Axis
	live bool // the span reaches up to now
}

func newDrawing(now time.Time, b *wire.Buckets) *drawing {
	step := time.Duration(b.StepS) * time.Second
	d := &drawing{Buckets: b, live: b.To.After(now.Add(-2 * step))}
	d.axis = chart.Axis{From: b.From.In(now.Location()), To: b.To.In(now.Location()), Steps: make([]chart.Presence, len(b.Points))}
	for i, p := range b.Points {
		switch {
		case p == nil || p.Heartbeats == 0:
		case p.Missed > 0:
			d.axis.Steps[i] = chart.Some
		default:
			d.axis.Steps[i] = chart.All
		}
	}
	return d
}

func (d *drawing) title(id string) string {
	from, to := d.axis.From, d.axis.To
	end := to.Format("15:04")
	if from.Format(time.DateOnly) != to.Format(time.DateOnly) {
		end = to.Format("2006-01-02 15:04")
	}
	made := map[wire.Tier]string{wire.TierRaw: "every heartbeat", wire.TierMinute: "minutes", wire.TierHour: "hours"}[d.Tier]
	if made == "" {
		made = string(d.Tier)
	}
	return fmt.Sprintf("%s, %s to %s, steps of %s made of %s", id,
		from.Format("2006-01-02 15:04"), end, exactSpan(time.Duration(d.StepS)*time.Second), made)
}

// exactSpan leaves out the zeros of time.Duration: 5m0s is 5m.
func exactSpan(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (d *drawing) summary() string {
	var received, missed int64
	empty := 0
	for _, p := range d.Points {
		if p == nil {
			empty++
			continue
		}
		received += p.Heartbeats
		missed += p.Missed
	}
	line := fmt.Sprintf("%d heartbeats received, %d missed", received, missed)
	if empty > 0 {
		line += fmt.Sprintf("; nothing known of %d of %d steps", empty, len(d.Points))
	}
	return line
}

// section is a name, the charts that have something to show, and the time below
// them; nothing when none has.
func (d *drawing) section(name string, charts []chart.Chart, width int) []string {
	var lines []string
	for _, c := range charts {
		known := false
		for _, v := range c.Values {
			known = known || v != nil
		}
		if known {
			c.Live = d.live
			lines = append(lines, c.Lines(width)...)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	if name != "" {
		lines = append([]string{name}, lines...)
	}
	return append(append(lines, d.axis.Lines(width)...), "")
}
