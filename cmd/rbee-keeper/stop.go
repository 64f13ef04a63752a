package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
	"rbee/internal/wire"
)

func (k *keeper) stopCommand() *cobra.Command {
	var cancel bool
	cmd := &cobra.Command{
		Use:   "stop HIVE WORKER|PID",
		Short: "Stop a worker",
		Long: "Have a hive stop a worker, by its id or by the pid that 'rbee-keeper workers'\n" +
			"shows, and wait until it has ended. Requests in flight may end first.",
		Args:              hiveAnd("WORKER|PID"),
		ValidArgsFunction: k.completes(hives, workers),
		RunE: func(cmd *cobra.Command, args []string) error {
			request := workerRequest(wire.OpWorkerDelete, args[1])
			j := k.newJob(args[0])
			j.cancel = cancel
			return j.show(cmd.Context(), request)
		},
	}
	cancelFlag(cmd, &cancel)
	return cmd
}

// workerRequest names a worker by its pid, if it is a number, else by its id.
func workerRequest(operation, worker string) wire.JobRequest {
	if pid, err := strconv.ParseInt(worker, 10, 64); err == nil && pid > 0 {
		return wire.JobRequest{Operation: operation, PID: pid}
	}
	return wire.JobRequest{Operation: operation, WorkerID: worker}
}

// hiveAnd accepts two arguments: one that can name a hive, and the one of that
// name.
func hiveAnd(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := cli.Args("HIVE", name)(cmd, args); err != nil {
			return err
		}
		if args[1] == "" {
			return cli.Usagef("argument %s is empty", name)
		}
		return wire.ValidateID(args[0])
	}
}
