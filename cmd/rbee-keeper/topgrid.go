package main

import (
	"slices"
	"strings"

	"rbee/cmd/internal/cli"
)

// topColumn is one column of top. Widths are at least those of the usual
// figures, so that columns stand still while figures change.
type topColumn struct {
	title string
	right bool
	least int
	drop  int // the order in which columns are left out of a narrow screen; names never are
}

// The columns up to beforeFigures are the room for the name of a worker.
var topColumns = []topColumn{
	{title: "HIVE", least: 4},
	{title: "STATUS", least: 8, drop: 8},
	{title: "AGE", right: true, least: 3, drop: 4},
	{title: "CPU", right: true, least: 4, drop: 6},
	{title: "RAM", right: true, least: 6, drop: 3},
	{title: "GPU", right: true, least: 4, drop: 7},
	{title: "VRAM", right: true, least: 8, drop: 9},
	{title: "TEMP", right: true, least: 4, drop: 2},
	{title: "POWER", right: true, least: 5, drop: 1},
	{title: "WRK", right: true, least: 3, drop: 5},
}

const (
	beforeFigures = 3
	statusColumn  = 1
	leastName     = 10 // columns are left out before a name gets shorter than this
	mostFigure    = 16 // columns of one figure, however absurd
)

// row is one line of the grid: a cell for each column or, of a worker, a name
// and the cells of the figures.
type row struct {
	name   string   // of a worker, in place of the first cells
	cells  []string // by column
	style  string   // of the whole line
	status string   // style of the status alone
}

// topGrid draws the titles and the rows, none wider than width.
func topGrid(rows []row, width int) []string {
	titles := make([]string, len(topColumns))
	for i, c := range topColumns {
		titles[i] = c.title
	}
	for _, r := range rows {
		for i := range r.cells {
			r.cells[i] = cli.Printable(r.cells[i])
			if i > 0 {
				r.cells[i] = clip(r.cells[i], mostFigure)
			}
		}
	}
	widths := topWidths(rows, width)
	lines := []string{styled(reverse, clip(pad(row{cells: titles}.draw(widths), width), width))}
	for _, r := range rows {
		lines = append(lines, r.draw(widths))
	}
	return lines
}

// topWidths are the widths of the columns, 0 of those that are left out.
func topWidths(rows []row, width int) []int {
	widths := make([]int, len(topColumns))
	for i, c := range topColumns {
		widths[i] = max(c.least, textWidth(c.title))
		for _, r := range rows {
			widths[i] = max(widths[i], textWidth(r.cells[i]))
		}
	}
	total := func(from, to int) int {
		sum := 0
		for _, w := range widths[from:to] {
			if w > 0 {
				sum += w + len(gap)
			}
		}
		return sum
	}
	others := func() int { return total(1, len(widths)) }
	wanted := min(widths[0], leastName)
	for drop := 1; drop < len(topColumns) && others()+wanted > width; drop++ {
		widths[slices.IndexFunc(topColumns, func(c topColumn) bool { return c.drop == drop })] = 0
	}
	// What is left is for the names: those of the hives, and those of the workers
	// beyond what the columns behind give them.
	for _, r := range rows {
		widths[0] = max(widths[0], textWidth(cli.Printable(r.name))-total(1, beforeFigures))
	}
	widths[0] = max(1, min(widths[0], width-others()))
	return widths
}

// draw writes the row in these widths.
func (r row) draw(widths []int) string {
	var b strings.Builder
	from := 0
	if r.name != "" {
		room := 0
		for _, w := range widths[:beforeFigures] {
			if w > 0 {
				room += w + len(gap)
			}
		}
		from = beforeFigures
		b.WriteString(styled(r.style, pad(clip(cli.Printable(r.name), room-len(gap)), room-len(gap))))
	}
	for i := from; i < len(widths); i++ {
		if widths[i] == 0 {
			continue
		}
		if i > 0 {
			b.WriteString(gap)
		}
		cell := clip(r.cells[i], widths[i])
		if topColumns[i].right {
			cell = strings.Repeat(" ", widths[i]-textWidth(cell)) + cell
		} else {
			cell = pad(cell, widths[i])
		}
		style := r.style
		if i == statusColumn && r.status != "" {
			style = r.status
		}
		b.WriteString(styled(style, cell))
	}
	return b.String()
}

// pad fills text with spaces up to width.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-textWidth(text)))
}
