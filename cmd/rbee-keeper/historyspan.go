package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"rbee/cmd/internal/cli"
	"rbee/internal/wire"
)

// historySpan is which time of the history is asked for, as typed.
type historySpan struct{ since, from, to, step string }

// usualSpan is shown when only a step is given.
const usualSpan = "6h"

func (s historySpan) given() bool { return s != historySpan{} }

// read returns the span as the queen reads it: from is set, since is not. What
// only she can judge, such as a step too fine for the span, is left to her.
func (s historySpan) read() (historySpan, error) {
	asked := historySpan{step: wire.StepAuto}
	if s.step != "" && s.step != wire.StepAuto {
		d, err := parseSpan(s.step)
		if err != nil {
			return asked, cli.Usagef("--step: %w, or auto", err)
		}
		asked.step = exactSpan(d)
	}
	var err error
	if s.to != "" {
		if asked.to, err = parsePoint(s.to); err != nil {
			return asked, cli.Usagef("--to: %w", err)
		}
	}
	switch {
	case s.since != "" && s.from != "":
		return asked, cli.Usagef("--since and --from both say where to begin: use one of them")
	case s.from != "":
		if asked.from, err = parsePoint(s.from); err != nil {
			return asked, cli.Usagef("--from: %w", err)
		}
		return asked, nil
	case s.since == "" && s.to != "":
		return asked, cli.Usagef("--to needs a beginning: use --from or --since too")
	case s.since == "":
		s.since = usualSpan
	}
	d, err := parseSpan(s.since)
	if err != nil {
		return asked, cli.Usagef("--since: %w", err)
	}
	asked.from = "-" + exactSpan(d)
	return asked, nil
}

// parsePoint reads a point in time and writes it as the queen reads it.
func parsePoint(text string) (string, error) {
	if ago, found := strings.CutPrefix(text, "-"); found {
		if d, err := parseSpan(ago); err == nil {
			return "-" + exactSpan(d), nil
		}
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC().Format(time.RFC3339Nano), nil
	}
	return "", fmt.Errorf("%q is not a time: expected for example 2025-10-30T22:00:00Z, or -6h for six hours ago", text)
}

// parseSpan reads a time span of more than nothing; beyond time.ParseDuration
// it knows days and weeks.
func parseSpan(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, found := strings.CutSuffix(text, unit); found {
			var n uint64
			if n, err = strconv.ParseUint(number, 10, 16); err == nil {
				d = time.Duration(min(n, 10_000)) * length // the longest that fits is 292 years
			}
		}
	}
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a time span: expected for example 90m, 6h or 7d", text)
	}
	return d, nil
}
