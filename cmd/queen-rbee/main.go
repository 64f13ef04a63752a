// Command queen-rbee is the control plane: it keeps the registry of hives, finds
// them, takes their heartbeats and writes all of it into one SQLite file.
package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
	"rbee/internal/queen"
	"rbee/internal/store"
	"rbee/internal/wire"
)

func main() { os.Exit(cli.Main("RBEE_QUEEN", command)) }

func command(p cli.Process) *cobra.Command {
	cfg := queen.Config{Version: cli.Version, LoginUser: p.LoginUser(), Home: p.Home()}
	state := stateFlag{Process: p}
	var (
		window time.Duration
		rate   int
		anew   bool
		leave  bool
		logs   cli.Logging
	)
	cmd := &cobra.Command{
		Use:   "queen-rbee",
		Short: "Find the hives on your SSH hosts, and keep what they say in one SQLite file",
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := state.path()
			if err != nil {
				return err
			}
			if cfg.Backups.Every < time.Second {
				return cli.Usagef("--backup-every: %v is too short: expected 1s or more", cfg.Backups.Every)
			}
			if cfg.SSHConfig == "" && p.Home() != "" {
				if cfg.SSHConfig, err = p.SSHConfigPath(); err != nil {
					return err
				}
			}
			cfg.Log = logs.New(p.Stderr)
			cfg.HeartbeatRate = int64(rate)
			var open []store.Option
			if anew {
				open = append(open, store.BeginAnew)
			}
			return run(cmd.Context(), p, cfg, path, window, leave, open)
		},
	}
	flags := cmd.Flags()
	cli.BindVar(flags, &cfg.Bind, "bind", "`ADDRESS` to listen on; other machines reach the queen only beyond loopback")
	cli.ListenPortVar(flags, &cfg.Port, "port", wire.DefaultQueenPort, "`PORT` to listen on; 0 is any free one")
	cmd.PersistentFlags().StringVar(&state.file, "state", "", "state `FILE` (default $XDG_STATE_HOME/rbee/queen.db)")
	flags.BoolVar(&anew, "new-state", false, "begin anew where the state file is damaged or gone; what is there is kept under another name")
	flags.StringVar(&cfg.SSHConfig, "ssh-config", "", "`FILE` whose hosts are probed (default ~/.ssh/config)")
	cli.PortVar(flags, &cfg.HivePort, "hive-port", wire.DefaultHivePort, "`PORT` of hives whose host names none")
	cli.DurationVar(flags, &cfg.DiscoveryDelay, "discovery-delay", 5*time.Second, "wait after start before the SSH hosts are probed")
	cli.DurationVar(flags, &cfg.DiscoveryInterval, "discovery-interval", 5*time.Minute, "between rounds over what is not live; 0 is none")
	flags.BoolVar(&cfg.DiscoverPublic, "discover-public", false, "probe public addresses too")
	cli.URLVar(flags, &cfg.AdvertiseURL, "advertise-url", "", "`URL` told to hives (default: the address of the route to each)")
	cli.KeepVar(flags, &cfg.Retention.Raw.Age, &cfg.Retention.Raw.Bytes, "history-raw", "24h,1GiB", "how much is kept of single heartbeats, whichever bound is reached first")
	cli.KeepVar(flags, &cfg.Retention.Minute.Age, &cfg.Retention.Minute.Bytes, "history-minute", "30d,512MiB", "how much is kept of their sums by minute")
	cli.KeepVar(flags, &cfg.Retention.Hour.Age, &cfg.Retention.Hour.Bytes, "history-hour", "2y,256MiB", "how much is kept of their sums by hour")
	cli.AgeVar(flags, &cfg.Retention.Events, "events-keep", "how long audit events are kept")
	flags.StringVar(&cfg.Backups.Dir, "backup-dir", "", "`DIR` to copy the state file into by schedule (default: none is made)")
	cli.TimeoutVar(flags, &cfg.Backups.Every, "backup-every", 24*time.Hour, "from one scheduled copy to the next")
	cli.CountVar(flags, &cfg.Backups.Keep, "backup-keep", 7, "how many scheduled copies are kept")
	flags.BoolVar(&leave, "litestream", false, "leave checkpoints to Litestream, which then must run; see docs/backups.md")
	cli.WindowVar(flags, &window, "commit-window", time.Second, "wait so long, at most 1s, for more heartbeats before each write to the disk, for SD cards; 0 waits only under load, 1ms")
	cli.CountVar(flags, &rate, "heartbeat-rate", queen.DefaultHeartbeatRate, "heartbeats per second; a fleet that would send more is slowed down")
	cli.ListVar(flags, &cfg.AllowHosts, "allow-host", "further Host `NAME` to serve; may be repeated")
	logs.Register(flags)
	cmd.AddCommand(state.backupCommand(), state.restoreCommand(), state.checkCommand(), state.verifyCommand())
	cli.Document(cmd, manual)
	return cmd
}

