package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

func (k *keeper) jobsCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "jobs HIVE",
		Short:             "List the jobs of a hive",
		Long:              "List the jobs of a hive: those that run, and the last that ended, oldest first.",
		Args:              hiveID,
		ValidArgsFunction: k.completes(hives),
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := ask(cmd.Context(), k, func(ctx context.Context, queen *queenclient.Client) (*wire.JobList, error) {
				return queen.Jobs(ctx, args[0])
			})
			if err != nil {
				return err
			}
			if len(list.Jobs) == 0 {
				k.tell("no jobs yet: 'rbee-keeper spawn' and 'rbee-keeper pull' make some")
				if k.output == formatTable {
					return nil
				}
			}
			return k.print(list, jobsTable(k.now(), list.Jobs).draw)
		},
	}
}

func jobsTable(now time.Time, jobs []wire.Job) *table {
	t := newTable(
		column{title: "JOB", give: 3, least: 40}, column{title: "OPERATION", give: 2, least: 12}, column{title: "STATE", style: byWord(2)},
		column{title: "BEGUN"}, column{title: "ERROR", give: 1, least: 4},
	)
	for i := range jobs {
		j := &jobs[i]
		t.add(j.JobID, j.Operation, string(j.State), age(now, j.CreatedAt), j.Error)
	}
	return t
}

func (k *keeper) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel HIVE JOB",
		Short: "Cancel a job of a hive",
		Long: "Have a hive end a job. A worker that the job has begun is stopped, unless it\n" +
			"serves already.",
		Args:              hiveAnd("JOB"),
		ValidArgsFunction: k.completes(hives, jobsToEnd),
		RunE: func(cmd *cobra.Command, args []string) error {
			cancelled, err := ask(cmd.Context(), k, func(ctx context.Context, queen *queenclient.Client) (*wire.JobCancel, error) {
				return queen.CancelJob(ctx, args[0], args[1])
			})
			if err != nil {
				return err
			}
			return k.print(cancelled, func(sheet) string { return fmt.Sprintf("%s is cancelled\n", args[1]) })
		},
	}
}
