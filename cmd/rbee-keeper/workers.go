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

// hiveWorker is a worker and whose it is.
type hiveWorker struct {
	HiveID string `json:"hive_id"`
	wire.Worker
}

// hiveWorkers is the document of workers: the queen has them within the hives.
type hiveWorkers struct {
	Workers []hiveWorker `json:"workers"`
}

func (k *keeper) workersCommand() *cobra.Command {
	var hive string
	cmd := &cobra.Command{
		Use:   "workers",
		Short: "List the workers of all hives",
		Long: "List the workers of all hives, as their last heartbeats told them. Those of\n" +
			"hives that are down or stopped are left out.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if hive != "" {
				if err := wire.ValidateID(hive); err != nil {
					return cli.Usagef("--hive: %v", err)
				}
			}
			found, err := ask(cmd.Context(), k, func(ctx context.Context, queen *queenclient.Client) (*hiveWorkers, error) {
				return workersOf(ctx, queen, hive)
			})
			if err != nil {
				return err
			}
			if len(found.Workers) == 0 {
				k.tell("no workers: 'rbee-keeper spawn HIVE MODEL' starts one")
				if k.output == formatTable {
					return nil
				}
			}
			return k.print(found, hiveWorkersTable(found.Workers).draw)
		},
	}
	cmd.Flags().StringVar(&hive, "hive", "", "only those of the hive with this `ID`")
	k.completesFlag(cmd, "hive", hives)
	return cmd
}

// workersOf lists the workers of one hive, "" for all.
func workersOf(ctx context.Context, queen *queenclient.Client, id string) (*hiveWorkers, error) {
	list := &wire.HiveList{}
	if id == "" {
		all, err := queen.Hives(ctx)
		if err != nil {
			return nil, err
		}
		list = all
	} else {
		hive, err := queen.Hive(ctx, id)
		if err != nil {
			return nil, err
		}
		list.Hives = append(list.Hives, *hive)
	}
	found := &hiveWorkers{Workers: []hiveWorker{}}
	for i := range list.Hives {
		h := &list.Hives[i]
		if h.Status == wire.StatusDown || h.Status == wire.StatusStopped {
			continue // what it said last is not so any more
		}
		for _, w := range h.Workers {
			found.Workers = append(found.Workers, hiveWorker{h.ID, w})
		}
	}
	return found, nil
}

func hiveWorkersTable(workers []hiveWorker) *table {
	t := newTable(
		column{title: "HIVE", give: 3, least: 10}, column{title: "PID", right: true}, column{title: "GROUP", give: 2, least: 5},
		column{title: "PORT", give: 4, least: 5}, column{title: "CPU", right: true}, column{title: "MEMORY", right: true},
		column{title: "GPU", right: true}, column{title: "VRAM", right: true}, column{title: "UP", right: true},
		column{title: "MODEL", give: 1, least: 12},
	)
	for i := range workers {
		w := &workers[i]
		model := ""
		if w.Model != nil {
			model = *w.Model
		}
		t.add(w.HiveID, strconv.FormatInt(w.PID, 10), w.Group, w.Instance, percent(w.CPUPct), gigabytes(w.RSSMB)+" GB",
			percent(w.GPUUtilPct), gigabytes(w.VRAMMB)+" GB", span(time.Duration(w.UptimeS)*time.Second), model)
	}
	return t
}
