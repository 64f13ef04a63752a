package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// completeWithin is how long somebody who pressed Tab waits for the queen.
const completeWithin = time.Second

// completeHive completes the first argument, a hive, from what the queen knows
// now. When she is away there is nothing to complete.
func (k *keeper) completeHive(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []cobra.Completion
	for _, h := range k.known(cmd) {
		ids = append(ids, cobra.CompletionWithDesc(h.ID, string(h.Status)))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// completeWorker completes a hive, and then the pid of one of its workers.
func (k *keeper) completeWorker(cmd *cobra.Command, args []string, part string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) != 1 {
		return k.completeHive(cmd, args, part)
	}
	var pids []cobra.Completion
	for _, h := range k.known(cmd) {
		if h.ID != args[0] {
			continue
		}
		for i := range h.Workers {
			w := &h.Workers[i]
			about := w.Group
			if w.Model != nil {
				about = *w.Model
			}
			pids = append(pids, cobra.CompletionWithDesc(strconv.FormatInt(w.PID, 10), about))
		}
	}
	return pids, cobra.ShellCompDirectiveNoFileComp
}

// known are the hives of the queen. While a shell completes, the environment has
// not been looked at yet.
func (k *keeper) known(cmd *cobra.Command) []wire.Hive {
	if url := k.Getenv("RBEE_KEEPER_QUEEN"); url != "" && !cmd.Flags().Changed("queen") {
		if err := cmd.Flags().Set("queen", url); err != nil {
			return nil
		}
	}
	client := k.client()
	defer client.Close()
	list, err := askWithin(cmd.Context(), k, client, completeWithin, func(ctx context.Context, queen *queenclient.Client) (*wire.HiveList, error) {
		return queen.Hives(ctx)
	})
	if err != nil {
		return nil
	}
	return list.Hives
}
