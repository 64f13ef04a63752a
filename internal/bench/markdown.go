package bench

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// markdown writes the figures as docs/performance.md shows them.
func (b *bench) markdown() string {
	var out strings.Builder
	if b.cfg.Quick {
		out.WriteString("**The short form: it shows that everything runs. Its figures say nothing, and none is judged.**\n\n")
	}
	if limited := b.asked.most; limited > b.sizes.most {
		fmt.Fprintf(&out, "At most %d files may be open here (`ulimit -Hn`): %s hives stand for %s.\n\n", b.files, count(b.sizes.most), count(limited))
	}
	b.writeTargets(&out)
	rounds := "One round."
	if b.cfg.Rounds > 1 {
		rounds = fmt.Sprintf("Medians of %d rounds in one run; in brackets the least and the greatest.", b.cfg.Rounds)
	}
	if b.cfg.Hive {
		fmt.Fprintf(&out, "\n%s Queen and workers were on the same machine.\n\n", rounds)
	} else {
		fmt.Fprintf(&out, "\n%s The load came from the same machine. Time of one sync (%d bytes appended, fdatasync): p50 %s ms, p99 %s ms.\n\n",
			rounds, page, number(b.sheet.median("sync p50 ms"), 2), number(b.sheet.median("sync p99 ms"), 2))
	}
	out.WriteString("| machine | |\n|---|---|\n")
	for _, f := range b.facts {
		fmt.Fprintf(&out, "| %s | %s |\n", f.name, f.value)
	}
	out.WriteString("\n<details><summary>All figures</summary>\n\n| figure | median | from – to |\n|---|---|---|\n")
	for _, name := range b.sheet.names {
		fmt.Fprintf(&out, "| %s | %s | %s |\n", name, short(b.sheet.median(name)), b.spread(name, short))
	}
	out.WriteString("\n</details>\n")
	for _, fault := range b.faults {
		fmt.Fprintf(&out, "\n**FAULT**: %s\n", fault)
	}
	return out.String()
}

func (b *bench) writeTargets(out *strings.Builder) {
	out.WriteString("| what | measured | reach | aim | |\n|---|---|---|---|---|\n")
	for _, t := range b.targets() {
		if !b.selected(t.section) {
			continue
		}
		as := func(v float64) string { return number(v, t.decimals) }
		measured := strings.TrimSpace(as(b.sheet.median(t.figure)) + " " + t.unit)
		if b.cfg.Rounds > 1 {
			measured += " (" + b.spread(t.figure, as) + ")"
		}
		if t.aimFigure != "" {
			measured += "; " + as(b.sheet.median(t.aimFigure))
		}
		sign := "≤ "
		if t.more {
			sign = "≥ "
		}
		reach := sign + bound(t.reach)
		if t.reachIs != "" {
			reach = sign + number(t.reach, 1) + " (" + t.reachIs + ")"
		}
		said := t.judge(b.sheet)
		if b.cfg.Quick && said != absent {
			said = "not judged"
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", t.what, measured, reach, sign+bound(t.aim), said)
	}
}

// spread writes the least and the greatest value.
func (b *bench) spread(name string, as func(float64) string) string {
	low, high := b.sheet.span(name)
	return as(low) + " – " + as(high)
}

func number(v float64, decimals int) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 0):
		return "∞"
	case decimals == 0 && math.Abs(v) >= 1000:
		return count(int(math.Round(v)))
	default:
		return strconv.FormatFloat(v, 'f', decimals, 64)
	}
}

// short writes any figure with three digits or so.
func short(v float64) string {
	switch a := math.Abs(v); {
	case v == math.Trunc(v), a >= 100:
		return number(v, 0)
	case a >= 10:
		return number(v, 1)
	case a >= 1:
		return number(v, 2)
	default:
		return number(v, 3)
	}
}

// bound writes a target, which has the decimals that somebody gave it.
func bound(v float64) string {
	if v >= 1000 {
		return number(v, 0)
	}
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
}

// The places of the figures in a document.
const (
	placeBegin     = "<!-- figures: make bench writes them -->\n"
	placeBeginHive = "<!-- figures: make bench-hive writes them -->\n"
	placeEnd       = "<!-- end of figures -->"
)

func (b *bench) begin() string {
	if b.cfg.Hive {
		return placeBeginHive
	}
	return placeBegin
}

// place puts the figures into a document where it has the place for them
// that begins so; one without becomes the figures alone.
func place(document, begin, figures string) string {
	head, rest, begins := strings.Cut(document, begin)
	_, tail, ends := strings.Cut(rest, placeEnd)
	if !begins || !ends {
		return figures
	}
	return head + begin + "\n" + figures + "\n" + placeEnd + tail
}
