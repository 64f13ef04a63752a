package sshconfig

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// warnings collects what people should hear once: a file included twice says
// everything twice, and a garbage file has no end of complaints.
type warnings struct {
	texts []string
	seen  map[string]bool
	more  int
}

func (w *warnings) addf(at, format string, args ...any) {
	text := at + ": " + fmt.Sprintf(format, args...)
	if w.seen[text] {
		return
	}
	if len(w.texts) >= maxWarnings {
		w.more++
		return
	}
	if w.seen == nil {
		w.seen = map[string]bool{}
	}
	w.seen[text] = true
	w.texts = append(w.texts, text)
}

// urgentf puts a warning in front of all others, beyond the bound on their
// number: it explains why no host, or not every host, was judged.
func (w *warnings) urgentf(at, format string, args ...any) {
	w.texts = slices.Insert(w.texts, 0, at+": "+fmt.Sprintf(format, args...))
}

func (w *warnings) list() []string {
	if w.more > 0 {
		return append(w.texts, fmt.Sprintf("%d further warnings left out", w.more))
	}
	return w.texts
}

// place is where a line stands, as editors and people read it.
func place(file string, line int) string {
	return shown(file) + ":" + strconv.Itoa(line)
}

// shown is a path or name as it may be printed: as it is, or quoted when it
// could move a terminal's cursor or turn its text around.
func shown(s string) string {
	if printable(s) {
		return s
	}
	return strconv.QuoteToASCII(s)
}

// brief quotes a value of the file for a message.
func brief(s string) string {
	const most = 60
	if len(s) > most {
		return strconv.QuoteToASCII(s[:most]) + "…"
	}
	return strconv.QuoteToASCII(s)
}

// printable refuses controls, format characters (among them the bidirectional
// ones), broken UTF-8, and quotes and backslashes, which keeps a quoted name
// apart from every plain one.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsAny(s, `"\`) &&
		!strings.ContainsFunc(s, func(r rune) bool { return r != ' ' && !unicode.IsPrint(r) })
}
