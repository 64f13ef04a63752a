package main

import (
	"rbee/internal/wire"
)

// Styles of a terminal, for tables and top alike. Without them everything can be
// read all the same.
const (
	bold, reverse, grey, red, green, yellow = "1", "7", "90", "31", "32", "33"
)

// styled is text in a style, "" for none.
func styled(style, text string) string {
	if style == "" || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// sheet is what an answer is drawn on: columns of a terminal, 0 for no limit,
// and whether it shows styles.
type sheet struct {
	width  int
	styles bool
}

// sheet is that of stdout: a terminal shows styles, unless the user or its kind
// says no (https://no-color.org).
func (k *keeper) sheet() sheet {
	width, _, ok := k.screen()
	if !ok {
		return sheet{}
	}
	return sheet{width: width, styles: k.Getenv("NO_COLOR") == "" && !k.dumb() && k.Getenv("TERM") != ""}
}

// dumb says whether the terminal understands nothing.
func (k *keeper) dumb() bool { return k.Getenv("TERM") == "dumb" }

// wordStyles are the styles of words that judge: of hives, probes, jobs and
// findings. What is planned or not known yet is grey, what has none is as it
// should be or under way.
var wordStyles = map[string]string{
	string(wire.StatusHealthy):     green,
	string(wire.StatusDegraded):    yellow,
	string(wire.StatusDown):        red,
	string(wire.StatusUnconfirmed): grey,
	string(wire.StatusStopped):     grey,
	string(wire.HealthUnhealthy):   red,

	string(wire.OutcomeRegistered): green,
	string(wire.OutcomeFailed):     red, // as is wire.JobFailed
	string(wire.OutcomeSkipped):    grey,

	string(wire.JobCompleted): green,
	string(wire.JobCancelled): grey,

	string(wire.FindingOK):      green,
	string(wire.FindingWarning): yellow,
	string(wire.FindingError):   red,

	string(wire.EventHiveDown):           red,
	string(wire.EventIDConflict):         red,
	string(wire.EventQueenCrashed):       red,
	string(wire.EventStateDamaged):       red,
	string(wire.EventStateBackupFailed):  red,
	string(wire.EventHiveDegraded):       yellow,
	string(wire.EventHiveRecovered):      green,
	string(wire.EventHiveRegistered):     green,
	string(wire.EventHiveStopped):        grey,
	string(wire.EventDiscoveryCompleted): grey,
}

// byWord is the style of a column whose cells judge.
func byWord(column int) func(row []string) string {
	return func(row []string) string { return wordStyles[row[column]] }
}
