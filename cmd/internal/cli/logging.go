package cli

import (
	"io"
	"log/slog"

	"github.com/spf13/pflag"
)

// Logging is --log-format and --log-level.
type Logging struct {
	Format string // text or json
	Level  string // debug, info, warn or error
}

// Register adds the flags.
func (l *Logging) Register(flags *pflag.FlagSet) {
	ChoiceVar(flags, &l.Format, "log-format", "text", "`FORMAT` of the log on stderr", "text", "json")
	ChoiceVar(flags, &l.Level, "log-level", "info", "least `LEVEL` that is logged", "debug", "info", "warn", "error")
}

var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// New returns the logger the flags ask for. Its times are UTC, RFC 3339 with
// milliseconds.
func (l *Logging) New(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: levels[l.Level], ReplaceAttr: utcTime}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func utcTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
		a.Value = slog.StringValue(a.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z07:00"))
	}
	return a
}
