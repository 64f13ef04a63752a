package cli

import (
	"fmt"
	"strings"
)

// page is a manual page in the making. Bold text is between \x01 and \x02, what
// stands for something else between \x03 and \x02.
type page struct {
	b      strings.Builder
	prefix string          // of variables
	told   map[string]bool // flags that were
	begun  bool            // a section, which begins with a paragraph by itself
}

func (p *page) tell(flag string) {
	if p.told == nil {
		p.told = map[string]bool{}
	}
	p.told[flag] = true
}

func (p *page) macro(name string, args ...string) {
	p.begun = name == "SH" || name == "SS"
	p.b.WriteString("." + name)
	for _, arg := range args {
		p.b.WriteString(` "` + strings.ReplaceAll(roff(arg), `"`, `\(dq`) + `"`)
	}
	p.b.WriteByte('\n')
}

// line writes lines of text.
func (p *page) line(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		line = roff(line)
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			line = `\&` + line
		}
		p.b.WriteString(line + "\n")
	}
}

// text writes paragraphs.
func (p *page) text(text string) {
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			if !p.begun {
				p.macro("PP")
			}
			p.line(paragraph)
			p.begun = false
		}
	}
}

func (p *page) item(name, text string) {
	p.macro("TP")
	p.line(name)
	p.line(text)
}

func (p *page) items(all []Item) {
	for _, i := range all {
		p.item("\x01"+i.Name+"\x02", i.Text)
	}
}

// roff writes a line of text so that nothing in it is taken for more.
func roff(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\x01':
			b.WriteString(`\fB`)
		case r == '\x02':
			b.WriteString(`\fR`)
		case r == '\x03':
			b.WriteString(`\fI`)
		case r == '\\':
			b.WriteString(`\e`)
		case r == '-':
			b.WriteString(`\-`)
		case r == '`', r == '^', r == '~', r == '\'':
			b.WriteString(map[rune]string{'`': `\(ga`, '^': `\(ha`, '~': `\(ti`, '\'': `\(aq`}[r])
		case r > '~':
			fmt.Fprintf(&b, `\[u%04X]`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
