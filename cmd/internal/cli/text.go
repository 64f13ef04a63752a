package cli

import (
	"strings"

	"rbee/internal/wire"
)

// Printable is wire.Printable without its bound: s with every character that
// could falsify a terminal replaced by U+FFFD.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !IsPrintable(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// IsPrintable says whether wire.Printable leaves r as it is.
func IsPrintable(r rune) bool {
	one := string(r)
	return wire.Printable(one) == one
}
