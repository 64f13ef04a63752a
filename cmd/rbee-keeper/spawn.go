package main

import (
	"github.com/spf13/cobra"

	"rbee/internal/wire"
)

func (k *keeper) spawnCommand() *cobra.Command {
	var request wire.JobRequest
	var cancel bool
	cmd := &cobra.Command{
		Use:   "spawn HIVE MODEL",
		Short: "Start a worker for a model",
		Long: "Have a hive start a worker for a model, and follow it until it serves. The kind\n" +
			"of worker follows from the model, if none is given.\n\n" +
			"Ctrl-C ends the following only; the worker goes on.",
		Args: hiveAnd("MODEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Operation, request.Model = wire.OpModelLoad, args[1]
			if request.Worker != "" {
				request.Operation = wire.OpWorkerSpawn
			}
			j := k.newJob(args[0])
			j.cancel = cancel
			return j.show(cmd.Context(), request)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&request.Worker, "worker", "", "`KIND` of worker, as llama-server")
	flags.StringVar(&request.Device, "device", "", "`DEVICE` to run on, as GPU-0 or CPU-0; the first GPU if not given")
	flags.BoolVar(&request.Force, "force", false, "also if the model should not fit, or the hive does not know it")
	cancelFlag(cmd, &cancel)
	return cmd
}
