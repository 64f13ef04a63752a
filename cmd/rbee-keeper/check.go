package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"rbee/internal/wire"
)

func (k *keeper) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check HIVE",
		Short: "Have a hive look at itself",
		Long: "Have a hive look at everything that it needs: drivers, devices, disks, ports, kinds\n" +
			"of worker, models, its queen. Each finding that is not well has its remedy. It\n" +
			"fails if something does not work. For the queen's side see doctor.",
		Args:              hiveID,
		ValidArgsFunction: k.completes(hives),
		RunE: func(cmd *cobra.Command, args []string) error {
			j := &job{keeper: k, hive: args[0]}
			if err := j.run(cmd.Context(), wire.JobRequest{Operation: wire.OpHiveCheck}); err != nil {
				return err
			}
			var check wire.HiveCheck
			if err := json.Unmarshal(j.result, &check); err != nil {
				return fmt.Errorf("the hive sent no findings: %w: is it up to date?", err)
			}
			found := findings(check.Findings)
			if err := k.print(j.result, found.draw); err != nil {
				return err
			}
			return found.failed()
		},
	}
}
