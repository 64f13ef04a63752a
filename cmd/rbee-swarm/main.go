// Command rbee-swarm simulates any number of hives that send heartbeats to a
// queen: load for a benchmark, and a rehearsal for whoever plans a fleet.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"rbee/cmd/internal/cli"
	"rbee/internal/swarm"
	"rbee/internal/wire"
)

func main() { os.Exit(cli.Main("RBEE_SWARM", command)) }

// options are the flags that are no field of swarm.Config.
type options struct {
	busy   int
	listen string
	output string
	logs   cli.Logging
}

func command(p cli.Process) *cobra.Command {
	cfg := swarm.Config{Version: cli.ThisBuild().Version}
	var o options
	cmd := &cobra.Command{
		Use:   "rbee-swarm",
		Short: "Simulate hives that send heartbeats to a queen",
		Long: "Simulate hives that send heartbeats to a queen, as real ones would, until the\n" +
			"duration is over or Ctrl-C; then tell what came of it. The queen stores them\n" +
			"like any other: use a queen of their own for them.",
		Example: "  rbee-swarm --hives 1000 --duration 1m      a fleet at one heartbeat a second\n" +
			"  rbee-swarm --busy 1000 --warmup 5s --duration 30s        the most she takes",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.settle(&cfg, cmd.Flags()); err != nil {
				return err
			}
			cfg.Log = o.logs.New(p.Stderr)
			if file, ok := p.Stderr.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
				cfg.Progress = (&ticker{w: p.Stderr, begun: time.Now()}).show
			}
			return run(cmd, p, cfg, o.output)
		},
	}
	register(cmd.Flags(), &cfg, &o)
	cli.Document(cmd, cli.Manual{Section: 1, See: []string{"queen-rbee(8)", "rbee-keeper(1)"}})
	return cmd
}

func register(f *pflag.FlagSet, cfg *swarm.Config, o *options) {
	cli.URLVar(f, &cfg.Queen, "queen", "http://127.0.0.1:7833", "base `URL` of the queen, http only")
	cli.CountVar(f, &cfg.Hives, "hives", 10, "simulate `N` hives, each in its own rhythm")
	f.IntVar(&o.busy, "busy", 0, "instead `N` hives that send again as soon as they are answered")
	cli.DurationVar(f, &cfg.Duration, "duration", 0, "how long figures are taken; 0 is until Ctrl-C")
	cli.DurationVar(f, &cfg.Warmup, "warmup", 0, "how long to run before that")
	cli.DurationVar(f, &cfg.Ramp, "ramp", time.Second, "spread the starts of the hives over this")
	f.BoolVar(&cfg.Burst, "burst", false, "all hives send at the same instant, on the full second")
	f.IntVar(&cfg.Workers, "workers", 1, "`N` workers in each heartbeat")
	f.IntVar(&cfg.GPUs, "gpus", 1, "`N` GPUs of each hive")
	f.StringVar(&cfg.IDPrefix, "id-prefix", "swarm-", "`TEXT` before a hive's number in its id")
	cli.DurationVar(f, &cfg.RestartEvery, "restart-every", 0, "each time one hive restarts; 0 is none")
	f.BoolVar(&cfg.Farewell, "farewell", false, "hives that restart or end say so first, as on SIGTERM")
	cli.DurationVar(f, &cfg.RediscoverEvery, "rediscover-every", time.Minute, "between tries to reach a lost queen; 0 is none")
	f.IntVar(&cfg.Clones, "clones", 0, "add `N` hives with ids in use, which are to get 409")
	f.IntVar(&cfg.Slow, "slow", 0, "`N` of the hives are on links where bytes dribble")
	f.StringVar(&o.listen, "listen", "", "`ADDRESS` in 127.0.0.0/8 where the first hive answers pulls, the next at the next address")
	cli.PortVar(f, &cfg.Port, "port", wire.DefaultHivePort, "`PORT` where they do")
	f.BoolVar(&cfg.Standalone, "standalone", false, "hives wait for a pull at the start")
	f.IntVar(&cfg.PID, "pid", 0, "`PID` of the queen, to see what she costs (default: who listens, on this machine)")
	f.StringVar(&cfg.State, "state", "", "state `FILE` of the queen, to see how it grows; it is not opened")
	f.StringVar(&cfg.Acked, "acked", "", "append \"hive_id sent_at\" to this `FILE` for each accepted heartbeat")
	cli.CountVar(f, &cfg.Threads, "threads", 1, "`N` threads share the hives; one is enough for 100,000/s")
	cli.ChoiceVarP(f, &o.output, "output", "o", "table", "`FORMAT` of the figures", "table", "json")
	o.logs.Register(f)
}

// settle makes of flags that touch each other what the swarm is to do.
func (o *options) settle(cfg *swarm.Config, f *pflag.FlagSet) (err error) {
	if o.busy < 0 {
		return cli.Usagef("--busy: %d is not a count", o.busy)
	}
	if o.busy > 0 {
		if f.Changed("hives") || cfg.Burst {
			return cli.Usagef("--busy goes without --hives and --burst")
		}
		cfg.Busy, cfg.Hives = true, o.busy
	}
	if o.listen != "" {
		if cfg.Listen, err = netip.ParseAddr(o.listen); err != nil {
			return cli.Usagef("--listen: %q is not an IP address: expected for example 127.8.0.1", o.listen)
		}
	}
	return nil
}

func run(cmd *cobra.Command, p cli.Process, cfg swarm.Config, output string) error {
	if err := cfg.Validate(); err != nil {
		return &cli.ExitError{Code: cli.ExitUsage, Err: err}
	}
	s, err := swarm.New(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	r, err := s.Run(cmd.Context())
	if err != nil {
		return err
	}
	if output == "json" {
		enc := json.NewEncoder(p.Stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(r)
	} else {
		_, err = fmt.Fprint(p.Stdout, text(r))
	}
	if err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	if r.AcceptedInTotal == 0 {
		return errors.New("no heartbeat was accepted: see the figures")
	}
	return nil
}
