package cli

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"rbee/internal/wire"
)

// kept is what the flags of a keeping command came to.
type kept struct {
	RawAge, MinuteAge, HourAge, Events time.Duration
	RawSize, MinuteSize, HourSize      int64
}

// keeping is a command with the flags for how much is kept, as the queen has
// them.
func keeping(got *kept) *cobra.Command {
	var k kept
	cmd := &cobra.Command{Use: "probe-rbee", Short: "Try flags", RunE: func(*cobra.Command, []string) error { *got = k; return nil }}
	f := cmd.Flags()
	KeepVar(f, &k.RawAge, &k.RawSize, "history-raw", "24h,1GiB", "how much is kept of single heartbeats, whichever is less")
	KeepVar(f, &k.MinuteAge, &k.MinuteSize, "history-minute", "30d,512MiB", "of their sums by minute")
	KeepVar(f, &k.HourAge, &k.HourSize, "history-hour", "2y,256MiB", "of their sums by hour")
	AgeVar(f, &k.Events, "events-keep", "how long audit events are kept")
	return cmd
}

const mib, gib = 1 << 20, 1 << 30

func TestHowMuchIsKept(t *testing.T) {
	tests := []struct {
		args []string
		want func(*kept)
	}{
		{nil, func(*kept) {}},
		{[]string{"--history-raw=30d"}, func(k *kept) { k.RawAge = 30 * wire.Day }}, // the size stays
		{[]string{"--history-raw=512MiB"}, func(k *kept) { k.RawSize = 512 * mib }}, // the age stays
		{[]string{"--history-raw", "36h,2GiB"}, func(k *kept) { k.RawAge, k.RawSize = 36*time.Hour, 2*gib }},
		{[]string{"--history-raw= 1h30m , 1.5GiB "}, func(k *kept) { k.RawAge, k.RawSize = 90*time.Minute, 3*gib/2 }},
		{[]string{"--history-raw=1w,1GB"}, func(k *kept) { k.RawAge, k.RawSize = wire.Week, 1e9 }},
		{[]string{"--history-raw=2y,1MiB"}, func(k *kept) { k.RawAge, k.RawSize = 2*wire.Year, mib }},
		{[]string{"--history-raw=1s,1EiB"}, func(k *kept) { k.RawAge, k.RawSize = time.Second, 1<<60 }},
		{[]string{"--history-raw=500000000"}, func(k *kept) { k.RawSize = 5e8 }},
		{[]string{"--history-raw=unlimited"}, func(k *kept) { k.RawAge, k.RawSize = 0, 0 }},
		{[]string{"--history-raw= unlimited "}, func(k *kept) { k.RawAge, k.RawSize = 0, 0 }},
		{[]string{"--history-raw=unlimited,1GiB"}, func(k *kept) { k.RawAge, k.RawSize = 0, gib }},
		{[]string{"--history-raw=24h,unlimited"}, func(k *kept) { k.RawAge, k.RawSize = 24*time.Hour, 0 }},
		{[]string{"--history-raw=unlimited,unlimited"}, func(k *kept) { k.RawAge, k.RawSize = 0, 0 }},
		{[]string{"--history-raw=1d", "--history-raw=2GiB"}, func(k *kept) { k.RawAge, k.RawSize = wire.Day, 2*gib }},
		{[]string{"--history-minute=90d", "--history-hour=unlimited"}, func(k *kept) { k.MinuteAge, k.HourAge, k.HourSize = 90*wire.Day, 0, 0 }},
		{[]string{"--events-keep=2y"}, func(k *kept) { k.Events = 2 * wire.Year }},
		{[]string{"--events-keep=forever"}, func(*kept) {}},
		{[]string{"--events-keep=90d", "--events-keep=forever"}, func(*kept) {}},
	}
	for _, tt := range tests {
		var fromArgs, fromEnv kept
		env := map[string]string{}
		for _, arg := range tt.args {
			name, value, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
			if value != "" {
				env["RBEE_PROBE_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))] = value
			}
		}
		if r := execute(t, keeping(&fromArgs), nil, tt.args...); r != (ran{}) {
			t.Errorf("%q: got %+v, want silence and exit 0", tt.args, r)
		}
		want := kept{
			RawAge: 24 * time.Hour, RawSize: gib, MinuteAge: 30 * wire.Day, MinuteSize: 512 * mib,
			HourAge: 2 * wire.Year, HourSize: 256 * mib,
		}
		tt.want(&want)
		if diff := cmp.Diff(want, fromArgs); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.args, diff)
		}
		if len(env) != len(tt.args) {
			continue // a flag given twice, or its value in the next argument
		}
		if r := execute(t, keeping(&fromEnv), env); r != (ran{}) {
			t.Errorf("%q: got %+v, want silence and exit 0", env, r)
		}
		if diff := cmp.Diff(want, fromEnv); diff != "" {
			t.Errorf("%q (-want +got):\n%s", env, diff)
		}
	}
}

