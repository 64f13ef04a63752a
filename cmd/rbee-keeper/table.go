package main

import (
	"slices"
	"strings"

	"rbee/cmd/internal/cli"
)

// column is one column of a table.
type column struct {
	title string
	right bool // figures stand at the right
	// give is the order in which columns give way on a narrow terminal, the
	// least important first; 0 never does. Each gives down to least, and beyond
	// that only when all have given.
	give, least int
}

// table is text in aligned columns.
type table struct {
	columns []column
	rows    [][]string
}

const (
	gap   = "  "
	scrap = 4 // what a column keeps at least; below that the lines are cut
)

func newTable(columns ...column) *table { return &table{columns: columns} }

// add appends a row. Cells may come from anywhere; an empty one is shown as '-'.
func (t *table) add(cells ...string) {
	row := make([]string, len(t.columns))
	for i := range row {
		row[i] = "-"
		if i < len(cells) && cells[i] != "" {
			row[i] = cli.Printable(cells[i])
		}
	}
	t.rows = append(t.rows, row)
}

// String draws the table in full.
func (t *table) String() string { return t.draw(0) }

// draw writes the table with no line wider than width; 0 is no limit.
func (t *table) draw(width int) string {
	var b strings.Builder
	for _, line := range t.lines(width) {
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// lines are the titles, if there are any, and the rows.
func (t *table) lines(width int) []string {
	titles := make([]string, len(t.columns))
	for i, c := range t.columns {
		titles[i] = c.title
	}
	all := t.rows
	if strings.Join(titles, "") != "" {
		all = append([][]string{titles}, t.rows...)
	}
	widths := t.fit(all, width)
	lines := make([]string, len(all))
	for n, row := range all {
		var b strings.Builder
		for i, cell := range row {
			if i > 0 {
				b.WriteString(gap)
			}
			cell = clip(cell, widths[i])
			pad := strings.Repeat(" ", widths[i]-textWidth(cell))
			if t.columns[i].right {
				b.WriteString(pad + cell)
			} else {
				b.WriteString(cell + pad)
			}
		}
		lines[n] = strings.TrimRight(b.String(), " ")
		if width > 0 {
			lines[n] = clip(lines[n], width)
		}
	}
	return lines
}

// fit returns the widths of the columns: their natural ones, taken from those
// that give way until the row fits.
func (t *table) fit(rows [][]string, width int) []int {
	widths := make([]int, len(t.columns))
	total := len(gap) * (len(t.columns) - 1)
	for i := range t.columns {
		for _, row := range rows {
			widths[i] = max(widths[i], textWidth(row[i]))
		}
		total += widths[i]
	}
	if width <= 0 {
		return widths
	}
	order := []int{}
	for i, c := range t.columns {
		if c.give > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return t.columns[a].give - t.columns[b].give })
	give := func(i, least int) {
		less := max(0, min(total-width, widths[i]-least))
		widths[i] -= less
		total -= less
	}
	for _, i := range order {
		give(i, max(scrap, t.columns[i].least))
	}
	for _, i := range order {
		give(i, scrap)
	}
	return widths
}
