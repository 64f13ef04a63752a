package main

import (
	"strconv"

	"rbee/cmd/internal/cli"
	"rbee/internal/wire"
)

// lineView writes the hives once and then a line for each event, for pipes and
// logs.
type lineView struct {
	*keeper
	listed bool
	away   bool
}

func (v *lineView) begin() error { return nil }

func (v *lineView) end() error { return nil }

func (v *lineView) show(seen glance) error {
	if seen.away != nil {
		if !v.away {
			v.tell("%s", v.waiting(seen.away))
		}
		v.away = true
		return nil
	}
	if v.away {
		v.tell("the queen at %s answers", v.queen)
		v.away = false
	}
	text := ""
	if !v.listed {
		v.listed = true
		if len(seen.hives) == 0 {
			v.tell(noHives)
		} else {
			text = hivesTable(seen.at, seen.hives).String()
		}
	}
	for i := range seen.fresh {
		text += eventLine(&seen.fresh[i])
	}
	if text == "" {
		return nil
	}
	return v.write(text)
}

// eventLine is one event for a log: time, id, kind, hive, detail.
func eventLine(e *wire.Event) string {
	line := utc(e.At) + " " + strconv.FormatInt(e.ID, 10) + " " + string(e.Kind)
	if e.HiveID != "" {
		line += " " + e.HiveID
	}
	if text := detail(e.Detail); text != "" {
		line += " " + text
	}
	return cli.Printable(line) + "\n"
}
