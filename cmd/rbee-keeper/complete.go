package main

import (
	"context"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// completeWithin is how long somebody who pressed Tab waits.
const completeWithin = time.Second

// offer asks for what there is to choose from, which may depend on the arguments
// before it. A queen or a hive that is away or says no offers nothing, and
// nobody is told.
type offer func(ctx context.Context, k *keeper, args []string) []cobra.Completion

// completes completes each argument from its own offer.
func (k *keeper) completes(offers ...offer) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= len(offers) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return k.offered(cmd, args, offers[len(args)])
	}
}

// completesFlag completes the value of a flag.
func (k *keeper) completesFlag(cmd *cobra.Command, flag string, from offer) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return k.offered(cmd, args, from)
	})
	if err != nil {
		panic(err) // the program names a flag it does not have
	}
}

// completesWords completes the value of a flag from words that are always the
// same.
func completesWords(cmd *cobra.Command, flag string, words ...cobra.Completion) {
	inOrder := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, inOrder)); err != nil {
		panic(err)
	}
}

// offered asks within the time that there is.
func (k *keeper) offered(cmd *cobra.Command, args []string, from offer) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completeWithin)
	defer cancel()
	quiet := *k
	quiet.Stderr, quiet.timeout = io.Discard, completeWithin
	return from(ctx, &quiet, args), cobra.ShellCompDirectiveNoFileComp
}

// choice is one thing to choose. What a shell could take for more than a word is
// left out, whoever sent it.
func choice(all []cobra.Completion, value string, about ...string) []cobra.Completion {
	const shells = "`$\\\"'&|;<>()*?[]{}!#~ \t"
	if value == "" || cli.Printable(value) != value || strings.ContainsAny(value, shells) {
		return all
	}
	said := []string{}
	for _, text := range about {
		if text = cli.Printable(text); text != "" && !strings.ContainsAny(text, "`$\\\"'") {
			said = append(said, text)
		}
	}
	return append(all, cobra.CompletionWithDesc(value, strings.Join(said, ", ")))
}

func hives(ctx context.Context, k *keeper, _ []string) (all []cobra.Completion) {
	for _, h := range k.known(ctx) {
		all = choice(all, h.ID, string(h.Status))
	}
	return all
}

// known are the hives of the queen.
func (k *keeper) known(ctx context.Context) []wire.Hive {
	list, err := ask(ctx, k, func(ctx context.Context, queen *queenclient.Client) (*wire.HiveList, error) { return queen.Hives(ctx) })
	if err != nil {
		return nil
	}
	return list.Hives
}

// workers are those of the hive before it: by id, as the hive has them, else by
// pid, from its last heartbeat.
func workers(ctx context.Context, k *keeper, args []string) (all []cobra.Completion) {
	var list wire.WorkerList
	if resultOf(ctx, k, args, wire.OpWorkerList, &list) {
		for i := range list.Workers {
			w := &list.Workers[i]
			all = choice(all, w.WorkerID, string(w.State), w.Model)
		}
		return all
	}
	for _, h := range k.known(ctx) {
		if h.ID != args[0] {
			continue
		}
		for i := range h.Workers {
			w := &h.Workers[i]
			about := w.Group
			if w.Model != nil {
				about = *w.Model
			}
			all = choice(all, strconv.FormatInt(w.PID, 10), about)
		}
	}
	return all
}

// models are those of the hive before it, kept in one of the places, or anywhere.
func models(places ...wire.ModelSource) offer {
	return func(ctx context.Context, k *keeper, args []string) (all []cobra.Completion) {
		var list wire.ModelList
		if !resultOf(ctx, k, args, wire.OpModelList, &list) {
			return nil
		}
		for i := range list.Models {
			m := &list.Models[i]
			if len(places) == 0 || m.Source == places[0] {
				all = choice(all, m.ID, bytesText(m.SizeBytes), string(m.Source))
			}
		}
		return all
	}
}

// kinds are the kinds of worker that the hive before it can run.
func kinds(ctx context.Context, k *keeper, args []string) (all []cobra.Completion) {
	var list wire.WorkerKindList
	if !resultOf(ctx, k, args, wire.OpKindList, &list) {
		return nil
	}
	for _, kind := range list.Kinds {
		if kind.Found {
			all = choice(all, kind.Name, kind.Program)
		}
	}
	return all
}

// devices are those of the hive before it.
func devices(ctx context.Context, k *keeper, args []string) (all []cobra.Completion) {
	for _, h := range k.known(ctx) {
		if len(args) == 0 || h.ID != args[0] {
			continue
		}
		for _, d := range h.Devices {
			all = choice(all, d.ID, d.Name)
		}
	}
	return all
}

// jobsToEnd are the jobs of the hive before it that have not ended.
func jobsToEnd(ctx context.Context, k *keeper, args []string) (all []cobra.Completion) {
	list, err := ask(ctx, k, func(ctx context.Context, queen *queenclient.Client) (*wire.JobList, error) {
		return queen.Jobs(ctx, args[0])
	})
	if err != nil {
		return nil
	}
	for i := range list.Jobs {
		if j := &list.Jobs[i]; !j.State.Ended() {
			all = choice(all, j.JobID, j.Operation, string(j.State))
		}
	}
	return all
}

func eventKinds(context.Context, *keeper, []string) (all []cobra.Completion) {
	for _, kind := range wire.EventKinds() {
		all = append(all, string(kind))
	}
	return all
}

// resultOf has the hive that the first argument names do something, and says
// whether it did.
func resultOf(ctx context.Context, k *keeper, args []string, operation string, result any) bool {
	if len(args) == 0 || wire.ValidateID(args[0]) != nil {
		return false
	}
	j := &job{keeper: k, hive: args[0]}
	return j.run(ctx, wire.JobRequest{Operation: operation}) == nil && json.Unmarshal(j.result, result) == nil
}
