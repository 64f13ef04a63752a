package wire

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// appender appends JSON to b. What is out of the ordinary it leaves to
// encoding/json; err is the first error of that.
type appender struct {
	b   []byte
	err error
}

// list appends a list; a nil one is null.
func list[T any](a *appender, elements []T, element func(*T)) {
	if elements == nil {
		a.name("null")
		return
	}
	a.name("[")
	for i := range elements {
		if i > 0 {
			a.name(",")
		}
		element(&elements[i])
	}
	a.name("]")
}

// name appends what stands before a value.
func (a *appender) name(text string) *appender {
	a.b = append(a.b, text...)
	return a
}

func (a *appender) int(v int64) { a.b = strconv.AppendInt(a.b, v, 10) }

func (a *appender) optional(v *int64) {
	if v == nil {
		a.name("null")
		return
	}
	a.int(*v)
}

func (a *appender) optionalFloat(v *float64) {
	if v == nil {
		a.name("null")
		return
	}
	a.float(*v)
}

func (a *appender) optionalText(s *string) {
	if s == nil {
		a.name("null")
		return
	}
	a.text(*s)
}

func (a *appender) stat(s *Stat) {
	if s == nil {
		a.name("null")
		return
	}
	a.name(`{"mean":`).float(s.Mean)
	a.name(`,"max":`).float(s.Max)
	a.name("}")
}

// float appends a number. Those of at most two decimals and fifteen digits, as
// most figures are, have but one way to be written so short.
func (a *appender) float(v float64) {
	const most = 1e15
	hundredths := math.Round(v * 100)
	switch size := math.Abs(v); {
	case hundredths/100 == v && size < most/100 && (hundredths != 0 || !math.Signbit(v)):
	case size >= 1e-6 && size < 1e21: // where encoding/json writes no exponent
		a.b = strconv.AppendFloat(a.b, v, 'f', -1, 64)
		return
	default:
		a.value(v)
		return
	}
	n := int64(hundredths)
	if n < 0 {
		a.b, n = append(a.b, '-'), -n
	}
	a.int(n / 100)
	if rest := n % 100; rest != 0 {
		a.b = append(a.b, '.', byte('0'+rest/10))
		if rest%10 != 0 {
			a.b = append(a.b, byte('0'+rest%10))
		}
	}
}

// time appends a time of UTC and of the years that have four digits.
func (a *appender) time(t time.Time) {
	if y := t.Year(); t.Location() != time.UTC || y < 0 || y > 9999 {
		a.value(t)
		return
	}
	a.b = append(a.b, '"')
	a.b = t.AppendFormat(a.b, time.RFC3339Nano)
	a.b = append(a.b, '"')
}

func (a *appender) text(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			a.value(s)
			return
		}
	}
	a.b = append(a.b, '"')
	a.b = append(a.b, s...)
	a.b = append(a.b, '"')
}

func (a *appender) value(v any) {
	b, err := appendValue(a.b, v)
	if a.b = b; a.err == nil {
		a.err = err
	}
}

// appendValue appends what encoding/json makes of a value.
func appendValue(b []byte, v any) ([]byte, error) {
	into := bytes.NewBuffer(b)
	enc := json.NewEncoder(into)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(into.Bytes(), []byte("\n")), err
}
