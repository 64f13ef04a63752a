package main

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"rbee/internal/wire"
)

var style = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// onTop is top with the hives of testdata/queen.
func onTop(t *testing.T, width, height int) topModel {
	t.Helper()
	seen := cannedSnapshot(t)
	return after(topModel{url: "http://127.0.0.1:7833", order: byName, workers: true},
		tea.WindowSizeMsg{Width: width, Height: height},
		snapshot{at: seen.at, hives: seen.hives, event: &seen.recent[len(seen.recent)-1], met: true})
}

// after gives the model messages; a string is a key.
func after(m topModel, messages ...any) topModel {
	for _, msg := range messages {
		if name, isKey := msg.(string); isKey {
			msg = press(name)
		}
		next, _ := m.Update(msg)
		m = next.(topModel)
	}
	return m
}

func press(name string) tea.KeyPressMsg {
	codes := map[string]rune{
		"up": tea.KeyUp, "down": tea.KeyDown, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd, "esc": tea.KeyEscape,
	}
	if code, special := codes[name]; special {
		return tea.KeyPressMsg{Code: code}
	}
	if name == "ctrl+c" {
		return tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// read is what stands on the screen, without its styles; it checks that all of
// it fits and is harmless.
func read(t *testing.T, m topModel) string {
	t.Helper()
	view := m.View()
	if !view.AltScreen {
		t.Error("not on the other screen")
	}
	text := style.ReplaceAllString(view.Content, "")
	harmless(t, text)
	lines := strings.Split(text, "\n")
	if len(lines) > max(1, m.height) {
		t.Errorf("%d lines on a screen of %d", len(lines), m.height)
	}
	for i, line := range lines {
		if textWidth(line) > max(0, m.width) {
			t.Errorf("%d columns on a screen of %d: %q", textWidth(line), m.width, line)
		}
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestTopScreens(t *testing.T) {
	away := &queenError{text: "long", brief: "connection refused"}
	for name, m := range map[string]topModel{
		"80x24": onTop(t, 80, 24), "40x10": onTop(t, 40, 10), "120x30": onTop(t, 120, 30),
		"vram": after(onTop(t, 80, 24), "v", "w"), "help": after(onTop(t, 80, 24), "?"),
	} {
		golden(t, "top-"+name+".txt", read(t, m))
	}
	gone := onTop(t, 80, 24)
	gone.seen.list, gone.seen.stream, gone.seen.away = away, away, 3*time.Second
	golden(t, "top-away.txt", read(t, gone))
	if grey := strings.Count(gone.View().Content, "\x1b[32m"); grey > 0 {
		t.Error("what is old is as green as what is new")
	}
	golden(t, "top-never.txt", read(t, after(onTop(t, 80, 24), snapshot{at: start, list: away, away: time.Second})))
	golden(t, "top-empty.txt", read(t, after(onTop(t, 80, 24), snapshot{at: start, met: true})))
}

func TestTopEverySize(t *testing.T) {
	for width := 0; width < 130; width += 1 + width/8 {
		for height := range 20 {
			read(t, after(onTop(t, width, height), "end"))
			read(t, after(onTop(t, max(1, width), max(1, height)), "v", "?"))
		}
	}
	next, cmd := onTop(t, 80, 24).Update(tea.WindowSizeMsg{})
	if cmd == nil || next.(topModel).width != 80 {
		t.Error("a terminal that does not know its size has none")
	} else if got := cmd(); got != (tea.WindowSizeMsg{Width: 80, Height: 24}) {
		t.Errorf("it is taken for %+v", got)
	}
}

// names are the hives in view, in their order.
func names(t *testing.T, m topModel) string {
	t.Helper()
	var found []string
	for line := range strings.Lines(read(t, m)) {
		if name, _, _ := strings.Cut(line, " "); strings.HasPrefix(name, "h") {
			found = append(found, strings.TrimSpace(name))
		}
	}
	return strings.Join(found, " ")
}

// crowd is n hives, each busier than the one before, with less VRAM.
func crowd(n int) snapshot {
	s := snapshot{at: start, met: true}
	for i := range n {
		vram, util := int64(1024*(n-i)), float64(i)
		s.hives = append(s.hives, wire.Hive{ID: fmt.Sprintf("h%02d", i), Status: wire.StatusHealthy, LastSeen: start, Node: &wire.Node{
			CPUPct: 1, GPUs: []wire.GPU{{UtilPct: &util, VRAMUsedMB: &vram}},
		}})
	}
	s.hives[0].Node = nil
	return s
}

func TestTopKeys(t *testing.T) {
	m := after(topModel{order: byName, workers: true}, tea.WindowSizeMsg{Width: 80, Height: 8}, crowd(9)) // room for four
	for _, tt := range []struct{ keys, want string }{
		{"", "h00 h01 h02 h03"},
		{"up", "h00 h01 h02 h03"},
		{"down", "h01 h02 h03 h04"},
		{"pgdown", "h04 h05 h06 h07"},
		{"pgdown pgdown", "h05 h06 h07 h08"},
		{"end up", "h04 h05 h06 h07"},
		{"end pgup home", "h00 h01 h02 h03"},
		{"v", "h01 h02 h03 h04"},
		{"end l", "h08 h07 h06 h05"},
		{"c end", "h03 h02 h01 h00"},
		{"l n", "h00 h01 h02 h03"},
		{"? v esc", "h01 h02 h03 h04"},
		{"?", ""},
	} {
		keys := []any{}
		for key := range strings.FieldsSeq(tt.keys) {
			keys = append(keys, key)
		}
		if got := names(t, after(m, keys...)); got != tt.want {
			t.Errorf("after %q: %s, want %s", tt.keys, got, tt.want)
		}
	}
	// Hives that go leave no hole, and a screen that grows is filled.
	if got := names(t, after(m, "end", crowd(2))); got != "h00 h01" {
		t.Errorf("after the others went: %s", got)
	}
	if got := names(t, after(m, "end", tea.WindowSizeMsg{Width: 80, Height: 10})); got != "h03 h04 h05 h06 h07 h08" {
		t.Errorf("on a higher screen: %s", got)
	}
	for _, key := range []string{"q", "ctrl+c"} {
		if _, cmd := m.Update(press(key)); cmd == nil || cmd() != tea.Quit() {
			t.Errorf("%s does not quit", key)
		}
	}
	if _, cmd := m.Update(press("x")); cmd != nil {
		t.Error("any key does something")
	}
}

// A queen that lies breaks no line.
func TestTopAbsurd(t *testing.T) {
	huge, most, text := math.MaxFloat64, int64(math.MaxInt64), "大きな\x1b[2J\u202emodel\n"+strings.Repeat("x", 300)
	h := wire.Hive{ID: "絵絵絵" + text, Status: wire.Status(text), Node: &wire.Node{CPUPct: huge, RAMUsedMB: most, RAMTotalMB: -1, GPUs: []wire.GPU{
		{UtilPct: &huge, VRAMUsedMB: &most, VRAMTotalMB: &most, TempC: &huge, PowerW: &huge}, {UtilPct: &huge, VRAMUsedMB: &most},
	}}, Workers: []wire.Worker{{PID: most, Group: text, Instance: text, Model: &text, CPUPct: huge, RSSMB: most, VRAMMB: most}, {}}}
	for width := 1; width < 100; width++ {
		for _, order := range []string{"n", "v", "l"} {
			m := after(topModel{workers: true, width: width, height: 12}, order, snapshot{
				at: start, skew: math.MaxInt64, met: true, hives: []wire.Hive{h, {}}, event: &wire.Event{Kind: wire.EventKind(text), HiveID: text},
			})
			read(t, m)
			m.seen.list = fmt.Errorf("%s", text)
			read(t, m)
		}
	}
}

func BenchmarkTopFrame(b *testing.B) {
	m := topModel{order: byVRAM, workers: true, width: 80, height: 24}
	s := crowd(1000)
	for b.Loop() {
		next, _ := m.Update(s)
		m = next.(topModel)
		m.View()
	}
}
