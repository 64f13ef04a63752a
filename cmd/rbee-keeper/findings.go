package main

import (
	"fmt"
	"strings"

	"rbee/cmd/internal/cli"
	"rbee/internal/wire"
)

// findings are what a look at something found, each with its remedy.
type findings []wire.Finding

// draw writes a line for each, and its remedy below it, folded to the sheet.
func (f findings) draw(on sheet) string {
	var b strings.Builder
	for _, finding := range f {
		head := fmt.Sprintf("%-7s  ", finding.Level)
		text := fold(head, finding.Subject+": "+finding.Detail, on.width)
		if word, rest, found := strings.Cut(text, " "); found && on.styles {
			text = styled(wordStyles[word], word) + " " + rest
		}
		b.WriteString(text)
		if finding.Remedy != "" {
			b.WriteString(fold(strings.Repeat(" ", len(head)), "-> "+finding.Remedy, on.width))
		}
	}
	return b.String()
}

// toDo is an error if something is to be done.
func (f findings) toDo() error {
	n := 0
	for _, finding := range f {
		if finding.Level != wire.FindingOK {
			n++
		}
	}
	switch n {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("1 finding needs action")
	default:
		return fmt.Errorf("%d findings need action", n)
	}
}

// failed is an error if something does not work.
func (f findings) failed() error {
	errors := 0
	for _, finding := range f {
		if finding.Level == wire.FindingError {
			errors++
		}
	}
	switch errors {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("1 thing does not work")
	default:
		return fmt.Errorf("%d things do not work", errors)
	}
}

// fold writes the text behind the head, and what does not fit in the width on
// lines of its own below it. Words stay whole where they can.
func fold(head, text string, width int) string {
	var b strings.Builder
	line, indent := head, strings.Repeat(" ", len(head))
	empty := true
	for _, word := range strings.Fields(cli.Printable(text)) {
		if !empty && width > 0 && textWidth(line)+1+textWidth(word) > width {
			b.WriteString(line + "\n")
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	return b.String()
}
