// Command rbee-hive is the node agent: it says what this machine can compute on
// and how it is, to a queen that finds it or that it is told of.
package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"rbee/cmd/internal/cli"
	"rbee/internal/hive"
	"rbee/internal/hive/device"
	"rbee/internal/wire"
)

func main() { os.Exit(cli.Main("RBEE_HIVE", command)) }

func command(p cli.Process) *cobra.Command {
	cfg := hive.Config{Version: cli.Version}
	var (
		queenURL string
		logs     cli.Logging
	)
	cmd := &cobra.Command{
		Use:   "rbee-hive",
		Short: "Offer this machine to a queen, or run standalone until one asks",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if cmd.Flags().Changed("queen-url") {
				cfg.QueenURL = &queenURL
			}
			if cfg.StateDir == "" {
				if cfg.StateDir, err = p.StatePath("hive", "--state-dir DIR"); err != nil {
					return err
				}
			}
			cfg.Log = logs.New(p.Stderr)
			return run(cmd.Context(), cfg)
		},
	}
	flags := cmd.Flags()
	cli.BindVar(flags, &cfg.Bind, "bind", "`ADDRESS` to listen on; a queen elsewhere finds the hive only beyond loopback")
	cli.ListenPortVar(flags, &cfg.Port, "port", wire.DefaultHivePort, "`PORT` to listen on; 0 is any free one")
	flags.StringVar(&queenURL, "queen-url", "", "`URL` of the queen (default: the last one, else standalone; empty: standalone)")
	cli.EmptyCounts(flags, "queen-url")
	flags.StringVar(&cfg.HiveID, "hive-id", "", "`ID` of this hive (default: the hostname)")
	flags.StringVar(&cfg.StateDir, "state-dir", "", "`DIR` of identity and remembered queen (default $XDG_STATE_HOME/rbee/hive)")
	flags.StringVar(&cfg.AdvertiseHost, "advertise-host", "", "`HOST` the hive calls itself, for display (default: the hostname)")
	cli.DurationVar(flags, &cfg.RediscoverEvery, "rediscover-every", hive.DefaultRediscoverEvery,
		"between tries to reach a lost queen; 0 is none")
	cli.ListVar(flags, &cfg.AllowHosts, "allow-host", "further Host `NAME` to serve; may be repeated")
	logs.Register(flags)
	return cmd
}

func run(ctx context.Context, cfg hive.Config) error {
	machine := device.New(device.Config{Log: cfg.Log})
	cfg.Machine = machine
	h, err := hive.New(cfg)
	if err != nil {
		return &cli.ExitError{Code: cli.ExitUsage, Err: err}
	}
	group, running := errgroup.WithContext(ctx)
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error { return machine.Run(watching) })
	group.Go(func() error {
		defer stop() // the last heartbeat still tells of the machine
		return h.Run(running)
	})
	return stateDirError(group.Wait())
}

// stateDirError gives errors of the state directory the queen's exit codes for
// her state file.
func stateDirError(err error) error {
	switch {
	case errors.Is(err, hive.ErrStateDirLocked):
		return &cli.ExitError{Code: cli.ExitLocked, Err: err}
	case errors.Is(err, hive.ErrStateDir):
		return &cli.ExitError{Code: cli.ExitDisk, Err: err}
	default:
		return err
	}
}
