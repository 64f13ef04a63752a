package cli

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os/user"
	"strings"
	"testing"
	"time"
)

func TestLogging(t *testing.T) {
	berlin := time.FixedZone("berlin", 2*3600)
	write := func(l Logging) string {
		var out bytes.Buffer
		handler := l.New(&out).Handler()
		for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
			if !handler.Enabled(t.Context(), level) {
				continue
			}
			r := slog.NewRecord(time.Date(2025, 10, 31, 0, 0, 0, 123_456_789, berlin), level, "hive ready", 0)
			r.AddAttrs(slog.Group("group", slog.String("time", "x")))
			if err := handler.Handle(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		return out.String()
	}
	text := write(Logging{Format: "text", Level: "warn"})
	if !strings.HasPrefix(text, `time=2025-10-30T22:00:00.123Z level=WARN msg="hive ready" group.time=x`) {
		t.Errorf("text: got %q", text)
	}
	for level, want := range map[string]int{"debug": 4, "info": 3, "warn": 2, "error": 1} {
		if got := strings.Count(write(Logging{Format: "text", Level: level}), "\n"); got != want {
			t.Errorf("level %s: got %d lines, want %d", level, got, want)
		}
	}
	var line struct {
		Time  string
		Level string
		Msg   string
	}
	raw := write(Logging{Format: "json", Level: "error"})
	if err := json.Unmarshal([]byte(raw), &line); err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	if line.Time != "2025-10-30T22:00:00.123Z" || line.Level != "ERROR" || line.Msg != "hive ready" {
		t.Errorf("json: got %+v", line)
	}
}

func TestPaths(t *testing.T) {
	process := func(env map[string]string) Process {
		return Process{LookupEnv: func(name string) (string, bool) { value, set := env[name]; return value, set }}
	}
	tests := []struct {
		name       string
		env        map[string]string
		state, ssh string // errors begin with '!'
	}{
		{"XDG", map[string]string{"XDG_STATE_HOME": "/x", "HOME": "/h"}, "/x/rbee/queen.db", "/h/.ssh/config"},
		{"HOME", map[string]string{"HOME": "/h"}, "/h/.local/state/rbee/queen.db", "/h/.ssh/config"},
		{"a relative XDG is ignored", map[string]string{"XDG_STATE_HOME": "x", "HOME": "/h"}, "/h/.local/state/rbee/queen.db", "/h/.ssh/config"},
		{"neither", nil, "!set --state FILE", "!set --ssh-config FILE"},
		{"a relative HOME", map[string]string{"HOME": "h"}, "!set --state FILE", "!set --ssh-config FILE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := process(tt.env)
			check := func(what, got string, err error, want string) {
				t.Helper()
				if remedy, fails := strings.CutPrefix(want, "!"); fails {
					if err == nil || !strings.HasSuffix(err.Error(), remedy) || ExitCode(err) != ExitUsage {
						t.Errorf("%s: got %q, %v, want an error of usage that ends in %q", what, got, err, remedy)
					}
				} else if got != want || err != nil {
					t.Errorf("%s: got %q, %v, want %q", what, got, err, want)
				}
			}
			got, err := p.StatePath("queen.db", "--state FILE")
			check("state", got, err, tt.state)
			got, err = p.SSHConfigPath()
			check("ssh config", got, err, tt.ssh)
		})
	}
	if u, err := user.Current(); err == nil {
		if got := process(map[string]string{"USER": "other"}).LoginUser(); got != u.Username {
			t.Errorf("login user: got %q, want %q", got, u.Username)
		}
	}
}

func TestPrintable(t *testing.T) {
	long := strings.Repeat("ü", 1000)
	for in, want := range map[string]string{
		"plain ü 名 🐝":          "plain ü 名 🐝",
		"\x1b[2J\tx\n\x7f":     "\uFFFD[2J\uFFFDx\uFFFD\uFFFD",
		"\u009b31m\u202eevil":  "\uFFFD31m\uFFFDevil",
		"bad \xff byte\u2028.": "bad \uFFFD byte\uFFFD.",
		long:                   long,
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
