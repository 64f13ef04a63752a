package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// config has a flag of each kind.
type config struct {
	Port, Target, Limit int
	Interval, Timeout   time.Duration
	Window              time.Duration
	Bind, URL, Queen    string
	QueenGiven          bool
	Output, State       string
	Public              bool
	Allow               []string
	Logs                Logging
}

// probe is a command with all the flags; it takes what it was given to got.
func probe(got *config) *cobra.Command {
	var c config
	cmd := &cobra.Command{Use: "probe-rbee", Short: "Try flags", RunE: func(cmd *cobra.Command, _ []string) error {
		c.QueenGiven = cmd.Flags().Changed("queen-url")
		*got = c
		return nil
	}}
	f := cmd.Flags()
	BindVar(f, &c.Bind, "bind", "`ADDRESS` to listen on")
	ListenPortVar(f, &c.Port, "port", 7833, "`PORT` to listen on")
	PortVar(f, &c.Target, "hive-port", 7835, "`PORT` of hives")
	CountVar(f, &c.Limit, "limit", 20, "how many")
	DurationVar(f, &c.Interval, "discovery-interval", 5*time.Minute, "how often")
	WindowVar(f, &c.Window, "commit-window", time.Second, "how long at most")
	TimeoutVar(f, &c.Timeout, "timeout", 5*time.Second, "how long")
	URLVar(f, &c.URL, "advertise-url", "", "own `URL`")
	f.StringVar(&c.Queen, "queen-url", "", "`URL` of the queen")
	EmptyCounts(f, "queen-url")
	ChoiceVarP(f, &c.Output, "output", "o", "table", "`FORMAT`", "table", "json")
	f.StringVar(&c.State, "state", "/default", "state `FILE`")
	f.BoolVar(&c.Public, "discover-public", false, "public addresses too")
	ListVar(f, &c.Allow, "allow-host", "further `NAME`s")
	c.Logs.Register(f)
	return cmd
}

func defaults() config {
	return config{
		Bind: "127.0.0.1", Port: 7833, Target: 7835, Limit: 20, Interval: 5 * time.Minute, Timeout: 5 * time.Second,
		Output: "table", State: "/default", Allow: []string{}, Logs: Logging{Format: "text", Level: "info"},
	}
}

