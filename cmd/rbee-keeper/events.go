package main

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

func (k *keeper) eventsCommand() *cobra.Command {
	filter := queenclient.EventFilter{}
	var kind string
	var after int64
	var follow bool
	cmd := &cobra.Command{
		Use:   "events",
		Short: "Show what happened",
		Long: "Show the last events, the latest at the end; with --after the first ones behind\n" +
			"that id.\n\n" +
			"With --follow go on with those that come, a line each, with -o json an object a\n" +
			"line, until Ctrl-C. A queen that is away is waited for; what happened meanwhile\n" +
			"is shown when she is back.",
		Example: "  rbee-keeper events --hive gaming-pc --kind hive.down\n" +
			"  rbee-keeper events -f -o json | jq -r 'select(.kind == \"hive.down\") | .hive_id'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if filter.Hive != "" {
				if err := wire.ValidateID(filter.Hive); err != nil {
					return cli.Usagef("--hive: %w", err)
				}
			}
			if after < 0 {
				return cli.Usagef("--after: %d is not the id of an event: expected a whole number from 0", after)
			}
			if cmd.Flags().Changed("after") {
				filter.After = &after
			}
			if filter.Limit > mostEvents {
				return cli.Usagef("--limit: %d is more than a queen tells at once: expected at most %d, then --after for those behind", filter.Limit, mostEvents)
			}
			filter.Kind = wire.EventKind(kind)
			if follow {
				return k.followEvents(cmd.Context(), filter)
			}
			return k.events(cmd.Context(), filter)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&filter.Hive, "hive", "", "only events of the hive with this `ID`")
	flags.StringVar(&kind, "kind", "", "only events of this `KIND`, such as hive.down")
	cli.CountVar(flags, &filter.Limit, "limit", 20, "how many events")
	flags.Int64Var(&after, "after", 0, "only events after the one with this `ID`, the first of them; 0: from the beginning")
	flags.BoolVarP(&follow, "follow", "f", false, "go on with those that come, until Ctrl-C")
	k.completesFlag(cmd, "hive", hives)
	k.completesFlag(cmd, "kind", eventKinds)
	return cmd
}

// mostEvents is what a queen tells of in one answer.
const mostEvents = 1000

// followEvents shows events until ctx ends, which is success.
func (k *keeper) followEvents(ctx context.Context, filter queenclient.EventFilter) error {
	client := k.client()
	defer client.Close()
	feed := newEventFeed(k, client, filter)
	if err := feed.look(ctx); err != nil {
		return err
	}
	v := &lineView{keeper: k, listed: true}
	return feed.run(ctx, v.show, unguarded)
}

// writeEvents writes a line for each.
func (k *keeper) writeEvents(events []wire.Event) error {
	var text strings.Builder
	for i := range events {
		if k.output != formatJSON {
			text.WriteString(eventLine(&events[i]))
			continue
		}
		raw, err := json.Marshal(events[i])
		if err != nil {
			return err
		}
		text.Write(append(raw, '\n'))
	}
	if text.Len() == 0 {
		return nil
	}
	return k.write(text.String())
}

func (k *keeper) events(ctx context.Context, filter queenclient.EventFilter) error {
	list, err := ask(ctx, k, func(ctx context.Context, queen *queenclient.Client) (*wire.EventList, error) {
		return queen.Events(ctx, filter)
	})
	if err != nil {
		return err
	}
	if len(list.Events) == 0 {
		k.tell("no such events: 'rbee-keeper events' without flags shows the latest of all")
		if k.output == formatTable {
			return nil
		}
	}
	return k.print(list, eventsTable(k.now(), list.Events).draw)
}

func eventsTable(now time.Time, events []wire.Event) *table {
	t := newTable(
		column{title: "ID", right: true}, column{title: "WHEN"}, column{title: "KIND", give: 3, least: 17, style: byWord(2)},
		column{title: "HIVE", give: 2, least: 16}, column{title: "DETAIL", give: 1, least: 24},
	)
	for i := range events {
		e := &events[i]
		t.add(strconv.FormatInt(e.ID, 10), age(now, e.At), string(e.Kind), e.HiveID, detail(e.Detail))
	}
	return t
}
