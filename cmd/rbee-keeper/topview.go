package main

import (
	"fmt"
	"strings"
	"time"

	"rbee/cmd/internal/cli"
	"rbee/internal/wire"
)

// Heights from which there is room for a line that is not needed most.
const (
	heightForSums  = 8
	heightForEvent = 12
)

// room is how many lines of the body fit.
func (m topModel) room() int {
	others := 3 // title, columns, keys
	if m.height >= heightForSums {
		others++
	}
	if m.height >= heightForEvent {
		others++
	}
	return max(0, m.height-others)
}

// screen is at most height lines, none wider than width.
func (m topModel) screen() []string {
	lines := []string{styled(m.titleStyle(), clip(m.title(), m.width))}
	if m.height >= heightForSums {
		lines = append(lines, m.faded(clip(m.sums(), m.width)))
	}
	body := m.body()
	for len(body) < m.room()+1 {
		body = append(body, "")
	}
	lines = append(lines, body...)
	if m.height >= heightForEvent {
		lines = append(lines, m.faded(clip(m.lastEvent(), m.width)))
	}
	lines = append(lines, m.keys())
	return lines[:min(len(lines), max(1, m.height))]
}

func (m topModel) title() string {
	s := &m.seen
	switch {
	case s.away > 0:
		text := fmt.Sprintf("queen away since %d s: %s", int(s.away.Seconds()), brief(s.list))
		if s.met {
			text += "; below is what was seen last"
		}
		return cli.Printable(text)
	case s.list != nil:
		return cli.Printable("the list cannot be read: " + brief(s.list))
	case s.stream != nil:
		return cli.Printable("no live stream: " + brief(s.stream))
	default:
		return fmt.Sprintf("queen %s, %s, %s", m.url, hiveCount(len(s.hives)), s.at.Format("15:04:05"))
	}
}

func (m topModel) titleStyle() string {
	if m.seen.list != nil || m.seen.stream != nil {
		return yellow
	}
	return bold
}

// faded is grey while the queen is away, as what it tells is old.
func (m topModel) faded(text string) string {
	if m.seen.away > 0 {
		return styled(grey, text)
	}
	return text
}

// sums are the figures of the whole fleet, of the hives that are live.
func (m topModel) sums() string {
	healthy, workers := 0, 0
	var gpus []wire.GPU
	for i := range m.seen.hives {
		h := &m.seen.hives[i]
		if h.Status == wire.StatusHealthy {
			healthy++
		}
		if !live(h) {
			continue
		}
		workers += len(h.Workers)
		if h.Node != nil {
			gpus = append(gpus, h.Node.GPUs...)
		}
	}
	text := fmt.Sprintf("%d healthy, %d workers", healthy, workers)
	if util, vram := load(gpus); vram != "" {
		if util != "" {
			text += ", GPU " + util
		}
		text += ", VRAM " + vram
	}
	if watts := sumPower(gpus); watts != "" {
		text += ", " + watts
	}
	return text + "; by " + string(m.order)
}

// body is the titles of the columns and the lines in view, or the help.
func (m topModel) body() []string {
	if m.help {
		return m.helpLines()
	}
	if len(m.seen.hives) == 0 {
		if !m.seen.met {
			return nil
		}
		return []string{"", clip(noHives, m.width)}
	}
	all := m.entries()
	first := max(0, min(m.scroll, len(all)-1))
	rows := make([]row, 0, m.room())
	for _, e := range all[first:min(len(all), first+m.room())] {
		rows = append(rows, m.row(e))
	}
	return topGrid(rows, m.width)
}

func (m topModel) lastEvent() string {
	e := m.seen.event
	if e == nil {
		return ""
	}
	when := span(max(0, m.seen.now().Sub(e.At)).Truncate(time.Second))
	text := fmt.Sprintf("%s ago: %s %s", when, e.Kind, e.HiveID)
	if more := detail(e.Detail); more != "" {
		text += " " + more
	}
	return cli.Printable(strings.TrimSpace(text))
}

// keys is the last line: the keys, and which lines are in view.
func (m topModel) keys() string {
	text := "q quit  v VRAM  l load  n name  w workers  ↑↓ scroll  ? help"
	if all := len(m.entries()); all > m.room() && !m.help {
		at := fmt.Sprintf("%d-%d/%d", m.scroll+1, min(all, m.scroll+m.room()), all)
		pad := m.width - textWidth(text) - textWidth(at)
		if pad < 2 {
			text = clip(text, max(0, m.width-textWidth(at)-2))
			pad = m.width - textWidth(text) - textWidth(at)
		}
		text += strings.Repeat(" ", max(0, pad)) + at
	}
	return styled(grey, clip(text, m.width))
}

func (m topModel) helpLines() []string {
	lines := []string{
		"", "v       sort by VRAM in use", "l or c  sort by load: the busier of CPU and GPUs", "n       sort by name",
		"w       hide or show the workers", "↑ ↓     scroll; PgUp PgDn Home End too", "?       this help, and back", "q       quit, as Ctrl-C",
		"", "GPU is the mean over a hive's GPUs, VRAM and POWER their sum,", "TEMP the hottest. AGE is that of the last heartbeat.",
		"A hive that is down, stopped or not yet met again is grey.",
	}
	lines = lines[:min(len(lines), m.room()+1)]
	for i := range lines {
		lines[i] = clip(lines[i], m.width)
	}
	return lines
}