func TestFlagsAndEnvironment(t *testing.T) {
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want func(*config)
	}{
		{"defaults", nil, nil, func(*config) {}},
		{
			"flags",
			[]string{
				"--bind=0.0.0.0", "--port=0", "--hive-port", "1", "--limit=3", "--discovery-interval=0", "--timeout", "1m30s", "--commit-window=1s",
				"--advertise-url=HTTP://Queen:80/", "--queen-url", "x", "-o", "json", "--state=s", "--discover-public",
				"--allow-host=a", "--allow-host", "b,c", "--log-format=json", "--log-level=debug",
			},
			nil,
			func(c *config) {
				*c = config{
					Bind: "0.0.0.0", Target: 1, Limit: 3, Timeout: 90 * time.Second, Window: time.Second, URL: "http://queen",
					Queen: "x", QueenGiven: true, Output: "json", State: "s", Public: true, Allow: []string{"a", "b", "c"},
					Logs: Logging{Format: "json", Level: "debug"},
				}
			},
		},
		{
			"environment", nil,
			map[string]string{
				"RBEE_PROBE_PORT": "1", "RBEE_PROBE_DISCOVERY_INTERVAL": "5s", "RBEE_PROBE_ADVERTISE_URL": "https://q:1/",
				"RBEE_PROBE_OUTPUT": "json", "RBEE_PROBE_DISCOVER_PUBLIC": "1", "RBEE_PROBE_ALLOW_HOST": "a, b", "RBEE_PROBE_LOG_LEVEL": "warn",
			},
			func(c *config) {
				c.Port, c.Interval, c.URL, c.Output, c.Public, c.Allow = 1, 5*time.Second, "https://q:1", "json", true, []string{"a", "b"}
				c.Logs.Level = "warn"
			},
		},
		{
			"a flag wins, also by its default",
			[]string{"--port=7833", "--allow-host=a", "--discover-public=false"},
			map[string]string{"RBEE_PROBE_PORT": "nonsense", "RBEE_PROBE_ALLOW_HOST": "b", "RBEE_PROBE_DISCOVER_PUBLIC": "true"},
			func(c *config) { c.Allow = []string{"a"} },
		},
		{
			"empty variables are not set", nil,
			map[string]string{"RBEE_PROBE_PORT": "", "RBEE_PROBE_STATE": "", "RBEE_PROBE_ALLOW_HOST": "", "RBEE_PROBE_ADVERTISE_URL": ""},
			func(*config) {},
		},
		{
			"an empty variable that counts", nil,
			map[string]string{"RBEE_PROBE_QUEEN_URL": ""},
			func(c *config) { c.QueenGiven = true },
		},
		{"an empty flag", []string{"--queen-url="}, nil, func(c *config) { c.QueenGiven = true }},
		{"variables of --help and --version do nothing", nil, map[string]string{"RBEE_PROBE_HELP": "x", "RBEE_PROBE_VERSION": "x"}, func(*config) {}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got config
			if r := execute(t, probe(&got), tt.env, tt.args...); r != (ran{}) {
				t.Fatalf("got %+v, want silence and exit 0", r)
			}
			want := defaults()
			tt.want(&want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Each bad value is refused alike from the command line and the environment.
func TestBadValues(t *testing.T) {
	tests := []struct{ flag, value, want string }{
		{"bind", "localhost", `"localhost" is not an IP address: expected for example 127.0.0.1, or 0.0.0.0 for all`},
		{"port", "65536", `"65536" is not a port: expected 1..65535, or 0 for any free one`},
		{"port", "-1", `"-1" is not a port: expected 1..65535, or 0 for any free one`},
		{"port", "http", `"http" is not a port: expected 1..65535, or 0 for any free one`},
		{"hive-port", "0", `"0" is not a port: expected 1..65535`},
		{"limit", "0", `"0" is not a count: expected a whole number from 1`},
		{"discovery-interval", "5", `"5" is not a duration: expected for example 5s, 5m or 0`},
		{"discovery-interval", "-5s", `"-5s" is not a duration: expected for example 5s, 5m or 0`},
		{"commit-window", "1001ms", `"1001ms" is not a time up to 1s: expected for example 20ms or 0`},
		{"commit-window", "-1ms", `"-1ms" is not a time up to 1s: expected for example 20ms or 0`},
		{"commit-window", "20", `"20" is not a time up to 1s: expected for example 20ms or 0`},
		{"timeout", "0", `"0" is not a time to wait: expected for example 5s or 1m`},
		{"advertise-url", "ftp://x", `URL "ftp://x" is not valid: the scheme "ftp" is not http or https; expected http://HOST:PORT`},
		{"output", "xml", `"xml" is not one of table, json`},
		{"log-level", "INFO", `"INFO" is not one of debug, info, warn, error`},
		{"log-format", "yaml", `"yaml" is not one of text, json`},
		{"discover-public", "maybe", `"maybe" is not one of true, false`},
		{"allow-host", "a,,b", `"a,,b" has an empty value: expected names with commas between them`},
	}
	for _, tt := range tests {
		t.Run(tt.flag+"="+tt.value, func(t *testing.T) {
			variable := "RBEE_PROBE_" + strings.ToUpper(strings.ReplaceAll(tt.flag, "-", "_"))
			for name, r := range map[string]ran{
				"--" + tt.flag: execute(t, probe(new(config)), nil, "--"+tt.flag+"="+tt.value),
				variable:       execute(t, probe(new(config)), map[string]string{variable: tt.value}),
			} {
				want := ran{code: 2, stderr: "probe-rbee: " + name + ": " + tt.want + " (try 'probe-rbee --help')\n"}
				if diff := cmp.Diff(want, r, cmp.AllowUnexported(ran{})); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			}
		})
	}
}

func TestShowDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", 5 * time.Second: "5s", time.Minute: "1m", 10 * time.Minute: "10m", time.Hour: "1h", 90 * time.Minute: "1h30m",
		time.Hour + time.Second: "1h0m1s", 1500 * time.Millisecond: "1.5s", 20 * time.Hour: "20h",
	} {
		got := showDuration(d)
		if got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
		if back, err := parseDuration(got); err != nil || back != d {
			t.Errorf("%q reads as %v, %v, want %v", got, back, err, d)
		}
	}
}
