package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

func TestWhichSpanIsAskedFor(t *testing.T) {
	for args, want := range map[string]string{
		"--since 6h":             "from=-6h&step=auto",
		"--since 90m --step 5m":  "from=-1h30m&step=5m",
		"--since 7d --step 1d":   "from=-168h&step=24h",
		"--since 2w --step auto": "from=-336h&step=auto",
		"--since 65535w":         "from=-1680000h&step=auto",
		"--step 30s":             "from=-6h&step=30s",
		"--from -7d --to -6d":    "from=-168h&step=auto&to=-144h",
		"--since 6h --to -1h":    "from=-6h&step=auto&to=-1h",
		"--from 2025-10-30T22:00:00+02:00 --to 2025-10-30T22:00:00.5Z": "from=2025-10-30T20%3A00%3A00Z&step=auto&to=2025-10-30T22%3A00%3A00.5Z",
	} {
		queen := newQueen(t)
		got := rig{}.run(t.Context(), append(strings.Fields(args), "history", "gaming-pc", "--queen", queen.URL)...)
		if diff := cmp.Diff([]string{"GET /v1/hives/gaming-pc/heartbeats?" + want}, queen.requests()); got.Code != 0 || diff != "" {
			t.Errorf("%s: %+v, asked -want +got:\n%s", args, got, diff)
		}
	}
}

// What the queen says of a span is for her to say.
func TestChartsRefused(t *testing.T) {
	queen := newQueen(t)
	for body, want := range map[string]string{
		`{"detail":"to \"-6h\" is before from \"-1h\"","remedy":"see /openapi.json"}`: `to "-6h" is before from "-1h": see /openapi.json`,
		`{"detail":"no hive has the id \"gaming-pc\"","remedy":"list them"}`:          `no hive has the id "gaming-pc": list them`,
	} {
		queen.on("GET /v1/hives/gaming-pc/heartbeats", answer(http.StatusBadRequest, "application/problem+json", body))
		got := rig{}.run(t.Context(), "history", "gaming-pc", "--from", "-1h", "--to", "-6h", "--queen", queen.URL)
		if diff := cmp.Diff(ran{Code: 1, Stderr: "rbee-keeper: " + want + "\n"}, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

func cannedBuckets(t *testing.T) *wire.History {
	t.Helper()
	var h wire.History
	if err := json.Unmarshal([]byte(canned(t, "buckets")), &h); err != nil {
		t.Fatal(err)
	}
	return &h
}

func TestChartWidths(t *testing.T) {
	now := time.Date(2025, 10, 30, 22, 0, 5, 0, time.UTC)
	golden(t, "charts-40.txt", chartsPage(now, cannedBuckets(t), 40))
	golden(t, "charts-200.txt", chartsPage(now, cannedBuckets(t), 200))
}

// Over one column, a point, and none.
func TestChartsOfFewPoints(t *testing.T) {
	now := time.Date(2025, 10, 30, 22, 0, 5, 0, time.UTC)
	h := cannedBuckets(t)
	for _, points := range [][]*wire.Point{h.Points[3:4], {}, {nil}, {{}}, {{CPUPct: &wire.Stat{}}}} {
		h.Points = points
		for _, to := range []time.Time{h.From, h.From.Add(time.Second), h.From.Add(-time.Hour)} {
			h.To = to
			for width := range 90 {
				page := chartsPage(now, h, width)
				harmless(t, page)
				for line := range strings.Lines(page) {
					if line = strings.TrimSuffix(line, "\n"); width > 0 && textWidth(line) > width {
						t.Errorf("%d columns at width %d: %q", textWidth(line), width, line)
					}
				}
			}
		}
	}
}

// Times are shown where the reader is, and a span of days has its dates.
func TestChartTitle(t *testing.T) {
	h := cannedBuckets(t)
	now := h.To.In(time.FixedZone("CET", 3600))
	for _, tt := range []struct {
		later time.Duration
		tier  wire.Tier
		want  string
	}{
		{0, wire.TierMinute, "a, 2025-10-30 17:00 to 23:00, steps of 10m made of minutes"},
		{24 * time.Hour, wire.TierHour, "a, 2025-10-30 17:00 to 2025-10-31 23:00, steps of 10m made of hours"},
		{0, "day", "a, 2025-10-30 17:00 to 23:00, steps of 10m made of day"},
	} {
		b := *h.Buckets
		b.To, b.Tier = b.To.Add(tt.later), tt.tier
		if got := newDrawing(now, &b).title("a"); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestSizes(t *testing.T) {
	for mb, want := range map[float64]string{0: "0 MB", 1023: "1023 MB", 1024: "1.0 GB", 12345: "12.1 GB", 131072: "128 GB", 1e12: "953674 TB", 1e15: "1e+09 TB"} {
		if got := size(mb); got != want {
			t.Errorf("%g MB: got %q, want %q", mb, got, want)
		}
	}
}