// What cannot be kept so is refused with the value and what is expected, alike
// from the command line and the environment.
func TestBadValuesOfWhatIsKept(t *testing.T) {
	const (
		anAgeAndASize = " is not an age and a size: expected for example 24h,1GiB, 30d, 512MiB or unlimited"
		anAge         = " is not an age: expected for example 24h, 30d, 2y or forever"
	)
	for _, tt := range []struct{ flag, value, want string }{
		{"history-raw", "24", anAgeAndASize},
		{"history-raw", "0", anAgeAndASize},
		{"history-raw", "0s", anAgeAndASize},
		{"history-raw", "-24h", anAgeAndASize},
		{"history-raw", "-1GiB", anAgeAndASize},
		{"history-raw", "24h,", anAgeAndASize},
		{"history-raw", ",1GiB", anAgeAndASize},
		{"history-raw", ",", anAgeAndASize},
		{"history-raw", "1GiB,24h", anAgeAndASize},
		{"history-raw", "24h,48h", anAgeAndASize},
		{"history-raw", "1GiB,2GiB", anAgeAndASize},
		{"history-raw", "24h,1GiB,1h", anAgeAndASize},
		{"history-raw", "24h 1GiB", anAgeAndASize},
		{"history-raw", "24h;1GiB", anAgeAndASize},
		{"history-raw", "1day", anAgeAndASize},
		{"history-raw", "forever", anAgeAndASize},
		{"history-raw", "Unlimited", anAgeAndASize},
		{"history-raw", "24h,0", anAgeAndASize},
		{"history-raw", "24h,0B", anAgeAndASize},
		{"history-raw", "24h,1048575", anAgeAndASize},
		{"history-raw", "24h,1KiB", anAgeAndASize},
		{"history-raw", "24h,2EiB", anAgeAndASize},
		{"history-raw", "24h,99999999999999EiB", anAgeAndASize},
		{"history-raw", "24h,NaN", anAgeAndASize},
		{"history-raw", "24h,Inf", anAgeAndASize},
		{"history-raw", "9999y,1GiB", anAgeAndASize},
		{"history-minute", "x", anAgeAndASize},
		{"history-hour", "x", anAgeAndASize},
		{"events-keep", "0", anAge},
		{"events-keep", "-1d", anAge},
		{"events-keep", "1GiB", anAge},
		{"events-keep", "unlimited,1GiB", anAge},
		{"events-keep", "300y", anAge},
		{"events-keep", "x", anAge},
	} {
		variable := "RBEE_PROBE_" + strings.ToUpper(strings.ReplaceAll(tt.flag, "-", "_"))
		for name, r := range map[string]ran{
			"--" + tt.flag: execute(t, keeping(new(kept)), nil, "--"+tt.flag+"="+tt.value),
			variable:       execute(t, keeping(new(kept)), map[string]string{variable: tt.value}),
		} {
			want := ran{code: 2, stderr: "probe-rbee: " + name + `: "` + tt.value + `"` + tt.want + " (try 'probe-rbee --help')\n"}
			if diff := cmp.Diff(want, r, cmp.AllowUnexported(ran{})); diff != "" {
				t.Errorf("%s=%s (-want +got):\n%s", name, tt.value, diff)
			}
		}
	}
}

// The help shows the defaults as people write them, within a terminal.
func TestHelpOnWhatIsKept(t *testing.T) {
	r := execute(t, keeping(new(kept)), nil, "--help")
	for line := range strings.Lines(r.stdout) {
		if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > helpWidth {
			t.Errorf("longer than %d: %q", helpWidth, line)
		}
	}
	flat := strings.Join(strings.Fields(r.stdout), " ")
	for _, want := range []string{
		"--history-raw AGE,SIZE how much is kept", "(default 24h,1GiB)", "(default 30d,512MiB)", "(default 2y,256MiB)",
		"--events-keep AGE", "(default forever)", "[RBEE_PROBE_HISTORY_RAW]",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("the help does not say %q:\n%s", want, r.stdout)
		}
	}
}

// What a flag holds is written as it can be read.
func TestWhatIsKeptReadsAsItIsWritten(t *testing.T) {
	for _, text := range []string{
		"24h,1GiB", "30d,512MiB", "2y,256MiB", "unlimited,unlimited", "unlimited,1GiB", "24h,unlimited", "1h30m,1.5GiB", "1s,1MiB", "1w,1EiB",
		"25h,1GB", "365d,1000000001", "10y,3TiB",
	} {
		var age, again time.Duration
		var size, sizeAgain int64
		k := &keep{&age, &size}
		if err := k.Set(text); err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if err := (&keep{&again, &sizeAgain}).Set(k.String()); err != nil || again != age || sizeAgain != size {
			t.Errorf("%q is written %q, which reads as %v and %d bytes, %v; want %v and %d", text, k.String(), again, sizeAgain, err, age, size)
		}
	}
}
