package wire

import (
	"strconv"
	"sync/atomic"
)

// scanner reads JSON as programs write it. What is out of the ordinary (an
// escape, a byte beyond ASCII, a name twice or unknown, a null where a value
// belongs) and what is no JSON make it odd: then nothing that was read counts,
// and a whole decoder has to judge.
type scanner struct {
	b   []byte
	at  int // of the next byte
	odd bool
}

// end tells whether all was read and ordinary.
func (s *scanner) end() bool { return s.next() == 0 && s.at == len(s.b) && !s.odd }

// next skips white space and looks at the byte after it; 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.b); s.at++ {
		switch c := s.b[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take skips white space and c, if it is there.
func (s *scanner) take(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) must(c byte) {
	if !s.take(c) {
		s.odd = true
	}
}

// unknown is what a reader of fields returns for a name that it does not know.
const unknown = -1

// object reads an object. For each name the field reads the value and returns
// the number of the field, at most 31.
func (s *scanner) object(field func(name []byte) int) {
	s.must('{')
	if s.take('}') {
		return
	}
	for seen := uint32(0); !s.odd; {
		name := s.raw()
		s.must(':')
		n := field(name)
		if n == unknown || seen&(1<<n) != 0 {
			s.odd = true
			return
		}
		seen |= 1 << n
		if !s.take(',') {
			s.must('}')
			return
		}
	}
}

// array calls element for each, which reads it.
func (s *scanner) array(element func()) {
	s.must('[')
	if s.take(']') {
		return
	}
	for !s.odd {
		element()
		if !s.take(',') {
			s.must(']')
			return
		}
	}
}

// null skips a null, if it is there.
func (s *scanner) null() bool {
	if s.next() != 'n' {
		return false
	}
	const null = "null"
	if len(s.b)-s.at < len(null) || string(s.b[s.at:s.at+len(null)]) != null {
		s.odd = true
		return true
	}
	s.at += len(null)
	return true
}

// raw reads a string; it is a part of what is read.
func (s *scanner) raw() []byte {
	s.must('"')
	for from := s.at; s.at < len(s.b); s.at++ {
		switch c := s.b[s.at]; {
		case c == '"':
			s.at++
			return s.b[from : s.at-1]
		case c < ' ' || c > '~' || c == '\\':
			s.odd = true
			return nil
		}
	}
	s.odd = true
	return nil
}

// text reads a string of which many are different.
func (s *scanner) text() string { return string(s.raw()) }

// word reads a string of which many are the same.
func (s *scanner) word() string {
	b := s.raw()
	if len(b) == 0 || len(b) > longestWord {
		return string(b)
	}
	sum := uint32(2166136261) // FNV-1a
	for _, c := range b {
		sum = (sum ^ uint32(c)) * 16777619
	}
	place := &words[sum%uint32(len(words))]
	if known := place.Load(); known != nil && *known == string(b) {
		return *known
	}
	made := string(b)
	place.Store(&made)
	return made
}

// words are strings that were read before, so that each is made once: the last
// that came to each place.
var words [512]atomic.Pointer[string]

const longestWord = 64

// int reads a whole number of at most eighteen digits.
func (s *scanner) int() int64 {
	const digits = 18
	minus := s.take('-')
	from, n := s.at, int64(0)
	for ; s.at < len(s.b) && isDigit(s.b[s.at]); s.at++ {
		n = n*10 + int64(s.b[s.at]-'0')
		if s.at-from >= digits {
			s.odd = true
			return 0
		}
	}
	s.odd = s.odd || !wellBegun(s.b[from:s.at])
	if minus {
		return -n
	}
	return n
}

// float reads a number.
func (s *scanner) float() float64 {
	s.next()
	from := s.at
	s.skip('-', '-')
	whole := s.digits()
	s.odd = s.odd || !wellBegun(whole)
	if s.skip('.', '.') {
		s.odd = s.odd || len(s.digits()) == 0
	}
	if s.skip('e', 'E') {
		s.skip('+', '-')
		s.odd = s.odd || len(s.digits()) == 0
	}
	v, err := strconv.ParseFloat(string(s.b[from:s.at]), 64)
	s.odd = s.odd || err != nil
	return v
}

// optional reads a whole number into v, and returns that; nil for null.
func (s *scanner) optional(v *int64) *int64 {
	if s.null() {
		return nil
	}
	*v = s.int()
	return v
}

// optionalFloat reads a number into v, and returns that; nil for null.
func (s *scanner) optionalFloat(v *float64) *float64 {
	if s.null() {
		return nil
	}
	*v = s.float()
	return v
}

// skip skips a or b, if it is there at once.
func (s *scanner) skip(a, b byte) bool {
	if s.at == len(s.b) || s.b[s.at] != a && s.b[s.at] != b {
		return false
	}
	s.at++
	return true
}

func (s *scanner) digits() []byte {
	from := s.at
	for s.at < len(s.b) && isDigit(s.b[s.at]) {
		s.at++
	}
	return s.b[from:s.at]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// wellBegun tells whether digits may begin a number: 0 stands alone.
func wellBegun(digits []byte) bool {
	return len(digits) == 1 || len(digits) > 1 && digits[0] != '0'
}
