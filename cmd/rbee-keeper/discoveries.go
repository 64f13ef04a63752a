package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

func (k *keeper) discoveriesCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "discoveries",
		Short: "Show the latest results of discovery",
		Long:  "Show the latest results of discovery, the newest first.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := ask(cmd.Context(), k, func(ctx context.Context, queen *queenclient.Client) (*wire.DiscoveryList, error) {
				return queen.Discoveries(ctx, limit)
			})
			if err != nil {
				return err
			}
			if len(list.Discoveries) == 0 {
				k.tell("nothing was probed yet: 'rbee-keeper discover' probes all, 'rbee-keeper ssh' shows what that is")
				if k.output == formatTable {
					return nil
				}
			}
			return k.print(list, discoveriesTable(k.now(), list.Discoveries).draw)
		},
	}
	cli.CountVar(cmd.Flags(), &limit, "limit", 20, "how many results")
	return cmd
}

func discoveriesTable(now time.Time, results []wire.Discovery) *table {
	t := newTable(
		column{title: "WHEN"}, column{title: "OUTCOME", style: byWord(1)}, column{title: "ALIAS", give: 2, least: 14},
		column{title: "ADDRESS", give: 3, least: 18}, column{title: "DETAIL", give: 1, least: 22},
	)
	for i := range results {
		r := &results[i]
		t.add(age(now, r.AttemptedAt), string(r.Outcome), r.Alias, address(r.Hostname, r.Port), result(r))
	}
	return t
}

// result is what came of a probe besides its outcome.
func result(r *wire.Discovery) string {
	switch {
	case r.Outcome == wire.OutcomeRegistered:
		return "hive " + r.HiveID
	case r.ErrorText == "":
		return r.Error
	default:
		return r.Error + ": " + r.ErrorText
	}
}

// discoverTimeout bounds a round in which hundreds of hosts do not answer, each
// for 10 s.
const discoverTimeout = 10 * time.Minute

func (k *keeper) discoverCommand() *cobra.Command {
	var request wire.DiscoveryRequest
	cmd := &cobra.Command{
		Use:   "discover",
		Short: "Probe all hosts now, and wait for the results",
		Long: "Have the queen probe the hives it knows and all hosts of its SSH config, and wait\n" +
			"for the results. Ctrl-C ends the waiting only.",
		RunE: func(cmd *cobra.Command, _ []string) error { return k.discover(cmd.Context(), request) },
	}
	cmd.Flags().BoolVar(&request.Take, "take", false, "also take hives from another queen that serves them")
	return cmd
}

func (k *keeper) discover(ctx context.Context, request wire.DiscoveryRequest) error {
	if _, _, terminal := k.screen(); terminal {
		k.tell("probing; a host that does not answer takes 10 s")
	}
	client := k.client()
	defer client.Close()
	round, err := askWithin(ctx, k, client, discoverTimeout,
		func(ctx context.Context, queen *queenclient.Client) (*wire.Round, error) {
			return queen.Discover(ctx, request)
		})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w; the queen may still finish the round: 'rbee-keeper discoveries' shows its results", err)
	}
	if err != nil {
		return err
	}
	for _, w := range round.Warnings {
		k.tell("%s", w)
	}
	return k.print(round, func(on sheet) string {
		text := ""
		if len(round.Results) > 0 {
			text = discoveriesTable(k.now(), round.Results).draw(on) + "\n"
		}
		return text + fmt.Sprintf("Discovery complete: %d successful, %d failed, %d skipped\n",
			round.Successful, round.Failed, round.Skipped)
	})
}
