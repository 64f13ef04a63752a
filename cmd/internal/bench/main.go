// Command bench measures the queen and the hive: `make bench` and `make bench-hive`
// run it. It is a developer's program, and its own floor, lone writer and engine in
// further processes.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
	"rbee/internal/bench"
	"rbee/internal/wire"
)

func main() { os.Exit(cli.Main("RBEE_BENCH", command)) }

func command(p cli.Process) *cobra.Command {
	cmd := measure(p, false)
	cmd.Use, cmd.Short = "bench", "Measure what a queen costs and how fast she is"
	cmd.Long = "Measure what a queen costs and how fast she is, against what this machine can do\n" +
		"without her, and print the figures as Markdown. Run it in the checkout, on a\n" +
		"machine that does nothing else."
	hive := measure(p, true)
	hive.Use, hive.Short = "hive", "Measure what a hive costs"
	hive.Long = "Measure what a hive costs, with a hundred workers and idle, and print the figures\n" +
		"as Markdown. Run it in the checkout, on a machine that does nothing else."
	cmd.CompletionOptions.DisableDefaultCmd = true // nobody installs it
	cmd.AddCommand(hive, floor(p), lone(p), engine())
	return cmd
}

// measure is the command that measures one of the daemons, without its name.
func measure(p cli.Process, hive bool) *cobra.Command {
	cfg := bench.Config{Hive: hive, Out: p.Stdout}
	var logs cli.Logging
	cmd := &cobra.Command{
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if cfg.Self, err = os.Executable(); err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			cfg.Log = logs.New(p.Stderr)
			return bench.Run(cmd.Context(), cfg)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&cfg.Quick, "quick", false, "everything in about a minute, to see that it runs; the figures say nothing")
	cli.ListVar(flags, &cfg.Only, "only", "measure these `SECTIONS` only: "+bench.Sections(hive))
	cli.CountVar(flags, &cfg.Rounds, "rounds", 3, "measure everything `N` times")
	flags.StringVar(&cfg.Dir, "dir", "", "`DIRECTORY` on the disk to measure (default: that of temporary files)")
	flags.StringVarP(&cfg.Doc, "output", "o", "", "write the figures to this `FILE` too; one with a place for them keeps the rest")
	flags.StringVar(&cfg.Go, "go", "go", "`COMMAND` that builds the programs")
	logs.Register(flags)
	return cmd
}

func floor(p cli.Process) *cobra.Command {
	var port int
	cmd := &cobra.Command{
		Use: "floor", Short: "Serve heartbeats and do nothing", Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return bench.Floor(cmd.Context(), port, quiet().New(p.Stderr))
		},
	}
	cli.ListenPortVar(cmd.Flags(), &port, "port", wire.DefaultQueenPort, "`PORT` to listen on")
	return cmd
}

func lone(p cli.Process) *cobra.Command {
	var (
		port  int
		state string
	)
	cmd := &cobra.Command{
		Use: "lone", Short: "Serve heartbeats with a transaction for each", Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return bench.Lone(cmd.Context(), port, state, quiet().New(p.Stderr))
		},
	}
	cli.ListenPortVar(cmd.Flags(), &port, "port", wire.DefaultQueenPort, "`PORT` to listen on")
	cmd.Flags().StringVar(&state, "state", "", "state `FILE`")
	return cmd
}

func engine() *cobra.Command {
	var (
		port int
		life time.Duration
	)
	cmd := &cobra.Command{
		Use: "engine", Short: "Serve as a worker and do nothing", Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return bench.Engine(cmd.Context(), port, life) },
	}
	cli.ListenPortVar(cmd.Flags(), &port, "port", wire.DefaultHivePort, "`PORT` to listen on")
	cli.DurationVar(cmd.Flags(), &life, "life", time.Minute, "end after so long")
	return cmd
}

func quiet() *cli.Logging { return &cli.Logging{Format: "text", Level: "error"} }
