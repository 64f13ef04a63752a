package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"rbee/internal/wire"
)

// unlimited is the word for a bound that is none; forever, for a time.
const (
	unlimited = "unlimited"
	forever   = "forever"
)

// KeepVar adds a flag for how much of something is kept: a time, a size, or
// both with a comma between them. What is left out keeps its default; zero is
// written "unlimited".
func KeepVar(flags *pflag.FlagSet, age *time.Duration, bytes *int64, name, def, usage string) {
	k := &keep{age: age, bytes: bytes}
	if err := k.Set(def); err != nil {
		panic("default of --" + name + ": " + err.Error())
	}
	flags.Var(k, name, usage)
}

type keep struct {
	age   *time.Duration
	bytes *int64
}

// Set reads 24h,1GiB.
func (k *keep) Set(text string) error {
	first, second, both := strings.Cut(text, ",")
	first = strings.TrimSpace(first)
	if first == unlimited && !both {
		*k.age, *k.bytes = 0, 0
		return nil
	}
	age, ageErr := parseAge(first)
	if ageErr == nil && !both {
		*k.age = age
		return nil
	}
	size := first
	if both {
		size = second
	}
	bytes, err := parseSize(strings.TrimSpace(size))
	if err != nil || (both && ageErr != nil) {
		return fmt.Errorf("%q is not an age and a size: expected for example 24h,1GiB, 30d, 512MiB or %s", text, unlimited)
	}
	if both {
		*k.age = age
	}
	*k.bytes = bytes
	return nil
}

// String writes both as Set reads them.
func (k *keep) String() string {
	if k.age == nil {
		return ""
	}
	return showAge(*k.age, unlimited) + "," + showSize(*k.bytes)
}

// Type is the word for the value in --help.
func (k *keep) Type() string { return "AGE,SIZE" }

// AgeVar adds a flag for how long something is kept; zero is written "forever".
func AgeVar(flags *pflag.FlagSet, target *time.Duration, name, usage string) {
	parse := func(text string) (time.Duration, error) {
		if text == forever {
			return 0, nil
		}
		age, err := parseAge(text)
		if err != nil {
			return 0, fmt.Errorf("%q is not an age: expected for example 24h, 30d, 2y or %s", text, forever)
		}
		return age, nil
	}
	show := func(d time.Duration) string { return showAge(d, forever) }
	add(flags, &value[time.Duration]{target, "AGE", parse, show}, name, 0, usage)
}

func parseAge(text string) (time.Duration, error) {
	if text == unlimited {
		return 0, nil
	}
	d, err := wire.ParseDuration(text)
	if err == nil && d <= 0 {
		err = fmt.Errorf("%q is no time", text)
	}
	return d, err
}

func showAge(d time.Duration, none string) string {
	switch {
	case d == 0:
		return none
	case d%wire.Year == 0:
		return strconv.FormatInt(int64(d/wire.Year), 10) + "y"
	case d%wire.Day == 0 && d > wire.Day:
		return strconv.FormatInt(int64(d/wire.Day), 10) + "d"
	default:
		return showDuration(d)
	}
}

// leastSize is the smallest bound that leaves room for what is being written.
const leastSize = 1 << 20

func parseSize(text string) (int64, error) {
	if text == unlimited {
		return 0, nil
	}
	bytes, err := humanize.ParseBytes(text)
	if err == nil && (bytes < leastSize || bytes > 1<<60) {
		err = fmt.Errorf("%q is not between 1MiB and 1EiB", text)
	}
	return int64(bytes), err
}

// showSize writes a size in the largest unit of which it is a whole number.
func showSize(bytes int64) string {
	if bytes == 0 {
		return unlimited
	}
	units := []string{"", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	for ; bytes%1024 == 0 && len(units) > 1; bytes /= 1024 {
		units = units[1:]
	}
	return strconv.FormatInt(bytes, 10) + units[0]
}
