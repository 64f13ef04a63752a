package sshconfig

import "strings"

// splitKeyword cuts a line, already trimmed, into its keyword in lower case and
// the rest behind one optional `=`, as OpenSSH's strdelim does.
func splitKeyword(line string) (keyword, rest string) {
	const space = " \t\r"
	if quoted, found := strings.CutPrefix(line, `"`); found {
		keyword, rest, _ = strings.Cut(quoted, `"`)
	} else if end := strings.IndexAny(line, space+"="); end >= 0 {
		keyword, rest = line[:end], line[end:]
	} else {
		keyword = line
	}
	rest = strings.TrimLeft(rest, space)
	if after, found := strings.CutPrefix(rest, "="); found {
		rest = strings.TrimLeft(after, space)
	}
	return strings.ToLower(keyword), rest
}

// splitArgs cuts the rest of a line into words as OpenSSH's argv_split does:
// single and double quotes, a few backslash escapes, and a comment where a word
// would begin with `#`. It reports false when a quote is left open.
func splitArgs(s string) (args []string, comment string, ok bool) {
	for i := 0; i < len(s); {
		switch s[i] {
		case ' ', '\t':
			i++
			continue
		case '#':
			return args, s[i+1:], true
		}
		word, next, closed := splitWord(s, i)
		if !closed {
			return nil, "", false
		}
		args = append(args, word)
		i = next
	}
	return args, "", true
}

func splitWord(s string, i int) (word string, next int, closed bool) {
	var text []byte
	var quote byte
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s) && (strings.IndexByte(`'"\`, s[i+1]) >= 0 || quote == 0 && s[i+1] == ' '):
			i++
			text = append(text, s[i])
		case quote == 0 && (c == ' ' || c == '\t'):
			return string(text), i, true
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		default:
			text = append(text, c)
		}
	}
	return string(text), i, quote == 0
}
