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
	cmd := &cobra.Command{
		Use:   "history ID",
		Short: "Show the last heartbeats of a hive",
		Long: "Show the last heartbeats of a hive, the latest at the end. GPU is the mean over\n" +
			"its GPUs, VRAM their sum.",
		Args: hiveID,
		RunE: func(cmd *cobra.Command, args []string) error {
			history, err := ask(cmd.Context(), k, func(ctx context.Context, queen *queenclient.Client) (*wire.History, error) {
				return queen.History(ctx, args[0], last)
			})
			if err != nil {
				return err
			}
			if len(history.Samples) == 0 {
				k.tell("no heartbeats of %s yet", args[0])
				if k.output == formatTable {
					return nil
				}
			}
			return k.print(history, historyTable(k.now(), history.Samples).draw)
		},
	}
	cli.CountVar(cmd.Flags(), &last, "last", 20, "how many heartbeats")
	return cmd
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