// manual is what the manual page says beyond --help.
var manual = cli.Manual{
	Section: 8,
	About: "The queen probes the hosts of an SSH config for hives, takes their heartbeats, and\n" +
		"keeps what she knows in one SQLite file, which 'sqlite3 -readonly' reads while she\nruns.\n\n" +
		"SIGTERM and SIGINT end her in order; a second one ends her at once. She listens on\n" +
		"loopback unless --bind says otherwise, and asks nobody who they are: --bind\n" +
		"0.0.0.0 is for networks that you trust.",
	Exit: []cli.Item{
		{Name: "3", Text: "The state file is damaged, foreign, or newer than the program."},
		{Name: "4", Text: "Another queen holds the state file."},
		{Name: "5", Text: "The disk cannot be read or written."},
	},
	Env: []cli.Item{{Name: "XDG_STATE_HOME", Text: "Where rbee/queen.db is; ~/.local/state if it is not set."}},
	Files: []cli.Item{
		{Name: "~/.local/state/rbee/queen.db", Text: "The state file, with -wal and -shm while she runs."},
		{Name: "queen.db.lock, queen.db.id", Text: "Beside it: who holds it, and whose it is."},
		{Name: "~/.ssh/config", Text: "The hosts that she probes. Nothing in it is ever executed."},
		{Name: "/etc/default/rbee-queen, /etc/rbee/ssh_config, /var/lib/rbee-queen", Text: "Settings, hosts and state of the machine's service."},
	},
	See: []string{"rbee-hive(8)", "rbee-keeper(1)", "rbee-swarm(1)", "ssh_config(5)", "sqlite3(1)"},
}

func run(ctx context.Context, p cli.Process, cfg queen.Config, path string, window time.Duration, leave bool, open []store.Option) (err error) {
	cfg.Store, err = store.Open(context.WithoutCancel(ctx), path, cfg.Log, open...) // a signal ends a boot after it, not in it
	if err != nil {
		return stateError(err)
	}
	cfg.Store.SetCommitWindow(window)
	if leave {
		cfg.Store.LeaveCheckpoints()
	}
	cfg.Log.Info("State file open", "path", path, "schema_version", cfg.Store.SchemaVersion)
	err = p.Serve(ctx, queen.New(cfg), wire.PathReady) // a turn of the writer
	return stateError(errors.Join(err, cfg.Store.Close()))
}

// stateError gives errors of the state file the exit codes of the contract.
func stateError(err error) error {
	switch {
	case errors.Is(err, store.ErrRefused):
		return &cli.ExitError{Code: cli.ExitState, Err: err}
	case errors.Is(err, store.ErrLocked):
		return &cli.ExitError{Code: cli.ExitLocked, Err: err}
	case errors.Is(err, store.ErrUnavailable):
		return &cli.ExitError{Code: cli.ExitDisk, Err: err}
	default:
		return err
	}
}
