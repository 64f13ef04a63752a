package main

import (
	"fmt"
	"strings"
)

// What a terminal is told. The other screen leaves what was there before as it
// was, and survives a change of size.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l" // the other screen, no cursor
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	toTop       = "\x1b[H"
	clearLine   = "\x1b[K"
	clearBelow  = "\x1b[J"
)

// screenView redraws a terminal in place.
type screenView struct {
	*keeper
	last []string // what was drawn last
}

func (v *screenView) begin() error { return v.write(enterScreen) }

// end gives the terminal back and leaves there what was last seen.
func (v *screenView) end() error {
	text := leaveScreen
	for _, line := range v.last {
		text += line + "\n"
	}
	return v.write(text)
}

func (v *screenView) show(seen snapshot) error {
	_, height, ok := v.screen()
	on := v.sheet()
	if !ok {
		on, height = sheet{width: 80}, 24
	}
	v.last = v.frame(seen, on, height)
	// One write, so that no half of a frame is ever seen; no line end after the
	// last line, which would scroll.
	return v.write(toTop + strings.Join(v.last, clearLine+"\r\n") + clearLine + clearBelow)
}

// frame is at most height lines, none wider than the sheet: a title, the hives, the
// last events and, while the queen is away, a line that says so.
func (v *screenView) frame(seen snapshot, on sheet, height int) []string {
	title := fmt.Sprintf("queen %s, %s, %s (Ctrl-C ends)", v.queen, hiveCount(len(seen.hives)), seen.at.Format("15:04:05"))
	say := func(style, text string) string {
		if text = clip(text, on.width); on.styles {
			return styled(style, text)
		}
		return text
	}
	head := []string{say(bold, title)}
	if seen.list != nil {
		head = append(head, say(yellow, v.waiting(seen.list)))
	}
	head = append(head, "")

	events := []string{}
	if len(seen.recent) > 0 {
		all := eventsTable(seen.now(), seen.recent).lines(on)
		most := max(1, height/3)
		events = append(events, "", all[0])
		events = append(events, all[1+max(0, len(all)-1-most):]...)
	}

	hives := []string{say("", noHives)}
	if len(seen.hives) > 0 {
		hives = hivesTable(seen.now(), seen.hives).lines(on)
	} else if seen.list != nil {
		hives = nil
	}
	if room := max(2, height-len(head)-len(events)); len(hives) > room {
		more := len(hives) - room + 1
		hives = append(hives[:room-1], say(grey, fmt.Sprintf("… and %d more", more)))
	}

	lines := append(append(head, hives...), events...)
	return lines[:min(len(lines), max(1, height))]
}

func hiveCount(n int) string {
	if n == 1 {
		return "1 hive"
	}
	return fmt.Sprintf("%d hives", n)
}
