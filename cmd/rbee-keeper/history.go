package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

func (k *keeper) historyCommand() *cobra.Command {
	var last int
	var span historySpan
	cmd := &cobra.Command{
		Use:   "history ID",
		Short: "Show the last heartbeats of a hive, or charts of a time",
		Long: "Show the last heartbeats of a hive, the latest at the end. GPU is the mean over\n" +
			"its GPUs, VRAM their sum.\n\n" +
			"With --since, --from or --step, draw charts of that time: the mean as an area,\n" +
			"the maximum as a dot above it, and nothing where nothing is known. Times are\n" +
			"shown in the local zone.",
		Example: "  rbee-keeper history gaming-pc --since 6h\n" +
			"  rbee-keeper history gaming-pc --from -7d --to -6d --step 1h\n" +
			"  rbee-keeper history gaming-pc --from 2025-10-30T08:00:00Z -o json",
		Args:              hiveID,
		ValidArgsFunction: k.completes(hives),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !span.given() {
				return k.history(cmd.Context(), args[0], last)
			}
			if cmd.Flags().Changed("last") {
				return cli.Usagef("--last counts single heartbeats: leave it out with --since, --from, --to and --step")
			}
			asked, err := span.read()
			if err != nil {
				return err
			}
			return k.charts(cmd.Context(), args[0], asked)
		},
	}
	flags := cmd.Flags()
	cli.CountVar(flags, &last, "last", 20, "how many heartbeats")
	flags.StringVar(&span.since, "since", "", "charts of the last `TIME`, such as 90m, 6h or 7d")
	flags.StringVar(&span.from, "from", "", "charts from this `TIME` on: RFC 3339, or before now as -6h")
	flags.StringVar(&span.to, "to", "", "charts up to this `TIME`, as --from (default now)")
	flags.StringVar(&span.step, "step", "", "`LENGTH` of a step of the charts, such as 1m (default auto)")
	completesWords(cmd, "since", "1h", "6h", "24h", "7d", "30d")
	completesWords(cmd, "from", "-6h", "-24h", "-7d")
	completesWords(cmd, "to", "-1h", "-6h", "-24h")
	completesWords(cmd, "step", "auto", "1m", "10m", "1h")
	return cmd
}

// history shows single heartbeats.
func (k *keeper) history(ctx context.Context, id string, last int) error {
	history, err := ask(ctx, k, func(ctx context.Context, queen *queenclient.Client) (*wire.History, error) {
		return queen.History(ctx, id, last)
	})
	if err != nil {
		return err
	}
	if len(history.Samples) == 0 {
		k.tell("no heartbeats of %s yet", id)
		if k.output == formatTable {
			return nil
		}
	}
	return k.print(history, historyTable(k.now(), history.Samples).draw)
}

// charts shows a span of time.
func (k *keeper) charts(ctx context.Context, id string, asked historySpan) error {
	history, err := ask(ctx, k, func(ctx context.Context, queen *queenclient.Client) (*wire.History, error) {
		return queen.Buckets(ctx, id, asked.from, asked.to, asked.step)
	})
	if err != nil {
		return err
	}
	if nothingKnown(history.Points) {
		k.tell("no heartbeats of %s in that time", id)
		if k.output == formatTable {
			return nil
		}
	}
	return k.print(history, func(on sheet) string { return chartsPage(k.now(), history, on.width) })
}

func historyTable(now time.Time, samples []wire.Sample) *table {
	t := newTable(
		column{title: "RECEIVED"}, column{title: "EPOCH", right: true}, column{title: "CPU", right: true}, column{title: "RAM", right: true},
		column{title: "GPU", right: true}, column{title: "VRAM", right: true}, column{title: "WORKERS", right: true},
	)
	for i := range samples {
		s := &samples[i]
		cpu, ram, gpu, vram := "", "", "", ""
		if s.Node != nil {
			cpu, ram = percent(s.Node.CPUPct), used(&s.Node.RAMUsedMB, &s.Node.RAMTotalMB)
			gpu, vram = load(s.Node.GPUs)
		}
		t.add(age(now, s.ReceivedAt), strconv.FormatInt(s.Epoch, 10), cpu, ram, gpu, vram, strconv.Itoa(len(s.Workers)))
	}
	return t
}
