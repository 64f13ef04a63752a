package sshconfig

import "strings"

// pattern is one word of a Host line.
type pattern struct {
	text    string // without the `!`
	negated bool
}

func newPattern(word string) pattern {
	text, negated := strings.CutPrefix(word, "!")
	return pattern{text: text, negated: negated}
}

func (p pattern) wild() bool { return strings.ContainsAny(p.text, "*?") }

// alias reports whether the pattern names one host, which makes it a target.
func (p pattern) alias() bool { return !p.negated && !p.wild() }

// steps counts the characters compared, so that a file of wildcards cannot
// keep us busy without end.
type steps int

func (n *steps) spent() bool { return *n > maxSteps }

// matches compares bytes as OpenSSH's match_pattern: `*` is any run, `?` is
// any one byte, case counts.
func (n *steps) matches(name, glob string) bool {
	at, pos := 0, 0
	star, retry := -1, 0
	for at < len(name) {
		*n++
		switch {
		case pos < len(glob) && glob[pos] == '*':
			star, retry = pos, at
			pos++
		case pos < len(glob) && (glob[pos] == '?' || glob[pos] == name[at]):
			at++
			pos++
		case star >= 0:
			retry++
			at, pos = retry, star+1
		default:
			return false
		}
		if n.spent() {
			return false
		}
	}
	return strings.Trim(glob[pos:], "*") == ""
}

// matchesList compares with a comma-separated list as match_pattern_list: one
// pattern has to match and no negated one may.
func (n *steps) matchesList(name, list string) bool {
	found := false
	for word := range strings.SplitSeq(list, ",") {
		p := newPattern(word)
		if !n.matches(name, p.text) {
			continue
		}
		if p.negated {
			return false
		}
		found = true
	}
	return found
}
