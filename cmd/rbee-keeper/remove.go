package main

import (
	"github.com/spf13/cobra"

	"rbee/internal/wire"
)

func (k *keeper) removeCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "remove HIVE MODEL",
		Short: "Delete a model from a hive's own folder",
		Long: "Have a hive delete the files of a model in its own folder. Those of other folders,\n" +
			"of Ollama and of the hub's cache it does not touch. A model that a worker uses is\n" +
			"kept, unless forced; the worker then goes on until it is started again.",
		Args:              hiveAnd("MODEL"),
		ValidArgsFunction: k.completes(hives, models(wire.ModelOwn)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return k.newJob(args[0]).show(cmd.Context(), wire.JobRequest{Operation: wire.OpModelDelete, Model: args[1], Force: force})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "also if a worker uses it")
	return cmd
}
