package sshconfig

import "strings"

// Options of a `# rbee:` comment as they stand in the safe text.
const (
	markAny    = "mark" // there is such a comment
	markIgnore = "ignore"
	markPort   = "port="
)

// comment looks for `# rbee: OPTION…`, options apart by commas or spaces. What
// it does not know it names, and leaves the rest of the comment in force.
func (f *fence) comment(n int, text string) {
	text = strings.TrimLeft(text, " \t")
	const name = "rbee:"
	if len(text) < len(name) || !strings.EqualFold(text[:len(name)], name) {
		return
	}
	f.write(n, kwMark, markAny)
	words := strings.FieldsFunc(text[len(name):], func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	for _, word := range words {
		value, isPort := strings.CutPrefix(word, markPort)
		switch {
		case word == markIgnore:
			f.write(n, kwMark, markIgnore)
		case isPort && value != "ssh" && parsePort(value) != 0:
			f.write(n, kwMark, word)
		case isPort:
			f.warnings.addf(place(f.file, n), "# rbee: bad port %s is passed over; use port=1 to port=65535", brief(value))
		default:
			f.warnings.addf(place(f.file, n), "# rbee: unknown option %s is passed over; known are port=N and ignore", brief(word))
		}
	}
}
