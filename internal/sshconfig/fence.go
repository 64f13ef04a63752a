package sshconfig

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Keywords of the safe text. Those with a dash are ours: no keyword of the
// user's file passes the fence under such a name.
const (
	kwHostName     = "hostname"
	kwUser         = "user"
	kwPort         = "port"
	kwProxyJump    = "proxyjump"
	kwProxyCommand = "proxycommand"
	kwInclude      = "x-include" // the library would open the file itself
	kwMatch        = "x-match"   // one criterion, "attribute list"; the library reads only some
	kwMark         = "x-rbee"    // one option of a `# rbee:` comment, or "mark"
	kwBad          = "x-bad"     // why the block cannot be read
)

// never is the Host line of a block that applies to nothing: OpenSSH lets a
// negated pattern alone match no host.
const never = "!*"

// fence rewrites one file as text the library reads rightly. Each line ends in
// a comment with the number of the line it came from, since the library gives
// no position for Host lines.
type fence struct {
	file     string
	limits   *limits
	warnings *warnings
	out      bytes.Buffer
	bad      bool // the block has its kwBad already; one is enough
}

// limits counts what all files together bring.
type limits struct {
	aliases   map[string]bool
	full      bool // an alias had to go, and the warning is out
	patterns  int
	exhausted string // why nothing read can be trusted any more; empty while it can
}

func (f *fence) run(data []byte) []byte {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	number := 0
	for line := range bytes.Lines(data) {
		if f.limits.exhausted != "" {
			break
		}
		number++
		f.line(number, string(line))
	}
	return f.out.Bytes()
}

func (f *fence) line(n int, line string) {
	line = strings.TrimRight(line, " \t\r\n\f")
	line = strings.TrimLeft(line, " \t\r")
	if strings.IndexByte(line, 0) >= 0 {
		f.fail(n, "NUL byte; save the file as plain UTF-8 text")
		return
	}
	if line == "" {
		return
	}
	if comment, found := strings.CutPrefix(line, "#"); found {
		f.comment(n, comment)
		return
	}
	keyword, rest := splitKeyword(line)
	args, comment, closed := splitArgs(rest)
	switch keyword {
	case "host":
		f.host(n, rest, args, closed)
	case "match":
		f.match(n, args, closed)
	default:
		f.setting(n, keyword, rest, args, closed)
	}
	// The commands run to the end of their line: a `#` in one is a shell's.
	if keyword != kwProxyCommand {
		f.comment(n, comment)
	}
}

func (f *fence) setting(n int, keyword, rest string, args []string, closed bool) {
	switch {
	case rest == "":
		f.fail(n, "no argument after %s", brief(keyword))
		return
	case !closed:
		f.fail(n, "a quote is not closed")
		return
	}
	switch keyword {
	case kwHostName, kwUser:
		f.single(n, keyword, args)
	case kwPort:
		if f.single(n, keyword, args) && parsePort(args[0]) == 0 {
			f.fail(n, "bad port %s; use 1 to 65535", brief(args[0]))
		}
	case kwProxyJump:
		hops, _, _ := strings.Cut(rest, "#")
		if hops = strings.TrimSpace(hops); hops == "" {
			f.fail(n, "ProxyJump names no host")
			return
		}
		f.write(n, keyword, hops[:min(len(hops), maxValueBytes)])
	case kwProxyCommand:
		// The command itself is nobody's business: it may hold secrets.
		f.write(n, keyword, map[bool]string{true: "none", false: "set"}[strings.EqualFold(rest, "none")])
	case "include":
		f.include(n, args)
	}
}

// single writes a setting that takes exactly one word.
func (f *fence) single(n int, keyword string, args []string) bool {
	switch {
	case len(args) == 0 || args[0] == "":
		f.fail(n, "no argument after %s", brief(keyword))
	case len(args) > 1:
		f.fail(n, "more than one argument after %s: %s", brief(keyword), brief(args[1]))
	case len(args[0]) > maxValueBytes:
		f.fail(n, "the value of %s is longer than %d bytes", brief(keyword), maxValueBytes)
	default:
		f.write(n, keyword, args[0])
		return true
	}
	return false
}

func (f *fence) include(n int, args []string) {
	for _, path := range args {
		if path == "" || len(path) > 4*maxValueBytes {
			f.fail(n, "Include of %s: no usable path", brief(path))
			continue
		}
		f.write(n, kwInclude, path)
	}
}

