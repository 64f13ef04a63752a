package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"rbee/internal/wire"
)

// mostLeftOut is how many files that were left out are named.
const mostLeftOut = 10

func (k *keeper) modelsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "models HIVE",
		Short: "List the models on a hive's machine",
		Long: "List the models on a hive's machine, with the memory that each needs on a GPU,\n" +
			"estimated.",
		Args:              hiveID,
		ValidArgsFunction: k.completes(hives),
		RunE: func(cmd *cobra.Command, args []string) error {
			j := &job{keeper: k, hive: args[0]}
			if err := j.run(cmd.Context(), wire.JobRequest{Operation: wire.OpModelList}); err != nil {
				return err
			}
			var list wire.ModelList
			if err := json.Unmarshal(j.result, &list); err != nil {
				return fmt.Errorf("the hive sent no list of models: %w: is it up to date?", err)
			}
			for n, p := range list.Problems {
				if n == mostLeftOut {
					k.tell("%d more are left out: -o json names them", len(list.Problems)-n)
					break
				}
				k.tell("left out: %s: %s", p.Path, p.Reason)
			}
			if len(list.Models) == 0 {
				k.tell("no models yet: 'rbee-keeper pull %s hf:ORG/REPO:Q4_K_M' gets one", args[0])
				if k.output == formatTable {
					return nil
				}
			}
			return k.print(j.result, modelsTable(list.Models).draw)
		},
	}
}

func modelsTable(models []wire.Model) *table {
	t := newTable(
		column{title: "MODEL", give: 4, least: 20}, column{title: "ARCH", give: 1, least: 5}, column{title: "QUANT", give: 3, least: 6},
		column{title: "SIZE", right: true}, column{title: "CONTEXT", right: true}, column{title: "VRAM", right: true},
		column{title: "SOURCE", give: 2, least: 6},
	)
	for i := range models {
		m := &models[i]
		context, vram := "", ""
		if m.ContextLength > 0 {
			context = fmt.Sprint(m.ContextLength)
		}
		if m.VRAM.TotalBytes > 0 {
			vram = bytesText(m.VRAM.TotalBytes)
		}
		t.add(m.ID, m.Architecture, m.Quantisation, bytesText(m.SizeBytes), context, vram, string(m.Source))
	}
	return t
}
