package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

func TestTable(t *testing.T) {
	tests := []struct {
		name  string
		width int
		want  []string
	}{
		{"no limit", 0, []string{
			"NAME    N  TEXT",
			"a       1  short",
			"名前   22  a text that is rather long",
			"é\u0301-\uFFFD   333  -",
		}},
		{"just enough", 37, []string{
			"NAME    N  TEXT",
			"a       1  short",
			"名前   22  a text that is rather long",
			"é\u0301-\uFFFD   333  -",
		}},
		{"the least important first", 25, []string{
			"NAME    N  TEXT",
			"a       1  short",
			"名前   22  a text that i…",
			"é\u0301-\uFFFD   333  -",
		}},
	}
	tb := newTable(column{title: "NAME", give: 2, least: 6}, column{title: "N", right: true}, column{title: "TEXT", give: 1, least: 8})
	tb.add("a", "1", "short")
	tb.add("名前", "22", "a text that is rather long")
	tb.add("é\u0301-\x1b", "333")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(strings.Join(tt.want, "\n")+"\n", tb.draw(sheet{width: tt.width})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	t.Run("least holds while another can give", func(t *testing.T) {
		tb := newTable(column{title: "A", give: 2, least: 5}, column{title: "B", give: 1, least: 6})
		tb.add("aaaaaaaaaa", "bbbbbbbbbb")
		for width, want := range map[int]string{
			22: "aaaaaaaaaa  bbbbbbbbbb", 18: "aaaaaaaaaa  bbbbb…", 16: "aaaaaaa…  bbbbb…",
			13: "aaaa…  bbbbb…", 12: "aaaa…  bbbb…", 11: "aaaa…  bbb…", 10: "aaa…  bbb…", 9: "aaa…  bb…", 1: "…",
		} {
			if got := tb.lines(sheet{width: width})[1]; got != want {
				t.Errorf("width %d: got %q, want %q", width, got, want)
			}
		}
	})
}

func TestAge(t *testing.T) {
	now := time.Date(2025, 10, 30, 22, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		-time.Hour: "0s ago", 0: "0s ago", 59999 * time.Millisecond: "59s ago", time.Minute: "1m ago", time.Hour: "1h ago",
		47 * time.Hour: "47h ago", 48 * time.Hour: "2d ago", 1000 * time.Hour: "41d ago",
	} {
		if got := age(now, now.Add(-d)); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
	if got := age(now, time.Time{}); got != "never" {
		t.Errorf("no time: got %q, want never", got)
	}
}

func TestFigures(t *testing.T) {
	n := func(v int64) *int64 { return &v }
	f := func(v float64) *float64 { return &v }
	memory := []struct {
		part, whole *int64
		want        string
	}{
		{nil, nil, ""},
		{n(0), nil, "0/? GB"},
		{nil, n(1024), "?/1 GB"},
		{n(512), n(24564), "0.5/24 GB"},
		{n(8123), n(math.MaxInt64), "7.9/9007199254740992 GB"},
	}
	for _, tt := range memory {
		if got := used(tt.part, tt.whole); got != tt.want {
			t.Errorf("used: got %q, want %q", got, tt.want)
		}
	}
	util, vram := load([]wire.GPU{{UtilPct: f(10), VRAMUsedMB: n(1024), VRAMTotalMB: n(2048)}, {}, {UtilPct: f(21), VRAMTotalMB: n(2048)}})
	if util != "16%" || vram != "1/4 GB" {
		t.Errorf("load: got %q, %q, want the mean of those that tell it and the sums", util, vram)
	}
	if util, vram := load(nil); util != "" || vram != "" {
		t.Errorf("no GPU: got %q, %q", util, vram)
	}
}

func TestSummary(t *testing.T) {
	d := func(kind string, gb int64) wire.Device { return wire.Device{DeviceType: kind, VRAMGB: &gb} }
	for want, devices := range map[string][]wire.Device{
		"":             nil,
		"CPU 64 GB":    {d("cpu", 64)},
		"1 GPU 24 GB":  {d("gpu", 24), d("cpu", 64)},
		"3 GPU 36 GB":  {d("gpu", 24), d("gpu", 12), {DeviceType: "gpu"}},
		"1 GPU 0 GB":   {{DeviceType: "npu"}},
		"2 GPU 282 GB": {d("gpu", 141), d("gpu", 141)},
	} {
		if got := summary(devices); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDetail(t *testing.T) {
	for in, want := range map[string]string{
		"":     "",
		"{}":   "",
		`[1]`:  "[1]",
		`null`: "",
		`{"b":1.50,"a":"x","c":null,"d":[1, 2],"e":{"f": true},"g":"two words","h":"","i":"k=v"}`: `a=x b=1.50 c=null d=[1,2] e={"f":true} g="two words" h="" i="k=v"`,
	} {
		if got := detail(json.RawMessage(in)); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

// encoding/json leaves these characters as they are.
func TestEncodeIsHarmless(t *testing.T) {
	in := map[string]string{"name": "\x1b[2J\x7f\u009b31m\u202e\u2028<é名🐝\U000e0001\n"}
	got, err := encode(in)
	if err != nil {
		t.Fatal(err)
	}
	harmless(t, got)
	if !strings.Contains(got, "<é名🐝") {
		t.Errorf("%s escapes what is harmless", got)
	}
	var back map[string]string
	if err := json.Unmarshal([]byte(got), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in, back); diff != "" {
		t.Errorf("reads back as something else: -want +got:\n%s", diff)
	}
}
