package bench

import (
	"fmt"
	"math"
)

// target is one line of the table: a figure and how good it has to be.
type target struct {
	section  rune
	what     string
	figure   string // its name on the sheet
	unit     string
	decimals int
	more     bool // more is better
	reach    float64
	aim      float64
	// aimFigure is the figure that the aim is about, if it is another one.
	aimFigure string
	// reachIs says how reach came about, when it is not a number of ours.
	reachIs string
}

// targets are what the design demands, for these sizes. What depends on the
// machine is computed from the sheet.
func targets(s *sheet, z sizes) []target {
	many, few, most := count(z.busyMany), count(z.busyFew), count(z.most)
	share := float64(z.most) / float64(full.most) // fewer hives have to cost less
	return []target{
		{section: 'a', what: "CPU per heartbeat ÷ no-op floor, " + many + " connections", figure: "busy many: CPU ÷ floor", decimals: 2, reach: 2.0, aim: 1.5},
		{section: 'a', what: "CPU per heartbeat ÷ no-op floor, " + few + " connections", figure: "busy few: CPU ÷ floor", decimals: 2, reach: 2.4, aim: 1.8},
		{section: 'a', what: "heartbeats per second ÷ floor's, " + many + " connections", figure: "busy many: rate ÷ floor", decimals: 2, more: true, reach: 0.5, aim: 0.65},
		{section: 'b', what: "heartbeats per second ÷ one transaction each, " + many + " connections", figure: "grouped ÷ alone", decimals: 1, more: true, reach: 7, aim: 10},
		{section: 'c', what: most + " hives at 1 Hz: heartbeats not accepted", figure: "most: not accepted", reach: 0, aim: 0},
		{section: 'c', what: most + " hives: accepted per hive and second", figure: "most: accepted per hive and second", decimals: 3, more: true, reach: 0.98, aim: 0.99},
		{section: 'c', what: most + " hives: CPU", figure: "most: CPU cores", unit: "cores", decimals: 2, reach: 0.75 * share, aim: 0.5 * share},
		{
			section: 'c', what: most + " hives: heartbeat p99", figure: "most: p99 ms", unit: "ms", decimals: 1, aim: 6,
			reach: s.median("most, floor: p99 ms") + 2*s.median("sync p99 ms") + 5, reachIs: "floor + 2 × sync p99 + 5 ms",
		},
		{section: 'c', what: most + " hives: RSS ÷ floor's", figure: "most: RSS ÷ floor", decimals: 2, reach: 1.5, aim: 1.2},
		{section: 'd', what: "queen with " + count(z.few) + " hives: RSS", figure: "few: RSS MB", unit: "MB", decimals: 1, reach: 40, aim: 25},
		{section: 'd', what: "queen with " + count(z.few) + " hives: CPU", figure: "few: % of a core", unit: "% of a core", decimals: 2, reach: 1, aim: 0.3},
		{section: 'e', what: "bytes of the file per raw heartbeat, " + count(z.many) + " hives", figure: "row, many: bytes", decimals: 1, reach: 120, aim: 80},
		{section: 'e', what: "bytes of the file per raw heartbeat, " + count(z.few) + " hives", figure: "row, few: bytes", decimals: 1, reach: 120, aim: 80},
		{section: 'f', what: "GET /v1/hives beside " + count(z.day) + " heartbeats/s, p99", figure: "reads: all hives, p99 ms", unit: "ms", decimals: 1, reach: 10, aim: 4},
		{section: 'f', what: "a day by minute of one hive out of " + count(z.day) + ", p99", figure: "reads: a day by minute, p99 ms", unit: "ms", decimals: 1, reach: 20, aim: 8},
		{section: 'g', what: count(z.many) + " push-only hives healthy after kill -9 and 1 s outage, p99", figure: "restart, many: healthy after ms p99", unit: "ms", reach: 3000, aim: 2000},
		{section: 'g', what: most + " push-only hives healthy after the same, p99", figure: "restart, most: healthy after ms p99", unit: "ms", reach: 10_000, aim: 6000},
		{section: 'g', what: "answers but 200, 404 and 503 in it, " + most + " hives", figure: "restart, most: other answers", reach: 0, aim: 0},
		{section: 'g', what: "acknowledged heartbeats lost", figure: "restarts: acknowledged and lost", reach: 0, aim: 0},
		{
			section: 'h', what: "heartbeat p99 with " + count(z.readers) + " stream readers ÷ without (aim: with " + count(z.readersMost) + ")",
			figure: "readers: p99 ÷ without", decimals: 2, reach: 2, aim: 2, aimFigure: "most readers: p99 ÷ without",
		},
	}
}

// verdict is what a figure is against its target.
type verdict string

// The verdicts.
const (
	aimed   verdict = "aimed"
	reached verdict = "reached"
	missed  verdict = "**missed**"
	absent  verdict = "not measured"
)

// judge compares medians with the target.
func (t *target) judge(s *sheet) verdict {
	v, forAim := s.median(t.figure), s.median(t.figure)
	if t.aimFigure != "" {
		forAim = s.median(t.aimFigure)
	}
	switch {
	case math.IsNaN(v), math.IsNaN(forAim), math.IsNaN(t.reach):
		return absent
	case !t.holds(v, t.reach):
		return missed
	case t.holds(forAim, t.aim):
		return aimed
	default:
		return reached
	}
}

func (t *target) holds(v, bound float64) bool {
	if t.more {
		return v >= bound
	}
	return v <= bound
}

// count writes a number with commas between thousands.
func count(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", count(n/1000), n%1000)
}
