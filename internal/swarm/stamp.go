package swarm

import "time"

// stampLayout is RFC 3339 in UTC with milliseconds: the same width for every
// year of four digits, and the form in which the state file shows times.
const stampLayout = "2006-01-02T15:04:05.000Z"

const stampLen = len(stampLayout)

// stamp writes times of a slowly advancing clock: what is above a second is
// formatted once a second.
type stamp struct {
	second int64 // of text
	text   [stampLen]byte
}

// put writes the time, in milliseconds since 1970, over the stampLen bytes of dst.
func (s *stamp) put(dst []byte, unixMS int64) {
	second, ms := unixMS/1000, unixMS%1000
	if second != s.second || s.text[0] == 0 {
		s.second = second
		var wide [64]byte // nanoseconds stand there for a moment
		copy(s.text[:], time.Unix(second, 0).UTC().AppendFormat(wide[:0], stampLayout))
	}
	copy(dst[:stampLen], s.text[:])
	putDigits(dst[stampLen-4:stampLen-1], uint64(ms))
}

// putDigits fills dst with the last decimal digits of v, zeros first.
func putDigits(dst []byte, v uint64) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = byte('0' + v%10)
		v /= 10
	}
}

// putHex fills dst with the last hexadecimal digits of v, zeros first.
func putHex(dst []byte, v uint64) {
	const digits = "0123456789abcdef"
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = digits[v&15]
		v >>= 4
	}
}

// clock counts nanoseconds from the start of the swarm; one look at it serves
// for deadlines and for what heartbeats say.
type clock struct {
	base   time.Time
	unixNS int64 // of base
}

func newClock() clock {
	now := time.Now()
	return clock{base: now, unixNS: now.UnixNano()}
}

func (c *clock) now() int64 { return int64(time.Since(c.base)) }

func (c *clock) unixMS(now int64) int64 { return (c.unixNS + now) / int64(time.Millisecond) }
