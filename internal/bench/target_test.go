package bench

import (
	"math"
	"strings"
	"testing"
)

func TestSelfCheck(t *testing.T) {
	if err := selfCheck(); err != nil {
		t.Error(err)
	}
}

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		name   string
		target target
		values []float64 // of the rounds
		want   verdict
	}{
		{"over", target{reach: 2, aim: 1}, []float64{2.1}, missed},
		{"at the bound", target{reach: 2, aim: 1}, []float64{2}, reached},
		{"at the aim", target{reach: 2, aim: 1}, []float64{1}, aimed},
		{"more is better", target{more: true, reach: 7, aim: 10}, []float64{6.9}, missed},
		{"more is better, reached", target{more: true, reach: 7, aim: 10}, []float64{8}, reached},
		{"the median counts", target{reach: 2, aim: 1}, []float64{9, 1.5, 0}, reached},
		{"what does not end", target{reach: 2, aim: 1}, []float64{math.Inf(1)}, missed},
		{"nothing", target{reach: 2, aim: 1}, nil, absent},
		{"a bound that is not known", target{reach: math.NaN(), aim: 1}, []float64{1}, absent},
		{"another figure for the aim, not there", target{reach: 2, aim: 1, aimFigure: "other"}, []float64{0}, absent},
	} {
		s := newSheet()
		for _, v := range tt.values {
			s.add("", v)
		}
		if got := tt.target.judge(s); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	s := newSheet()
	s.add("", 1)
	s.add("other", 3)
	if got := (&target{reach: 2, aim: 2, aimFigure: "other"}).judge(s); got != reached {
		t.Errorf("the aim is about another figure, which misses it: %s", got)
	}
}

func TestBoundsOfThisMachine(t *testing.T) {
	s := newSheet()
	s.add("most, floor: p99 ms", 3)
	s.add("sync p99 ms", 1.5)
	z := full
	z.most = 5000
	for _, target := range targets(s, z) {
		switch target.figure {
		case "most: p99 ms":
			if target.reach != 11 {
				t.Errorf("p99 may be %v ms, want 3 + 2 × 1.5 + 5", target.reach)
			}
		case "most: CPU cores":
			if target.reach != 0.375 || target.aim != 0.25 {
				t.Errorf("half the hives may cost %v cores, or %v", target.reach, target.aim)
			}
		}
		if !strings.ContainsRune("abcdefgh", target.section) || target.figure == "" {
			t.Errorf("%q belongs nowhere", target.what)
		}
	}
}

func TestMarkdown(t *testing.T) {
	b := &bench{cfg: Config{Rounds: 3, Only: []string{"a"}}, sizes: full, asked: full, sheet: newSheet(), facts: []fact{{"CPU", "fast"}}}
	for _, v := range []float64{1.4, 2.6, 1.9} {
		b.sheet.add("busy many: CPU ÷ floor", v)
		b.sheet.add("busy few: CPU ÷ floor", v+1)
		b.sheet.add("busy many, queen: heartbeats/s", v*10_000)
	}
	b.faults = []string{"one is lost"}
	got := b.markdown()
	for _, want := range []string{
		"| CPU per heartbeat ÷ no-op floor, 1,000 connections | 1.90 (1.40 – 2.60) | ≤ 2 | ≤ 1.5 | reached |\n",
		"| CPU per heartbeat ÷ no-op floor, 64 connections | 2.90 (2.40 – 3.60) | ≤ 2.4 | ≤ 1.8 | **missed** |\n",
		"| heartbeats per second ÷ floor's, 1,000 connections | – (– – –) | ≥ 0.5 | ≥ 0.65 | not measured |\n",
		"| CPU | fast |\n", "Medians of 3 rounds", "| busy many, queen: heartbeats/s | 19,000 | 14,000 – 26,000 |\n", "**FAULT**: one is lost",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "restart") || strings.Contains(got, "ulimit") {
		t.Errorf("what was not asked for is in\n%s", got)
	}
	b.cfg.Quick, b.sizes.most = true, 9000
	if got := b.markdown(); strings.Contains(got, "missed") || !strings.Contains(got, "9,000 hives stand for 10,000") {
		t.Errorf("the short form on a small machine says\n%s", got)
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{1234567: "1,234,567", 999: "999", 12.345: "12.3", 1.234: "1.23", 0.0123: "0.012", math.Inf(1): "∞", 0: "0"} {
		if got := short(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}

func TestPlace(t *testing.T) {
	document := "# Title\n" + placeBeginHive + "kept\n" + placeEnd + placeBegin + "old\n" + placeEnd + "\nafter\n"
	want := "# Title\n" + placeBeginHive + "kept\n" + placeEnd + placeBegin + "\nnew\n\n" + placeEnd + "\nafter\n"
	if got := place(document, placeBegin, "new\n"); got != want {
		t.Errorf("the document is\n%s", got)
	}
	if got := place("anything", placeBegin, "new\n"); got != "new\n" {
		t.Errorf("a file without a place is %q", got)
	}
}
