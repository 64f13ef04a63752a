package main

import (
	"cmp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"rbee/internal/wire"
)

// order is what the hives of top are sorted by.
type order string

// The orders; the first is the one to begin with.
const (
	byName order = "name"
	byVRAM order = "VRAM"
	byLoad order = "load"
)

// topModel is the screen of top: what was seen last, and what the user chose.
type topModel struct {
	url           string
	width, height int
	order         order
	workers, help bool
	scroll        int // lines of the body above the screen
	seen          snapshot
}

// Init asks for nothing: what there is to see is sent.
func (m topModel) Init() tea.Cmd { return nil }

// Update takes what was seen, a key, or a change of the terminal's size.
func (m topModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case snapshot:
		m.seen = msg
	case tea.WindowSizeMsg:
		if msg.Width <= 0 || msg.Height <= 0 { // a serial console does not know
			return m, func() tea.Msg { return tea.WindowSizeMsg{Width: 80, Height: 24} }
		}
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		var cmd tea.Cmd
		if m, cmd = m.press(msg.String()); cmd != nil {
			return m, cmd
		}
	default:
		return m, nil
	}
	m.seen.hives = m.order.sort(m.seen.hives)
	m.scroll = max(0, min(m.scroll, len(m.entries())-m.room()))
	return m, nil
}

func (m topModel) press(key string) (topModel, tea.Cmd) {
	switch key {
	case "q", "Q", "ctrl+c":
		return m, tea.Quit
	case "?", "h":
		m.help = !m.help
	case "esc":
		m.help = false
	case "v":
		m.order, m.scroll = byVRAM, 0
	case "l", "c":
		m.order, m.scroll = byLoad, 0
	case "n":
		m.order, m.scroll = byName, 0
	case "w":
		m.workers = !m.workers
	case "up", "k":
		m.scroll--
	case "down", "j":
		m.scroll++
	case "pgup":
		m.scroll -= max(1, m.room())
	case "pgdown", "space":
		m.scroll += max(1, m.room())
	case "home":
		m.scroll = 0
	case "end":
		m.scroll = len(m.entries())
	}
	return m, nil
}

// View draws the screen.
func (m topModel) View() tea.View {
	view := tea.NewView(strings.Join(m.screen(), "\n"))
	view.AltScreen = true
	return view
}

// sort returns the hives in that order, those that are equal by name.
func (o order) sort(hives []wire.Hive) []wire.Hive {
	weights := make(map[string]int64, len(hives)) // in the steps that are shown, so that rows do not jump for less
	for i := range hives {
		h := &hives[i]
		switch {
		case h.Node == nil:
			weights[h.ID] = -1
		case o == byVRAM:
			if part, _ := sumVRAM(h.Node.GPUs); part != nil {
				weights[h.ID] = *part / 102 // a tenth of a GB
			}
		case o == byLoad:
			busiest := h.Node.CPUPct
			if util, known := meanUtil(h.Node.GPUs); known {
				busiest = max(busiest, util)
			}
			weights[h.ID] = int64(min(busiest, 1e12))
		default:
			weights[h.ID] = -1 // nothing weighs more than the name
		}
	}
	sorted := slices.Clone(hives)
	slices.SortFunc(sorted, func(a, b wire.Hive) int {
		return cmp.Or(cmp.Compare(weights[b.ID], weights[a.ID]), cmp.Compare(a.ID, b.ID))
	})
	return sorted
}

// entry is one line of the body: a hive, or one of its workers.
type entry struct {
	hive   *wire.Hive
	worker *wire.Worker // nil on the line of the hive itself
}

func (m topModel) entries() []entry {
	lines := make([]entry, 0, len(m.seen.hives))
	for i := range m.seen.hives {
		h := &m.seen.hives[i]
		lines = append(lines, entry{hive: h})
		if !m.workers {
			continue
		}
		for n := range h.Workers {
			lines = append(lines, entry{h, &h.Workers[n]})
		}
	}
	return lines
}
