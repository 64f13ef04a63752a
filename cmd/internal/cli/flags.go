package cli

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"rbee/internal/wire"
)

// value is a flag's value that is read by parse, which says what it expects,
// and written by show.
type value[T any] struct {
	target *T
	kind   string // stands for the value in --help, unless the usage names another
	parse  func(string) (T, error)
	show   func(T) string
}

// Set is called with what the user gave.
func (v *value[T]) Set(text string) error {
	got, err := v.parse(text)
	if err != nil {
		return err
	}
	*v.target = got
	return nil
}

// String writes the value as Set reads it.
func (v *value[T]) String() string {
	if v.target == nil { // pflag asks a zero value
		return ""
	}
	return v.show(*v.target)
}

// Type is the word for the value in --help.
func (v *value[T]) Type() string { return v.kind }

func add[T any](flags *pflag.FlagSet, v *value[T], name string, def T, usage string) {
	*v.target = def
	flags.Var(v, name, usage)
}

// DurationVar adds a flag for a time span that is not negative: 5s, 5m, or 0.
func DurationVar(flags *pflag.FlagSet, target *time.Duration, name string, def time.Duration, usage string) {
	add(flags, &value[time.Duration]{target, "DURATION", parseDuration, showDuration}, name, def, usage)
}

// WindowVar adds a flag for a time span of nothing up to most.
func WindowVar(flags *pflag.FlagSet, target *time.Duration, name string, most time.Duration, usage string) {
	parse := func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 || d > most {
			return 0, fmt.Errorf("%q is not a time up to %s: expected for example 20ms or 0", text, showDuration(most))
		}
		return d, nil
	}
	add(flags, &value[time.Duration]{target, "DURATION", parse, showDuration}, name, 0, usage)
}

// TimeoutVar adds a flag for a time span of more than nothing.
func TimeoutVar(flags *pflag.FlagSet, target *time.Duration, name string, def time.Duration, usage string) {
	parse := func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			return 0, fmt.Errorf("%q is not a time to wait: expected for example 5s or 1m", text)
		}
		return d, nil
	}
	add(flags, &value[time.Duration]{target, "DURATION", parse, showDuration}, name, def, usage)
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a duration: expected for example 5s, 5m or 0", text)
	}
	return d, nil
}

// showDuration leaves out the zeros of time.Duration: 5m0s is 5m.
func showDuration(d time.Duration) string {
	text := d.String()
	if d == 0 {
		return "0"
	}
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// PortVar adds a flag for a port to dial.
func PortVar(flags *pflag.FlagSet, target *int, name string, def int, usage string) {
	numberVar(flags, target, name, def, usage, "PORT", "a port: expected 1..65535", func(n int) bool { return wire.ValidatePort(n) == nil })
}

// ListenPortVar adds a flag for a port to listen on; 0 picks a free one.
func ListenPortVar(flags *pflag.FlagSet, target *int, name string, def int, usage string) {
	numberVar(flags, target, name, def, usage, "PORT", "a port: expected 1..65535, or 0 for any free one",
		func(n int) bool { return n == 0 || wire.ValidatePort(n) == nil })
}

// PortRangeVar adds a flag for ports from one to another, as 9100-9199.
func PortRangeVar(flags *pflag.FlagSet, target *[2]int, name string, def [2]int, usage string) {
	parse := func(text string) (r [2]int, err error) {
		low, high, _ := strings.Cut(text, "-")
		from, err1 := strconv.Atoi(low)
		to, err2 := strconv.Atoi(high)
		if err1 != nil || err2 != nil || wire.ValidatePort(from) != nil || wire.ValidatePort(to) != nil || from > to {
			return r, fmt.Errorf("%q is not a range of ports: expected for example 9100-9199", text)
		}
		return [2]int{from, to}, nil
	}
	show := func(r [2]int) string { return fmt.Sprintf("%d-%d", r[0], r[1]) }
	add(flags, &value[[2]int]{target, "FROM-TO", parse, show}, name, def, usage)
}

// CountVar adds a flag for a number of things, at least one.
func CountVar(flags *pflag.FlagSet, target *int, name string, def int, usage string) {
	numberVar(flags, target, name, def, usage, "N", "a count: expected a whole number from 1", func(n int) bool { return n >= 1 })
}

func numberVar(flags *pflag.FlagSet, target *int, name string, def int, usage, kind, expected string, valid func(int) bool) {
	parse := func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || !valid(n) {
			return 0, fmt.Errorf("%q is not %s", text, expected)
		}
		return n, nil
	}
	add(flags, &value[int]{target, kind, parse, strconv.Itoa}, name, def, usage)
}

// URLVar adds a flag for a URL that wire.ParseURL accepts; the target gets its
// normal form.
func URLVar(flags *pflag.FlagSet, target *string, name, def, usage string) {
	show := func(s string) string { return s }
	add(flags, &value[string]{target, "URL", wire.ParseURL, show}, name, def, usage)
}

// ChoiceVar adds a flag for one of a few words.
func ChoiceVar(flags *pflag.FlagSet, target *string, name, def, usage string, choices ...string) {
	ChoiceVarP(flags, target, name, "", def, usage, choices...)
}

// ChoiceVarP is ChoiceVar with a one-letter form of the flag.
func ChoiceVarP(flags *pflag.FlagSet, target *string, name, letter, def, usage string, choices ...string) {
	parse := func(text string) (string, error) {
		if !slices.Contains(choices, text) {
			return "", fmt.Errorf("%q is not one of %s", text, strings.Join(choices, ", "))
		}
		return text, nil
	}
	*target = def
	flags.VarP(&value[string]{target, strings.Join(choices, "|"), parse, func(s string) string { return s }},
		name, letter, usage+": "+strings.Join(choices, ", "))
}

// list gathers the values of a flag that may be repeated.
type list struct{ target *[]string }

// ListVar adds a flag that may be repeated or hold several values between
// commas, the form its environment variable takes.
func ListVar(flags *pflag.FlagSet, target *[]string, name, usage string) {
	*target = []string{}
	flags.Var(&list{target}, name, usage)
}

// Set adds the values of one occurrence.
func (l *list) Set(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			return fmt.Errorf("%q has an empty value: expected names with commas between them", text)
		}
		*l.target = append(*l.target, part)
	}
	return nil
}

// String joins the values with commas.
func (l *list) String() string {
	if l.target == nil {
		return ""
	}
	return strings.Join(*l.target, ",")
}

// Type is the word for a value in --help.
func (l *list) Type() string { return "NAME" }

// BindVar adds a flag for the IP address a daemon listens on, loopback if not
// given.
func BindVar(flags *pflag.FlagSet, target *string, name, usage string) {
	parse := func(text string) (string, error) {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return "", fmt.Errorf("%q is not an IP address: expected for example 127.0.0.1, or 0.0.0.0 for all", text)
		}
		return addr.String(), nil
	}
	add(flags, &value[string]{target, "ADDRESS", parse, func(s string) string { return s }}, name, "127.0.0.1", usage)
}
