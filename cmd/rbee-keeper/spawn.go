package main

import (
	"github.com/spf13/cobra"

	"rbee/internal/wire"
)

func (k *keeper) spawnCommand() *cobra.Command {
	var request wire.JobRequest
	var cancel bool
	cmd := &cobra.Command{
		Use:   "spawn HIVE [MODEL]",
		Short: "Start a worker for a model",
		Long: "Have a hive start a worker for a model, and follow it until it serves. The kind\n" +
			"of worker follows from the model, if none is given; some kinds need no model.\n\n" +
			"Ctrl-C ends the following only; the worker goes on.",
		Example: "  rbee-keeper spawn gaming-pc ORG/REPO/MODEL-Q4_K_M --device GPU-1 --context 16384\n" +
			"  rbee-keeper spawn gaming-pc --worker comfyui",
		ValidArgsFunction: k.completes(hives, models()),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && request.Worker != "" {
				return wire.ValidateID(args[0])
			}
			return hiveAnd("MODEL")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Operation = wire.OpModelLoad
			if request.Worker != "" {
				request.Operation = wire.OpWorkerSpawn
			}
			if len(args) == 2 {
				request.Model = args[1]
			}
			j := k.newJob(args[0])
			j.cancel = cancel
			return j.show(cmd.Context(), request)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&request.Worker, "worker", "", "`KIND` of worker, as llama-server")
	flags.StringVar(&request.Device, "device", "", "`DEVICE` to run on, as GPU-0 or CPU-0; the first GPU if not given")
	flags.Int64Var(&request.Context, "context", 0, "so many `TOKENS` the model shall keep (default 8192, or what it was trained for if that is less)")
	flags.StringVar(&request.Group, "group", "", "`NAME` that its samples are grouped under (default that of the kind)")
	flags.StringVar(&request.Restart, "restart", "", "`POLICY` when it fails: never or on-failure (default that of the kind)")
	flags.BoolVar(&request.Force, "force", false, "also if the model should not fit, or the hive does not know it")
	cancelFlag(cmd, &cancel)
	k.completesFlag(cmd, "worker", kinds)
	k.completesFlag(cmd, "device", devices)
	completesWords(cmd, "restart", "never", "on-failure")
	return cmd
}
