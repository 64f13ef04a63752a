package main

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
	"rbee/internal/peer"
	"rbee/internal/wire"
)

func (k *keeper) logsCommand() *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:               "logs HIVE WORKER|PID",
		Short:             "Show the log of a worker",
		Long:              "Show the log of a worker, by its id or the pid that 'rbee-keeper workers' shows.",
		Args:              hiveAnd("WORKER|PID"),
		ValidArgsFunction: k.completes(hives, workers),
		RunE: func(cmd *cobra.Command, args []string) error {
			if k.output == formatJSON {
				return cli.Usagef("logs are lines: they have no -o json")
			}
			err := k.logs(cmd.Context(), args[0], args[1], follow)
			if follow && errors.Is(err, errInterrupted) {
				return nil
			}
			return err
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on showing it until the worker ends, or Ctrl-C")
	return cmd
}

func (k *keeper) logs(ctx context.Context, hive, worker string, follow bool) error {
	if _, err := strconv.ParseUint(worker, 10, 63); err == nil {
		if worker, err = k.workerID(ctx, hive, worker); err != nil {
			return err
		}
	}
	client := k.client()
	defer client.Close()
	show := func(line string) error { return shown(k.write(cli.Printable(line) + "\n")) }
	if !follow {
		err := client.WorkerLog(ctx, hive, worker, show)
		var own shownError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &own):
			return own.error
		case ctx.Err() != nil:
			return errInterrupted
		}
		return k.explain(err, k.timeout)
	}
	return k.resume(ctx, func(after string, each func(peer.Event) error) error {
		return client.FollowLog(ctx, hive, worker, after, func(e peer.Event) error {
			if err := each(e); err != nil {
				return err
			}
			return show(string(e.Data))
		})
	})
}

// workerID is the id of the worker that has a pid.
func (k *keeper) workerID(ctx context.Context, hive, pid string) (string, error) {
	j := &job{keeper: k, hive: hive}
	if err := j.run(ctx, workerRequest(wire.OpWorkerGet, pid)); err != nil {
		return "", err
	}
	var worker wire.WorkerProcess
	if err := json.Unmarshal(j.result, &worker); err != nil || worker.WorkerID == "" {
		return "", errors.New("the hive does not tell which worker that is: is it up to date?")
	}
	return worker.WorkerID, nil
}
