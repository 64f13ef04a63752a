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
	style       func(row []string) string // of its cells, which may depend on others; nil: none
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
func (t *table) String() string { return t.draw(sheet{}) }

// draw writes the table with no line wider than the sheet.
func (t *table) draw(on sheet) string {
	var b strings.Builder
	for _, line := range t.lines(on) {
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// lines are the titles, if there are any, and the rows.
func (t *table) lines(on sheet) []string {
	titles := make([]string, len(t.columns))
	for i, c := range t.columns {
		titles[i] = c.title
	}
	all := t.rows
	if strings.Join(titles, "") != "" {
		all = append([][]string{titles}, t.rows...)
	}
	widths := t.fit(all, on.width)
	lines := make([]string, len(all))
	for n, row := range all {
		styles := make([]string, len(row))
		if on.styles && (n > 0 || len(all) == len(t.rows)) {
			for i, c := range t.columns {
				if c.style != nil {
					styles[i] = c.style(row)
				}
			}
		}
		lines[n] = t.line(row, widths, styles)
		if on.width > 0 && total(widths)+len(gap)*(len(widths)-1) > on.width { // too narrow for anything else
			lines[n] = clip(t.line(row, widths, make([]string, len(row))), on.width)
		}
	}
	return lines
}

// line is one row in these widths and styles, which take no room.
func (t *table) line(row []string, widths []int, styles []string) string {
	last := len(row) - 1
	for last > 0 && row[last] == "" {
		last--
	}
	var b strings.Builder
	for i, cell := range row[:last+1] {
		if i > 0 {
			b.WriteString(gap)
		}
		cell = clip(cell, widths[i])
		pad := strings.Repeat(" ", widths[i]-textWidth(cell))
		cell = styled(styles[i], cell)
		switch {
		case t.columns[i].right:
			cell = pad + cell
		case i < last:
			cell += pad
		}
		b.WriteString(cell)
	}
	return strings.TrimRight(b.String(), " ")
}

func total(widths []int) (sum int) {
	for _, w := range widths {
		sum += w
	}
	return sum
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
