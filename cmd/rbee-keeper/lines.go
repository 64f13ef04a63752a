package main

import (
	"strconv"

	"rbee/cmd/internal/cli"
	"rbee/internal/wire"
)

// lineView writes the hives once and then a line for each event, for pipes and
// logs, and for those who want the events alone.
type lineView struct {
	*keeper
	listed bool
	away   bool
}

func (v *lineView) begin() error { return nil }

func (v *lineView) end() error { return nil }

func (v *lineView) show(seen snapshot) error {
	if seen.list == nil && v.away {
		v.tell("the queen at %s answers", v.queen)
		v.away = false
	}
	if seen.met && !v.listed {
		v.listed = true
		if len(seen.hives) == 0 {
			v.tell(noHives)
		} else if err := v.write(hivesTable(seen.now(), seen.hives).String()); err != nil {
			return err
		}
	}
	if err := v.writeEvents(seen.fresh); err != nil {
		return err
	}
	if seen.list != nil && !v.away {
		v.tell("%s", v.waiting(seen.list))
		v.away = true
	}
	return nil
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
