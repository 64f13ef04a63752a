package sshconfig

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// values are what all sections that apply to one alias say together; the first
// to set a value keeps it.
type values struct {
	hostname string // as written, %h not expanded
	user     string
	sshPort  int
	proxy    setting // ProxyJump or ProxyCommand, whichever came first
	hivePort int
	ignore   bool
	marked   bool
	bad      string // the first line that cannot be read, with its place
	named    bool   // a Host block that names the alias applies to it
}

// resolver evaluates aliases against the sections. The index keeps the work
// per alias to the sections that could apply.
type resolver struct {
	opts     Options
	sections []section
	byName   map[string][]span // sections inside a fixed condition that names the key
	always   []int             // the others
	steps    steps
	// holds remembers, per cond, the alias it was last decided for and the
	// outcome. A condition is decided once, where it is stated: what its block
	// sets later must not change it.
	holds []decision
}

// span is a run of sections, to not included.
type span struct{ from, to int }

type decision struct {
	alias int // number of the alias, from 1
	holds bool
}

func newResolver(w *walk) *resolver {
	r := &resolver{opts: w.opts, sections: w.sections, byName: map[string][]span{}, holds: make([]decision, w.conds)}
	for i := 0; i < len(w.sections); {
		fixed := w.sections[i].fixed()
		if fixed == nil {
			r.always = append(r.always, i)
			i++
			continue
		}
		run := span{from: i, to: i + 1}
		for run.to < len(w.sections) && w.sections[run.to].fixed() == fixed {
			run.to++
		}
		for _, name := range fixed.names {
			r.byName[name] = append(r.byName[name], run)
		}
		i = run.to
	}
	return r
}

// fixed is the outermost condition that only the aliases it names can meet.
func (s section) fixed() *cond {
	for _, c := range s.conds {
		if c.fixed {
			return c
		}
	}
	return nil
}

// candidates are the sections that could apply to the alias, in order.
func (r *resolver) candidates(alias string) iter.Seq[*section] {
	return func(yield func(*section) bool) {
		always := r.always
		for _, run := range append(slices.Clip(r.byName[alias]), span{from: len(r.sections), to: len(r.sections)}) {
			for len(always) > 0 && always[0] < run.from {
				if !yield(&r.sections[always[0]]) {
					return
				}
				always = always[1:]
			}
			for i := run.from; i < run.to; i++ {
				if !yield(&r.sections[i]) {
					return
				}
			}
		}
	}
}

// resolve evaluates one alias; number tells it from the others, from 1.
func (r *resolver) resolve(alias string, number int) values {
	var v values
	for s := range r.candidates(alias) {
		r.steps += 8 // a look at a section costs as much as some characters
		if r.steps.spent() {
			break
		}
		if r.applies(s, alias, number, &v) {
			v.take(s, alias)
		}
	}
	if r.steps.spent() {
		v.bad = tooWild
	}
	return v
}

func (r *resolver) applies(s *section, alias string, number int, v *values) bool {
	for _, c := range s.conds {
		d := &r.holds[c.id]
		if d.alias != number {
			*d = decision{alias: number, holds: r.decide(c, alias, v)}
		}
		if !d.holds {
			return false
		}
	}
	return true
}

func (r *resolver) decide(c *cond, alias string, v *values) bool {
	found, listed := c.literals[alias]
	if listed && !found {
		return false
	}
	for _, p := range c.globs {
		if (p.negated || !found) && r.steps.matches(alias, p.text) {
			if p.negated {
				return false
			}
			found = true
		}
	}
	for _, m := range c.criteria {
		if found && r.meets(m, alias, v) == m.negated {
			return false
		}
	}
	return found
}

// meets compares hosts without regard to case and users with it, as OpenSSH.
func (r *resolver) meets(m criterion, alias string, v *values) bool {
	switch m.attribute {
	case "host":
		host, err := v.expand(alias)
		if err != nil {
			return false // the alias is unreadable anyhow
		}
		return r.steps.matchesList(strings.ToLower(host), strings.ToLower(m.list))
	case "originalhost":
		return r.steps.matchesList(strings.ToLower(alias), strings.ToLower(m.list))
	case "user":
		return r.steps.matchesList(v.login(r.opts), m.list)
	case "localuser":
		return r.steps.matchesList(r.opts.LoginUser, m.list)
	}
	return m.attribute == "all"
}

func (v *values) login(opts Options) string {
	if v.user != "" {
		return v.user
	}
	return opts.LoginUser
}

// expand gives the host name with %h and %% expanded; ssh knows no other there.
func (v *values) expand(alias string) (string, error) {
	if v.hostname == "" {
		return alias, nil
	}
	var text strings.Builder
	for i := 0; i < len(v.hostname); i++ {
		c := v.hostname[i]
		if c != '%' {
			text.WriteByte(c)
			continue
		}
		i++
		switch {
		case i < len(v.hostname) && v.hostname[i] == 'h':
			text.WriteString(alias)
		case i < len(v.hostname) && v.hostname[i] == '%':
			text.WriteByte('%')
		default:
			return "", fmt.Errorf("HostName %s: only %%h and %%%% can be expanded", brief(v.hostname))
		}
	}
	return text.String(), nil
}

// take adds the settings of a section that applies.
func (v *values) take(s *section, alias string) {
	names := false
	if len(s.conds) > 0 {
		names = s.conds[len(s.conds)-1].literals[alias]
	}
	v.named = v.named || names && s.begins
	for _, set := range s.settings {
		switch set.keyword {
		case kwHostName:
			first(&v.hostname, set.value)
		case kwUser:
			first(&v.user, set.value)
		case kwPort:
			first(&v.sshPort, parsePort(set.value))
		case kwProxyJump, kwProxyCommand:
			first(&v.proxy, set)
		case kwBad:
			first(&v.bad, place(s.file, set.line)+": "+set.value)
		case kwMark:
			v.mark(set.value, names)
		}
	}
}

// mark takes an option of a `# rbee:` comment. Only a block naming the alias
// marks it: the hive port of a `Host *` must not open every public address.
func (v *values) mark(option string, names bool) {
	v.marked = v.marked || names
	v.ignore = v.ignore || option == markIgnore
	if value, found := strings.CutPrefix(option, markPort); found {
		port, _ := strconv.Atoi(value)
		first(&v.hivePort, port)
	}
}

func first[T comparable](value *T, next T) {
	var unset T
	if *value == unset {
		*value = next
	}
}
