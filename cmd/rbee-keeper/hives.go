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

const noHives = "no hives yet: start rbee-hive on a machine, or run 'rbee-keeper discover'"

func (k *keeper) hivesCommand() *cobra.Command {
	var watch bool
	cmd := &cobra.Command{
		Use:   "hives",
		Short: "List the hives",
		Long: "List the hives the queen knows, by id.\n\n" +
			"With --watch the list and the latest events are shown anew each second; into a\n" +
			"pipe the list is written once, then a line for each new event.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case watch && k.output == formatJSON:
				return cli.Usagef("--watch is for people: it has no -o json")
			case watch:
				return k.watch(cmd.Context())
			default:
				return k.hives(cmd.Context())
			}
		},
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "go on showing them, with their events, until Ctrl-C")
	return cmd
}

func (k *keeper) hives(ctx context.Context) error {
	list, err := ask(ctx, k, func(ctx context.Context, queen *queenclient.Client) (*wire.HiveList, error) {
		return queen.Hives(ctx)
	})
	if err != nil {
		return err
	}
	if len(list.Hives) == 0 {
		k.tell(noHives)
		if k.output == formatTable {
			return nil
		}
	}
	return k.print(list, hivesTable(k.now(), list.Hives).draw)
}

func hivesTable(now time.Time, hives []wire.Hive) *table {
	t := newTable(
		column{title: "HIVE", give: 3, least: 10}, column{title: "STATUS", style: byWord(1)}, column{title: "SEEN"},
		column{title: "ADDRESS", give: 2, least: 18}, column{title: "CPU", right: true}, column{title: "WORKERS", right: true},
		column{title: "DEVICES", give: 1, least: 11},
	)
	for i := range hives {
		h := &hives[i]
		cpu := ""
		if h.Node != nil {
			cpu = percent(h.Node.CPUPct)
		}
		t.add(h.ID, string(h.Status), age(now, h.LastSeen), address(h.Address, h.Port), cpu,
			strconv.Itoa(len(h.Workers)), summary(h.Devices))
	}
	return t
}
