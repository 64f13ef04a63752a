package wire

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// maxID is the longest id.
const maxID = 63

// IDPattern is the grammar of hive ids as a regular expression.
const IDPattern = `^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`

// ValidateID reports why id cannot name a hive. The grammar is that of a host
// name with underscores: 1 to 63 letters, digits, '.', '_' or '-', the first
// and the last a letter or digit.
func ValidateID(id string) error {
	if isID(id) {
		return nil
	}
	return fmt.Errorf("hive id %q is not valid: use 1 to 63 letters, digits, '.', '_' or '-', "+
		"beginning and ending with a letter or digit", clip(id))
}

func isID(id string) bool {
	if id == "" || len(id) > maxID || !alphanumeric(id[0]) || !alphanumeric(id[len(id)-1]) {
		return false
	}
	for i := range len(id) {
		if c := id[i]; !alphanumeric(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9')
}

// ValidateText reports why s cannot stand as the free text called field: it is
// longer than MaxText bytes, not UTF-8, or holds control or text-direction
// characters that would falsify a log line or a table.
func ValidateText(field, s string) error {
	switch {
	case len(s) <= MaxText && plain(s):
		return nil
	case len(s) > MaxText:
		return fmt.Errorf("%s has %d bytes: at most %d are allowed", field, len(s), MaxText)
	case !utf8.ValidString(s):
		return fmt.Errorf("%s %q is not valid UTF-8", field, clip(s))
	}
	for _, r := range s {
		if !printable(r) {
			return fmt.Errorf("%s %q holds the character %U, which is not printable: remove it", field, clip(s), r)
		}
	}
	return nil
}

// plain tells whether s is printable ASCII, as nearly every text is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Printable returns s with every character that ValidateText refuses replaced
// by U+FFFD, cut to MaxText bytes.
func Printable(s string) string {
	out := make([]rune, 0, len(s))
	size := 0
	for _, r := range s {
		if !printable(r) {
			r = utf8.RuneError
		}
		if size += utf8.RuneLen(r); size > MaxText {
			break
		}
		out = append(out, r)
	}
	return string(out)
}

func printable(r rune) bool {
	return r == ' ' || (unicode.IsGraphic(r) && !unicode.Is(unicode.Zl, r) && !unicode.Is(unicode.Zp, r))
}

// clip shortens a refused value so that an error stays one readable line.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