// host begins a Host block. Of a line that cannot be read the words are still
// taken, so that its aliases are reported as unreadable and not lost.
func (f *fence) host(n int, rest string, args []string, closed bool) {
	f.bad = false
	problem := ""
	switch {
	case !closed:
		problem = "a quote is not closed"
		args = strings.Fields(strings.NewReplacer(`"`, " ", `'`, " ").Replace(rest))
	case rest == "":
		problem = "Host without a pattern"
	case slices.Contains(args, ""):
		problem = "Host with an empty pattern"
		args = slices.DeleteFunc(args, func(word string) bool { return word == "" })
	}
	f.header(n, f.admit(n, args))
	if problem == "" {
		return
	}
	if len(args) == 0 {
		f.warnings.addf(place(f.file, n), "%s: the block is passed over", problem)
		return
	}
	f.fail(n, "%s", problem)
}

// admit bounds the patterns. An alias beyond the limit can go, because no other
// alias depends on it; any other pattern too many could hide a ProxyJump or an
// ignore from hosts already read, so then nothing is trusted.
func (f *fence) admit(n int, words []string) []string {
	var kept []string
	for _, word := range words {
		p := newPattern(word)
		if p.alias() && !f.limits.aliases[p.text] {
			if len(f.limits.aliases) >= maxHosts {
				if !f.limits.full {
					f.warnings.addf(place(f.file, n), "more than %d hosts in all: %s and later ones are passed over", maxHosts, brief(word))
				}
				f.limits.full = true
				continue
			}
			f.limits.aliases[p.text] = true
		}
		if len(word) > maxValueBytes {
			f.exhaust(n, "a Host pattern is longer than %d bytes", maxValueBytes)
			return nil
		}
		kept = append(kept, word)
	}
	return kept
}

// exhaust ends the reading of all files. What was read stays unreadable: what
// comes after could have said that a host is not to be probed.
func (f *fence) exhaust(n int, format string, args ...any) {
	problem := fmt.Sprintf(format, args...)
	f.limits.exhausted = place(f.file, n) + ": " + problem
	f.warnings.urgentf(place(f.file, n), "%s: shorten the file; until then no host is probed", problem)
}

// header writes a Host line in pieces, as the library's time grows with the
// square of a line's length. A `+` says that the next piece goes on.
func (f *fence) header(n int, words []string) {
	const piece = 16
	if len(words) == 0 {
		words = []string{never}
	}
	if f.limits.patterns += len(words); f.limits.patterns > maxPatterns {
		f.exhaust(n, "more than %d patterns of Host and Match in all", maxPatterns)
		return
	}
	for chunk := range slices.Chunk(words, piece) {
		f.out.WriteString("Host")
		for _, word := range chunk {
			f.out.WriteByte(' ')
			f.out.WriteString(escape(word))
		}
		f.out.WriteString(" #" + strconv.Itoa(n) + "+\n")
	}
	f.out.Truncate(f.out.Len() - len("+\n"))
	f.out.WriteByte('\n')
}

// match begins a Match block, as a Host block for everything that its first
// settings narrow, or for nothing when it has to be cut.
func (f *fence) match(n int, args []string, closed bool) {
	f.bad = false
	criteria, problem := splitCriteria(args)
	if !closed {
		problem = "a quote is not closed"
	}
	if problem != "" {
		f.header(n, nil)
		f.warnings.addf(place(f.file, n), "Match block passed over: %s", problem)
		return
	}
	f.header(n, []string{"*"})
	for _, c := range criteria {
		f.write(n, kwMatch, c)
	}
}

// fail marks the block at hand as unreadable.
func (f *fence) fail(n int, format string, args ...any) {
	if !f.bad {
		f.bad = true
		f.write(n, kwBad, fmt.Sprintf(format, args...))
	}
}

func (f *fence) write(n int, keyword, value string) {
	f.out.WriteString(keyword + " " + escape(value) + " #" + strconv.Itoa(n) + "\n")
}

// escape writes as %XX what the library would misread: spaces, controls,
// quotes, `#`, a leading `=`, and every byte beyond ASCII, which it would turn
// into runes and, where it is no UTF-8, lose.
func escape(s string) string {
	var text strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`#"%=`, c) >= 0 {
			fmt.Fprintf(&text, "%%%02X", c)
		} else {
			text.WriteByte(c)
		}
	}
	return text.String()
}

// parsePort reads a port as OpenSSH does, 0 when it is none. Of service names
// only ssh is known: the services file is not ours to read.
func parsePort(s string) int {
	if s == "ssh" {
		return 22
	}
	port, err := strconv.ParseUint(strings.TrimPrefix(s, "+"), 10, 16)
	if err != nil {
		return 0
	}
	return int(port)
}
