package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
	"rbee/internal/store"
	"rbee/internal/wire"
)

// stateFlag is --state, which all commands share, and what those need that work
// on the file while no queen runs.
type stateFlag struct {
	cli.Process
	file string
}

// path is the state file that is meant.
func (s *stateFlag) path() (string, error) {
	if s.file != "" {
		return s.file, nil
	}
	return s.StatePath("queen.db", "--state FILE")
}

// hold has f run with the state file, which no queen can take meanwhile.
func (s *stateFlag) hold(f func(*store.Stopped) error) error {
	path, err := s.path()
	if err != nil {
		return err
	}
	held, err := store.Hold(path)
	if err != nil {
		return stateError(err)
	}
	return stateError(errors.Join(f(held), held.Close()))
}

func (s *stateFlag) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the state of a stopped queen into FILE",
		Long: "Copy the state of a stopped queen into FILE, which must not exist. While she runs,\n" +
			"use 'rbee-keeper backup FILE'.",
		Args: cli.Args("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.hold(func(held *store.Stopped) error { return s.backup(cmd.Context(), held, args[0]) })
		},
	}
}

func (s *stateFlag) backup(ctx context.Context, held *store.Stopped, file string) error {
	began := time.Now()
	progress := cli.NewProgress(s.Stderr)
	about, err := held.Backup(ctx, file, func(done, total int64) { progress.Tell("copying", done, total) })
	progress.End()
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists: name another file", file)
	}
	if err != nil {
		return err
	}
	noted := store.BackedUp{Bytes: about.Bytes, DurationMS: time.Since(began).Milliseconds(), By: "queen-rbee", File: file}
	if err := held.Note(ctx, time.Now(), wire.EventStateBackedUp, noted); err != nil {
		s.say("the copy is made, but not recorded in the audit log: %v", err)
	}
	return s.print("%s: %s", file, summary(about))
}

func (s *stateFlag) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restore FILE",
		Short: "Put the copy in FILE into the place of a stopped queen's state",
		Long: "Put the copy in FILE into the place of the state of a stopped queen. The copy is\n" +
			"checked before anything is touched, and what was there is kept beside it under\n" +
			"another name.",
		Args: cli.Args("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.hold(func(held *store.Stopped) error { return s.restore(cmd.Context(), held, args[0]) })
		},
	}
}

func (s *stateFlag) restore(ctx context.Context, held *store.Stopped, file string) error {
	progress := cli.NewProgress(s.Stderr)
	restored, about, err := held.Restore(ctx, file, time.Now(), func(done, total int64) { progress.Tell("copying", done, total) })
	progress.End()
	if err != nil {
		return err
	}
	kept := "there was no state before"
	if restored.Kept != "" {
		kept = "the former state is kept beside it as " + restored.Kept
	}
	return s.print("%s is restored from %s: %s; %s", held.Path(), file, summary(about), kept)
}

func (s *stateFlag) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Read every page of a stopped queen's state, or of the copy in FILE",
		Long: "Read every page of the state of a stopped queen, or of the copy in FILE, and change\n" +
			"nothing. The exit code is 3 when it is damaged, foreign, or newer than this program.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := s.path()
			if len(args) == 1 {
				file, err = args[0], nil
			}
			if err != nil {
				return err
			}
			about, err := store.Check(cmd.Context(), file)
			if err != nil {
				return stateError(err)
			}
			return s.print("%s is whole: %s", file, summary(about))
		},
	}
}

func (s *stateFlag) verifyCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Restore the copy in FILE into a temporary place, and say what it holds",
		Long: "Restore the copy in FILE into a temporary place ($TMPDIR), open it there as a queen\n" +
			"would, and say what it holds. Neither the copy nor any state is changed.",
		Args: cli.Args("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := os.MkdirTemp("", "queen-rbee-verify-")
			if err != nil {
				return err
			}
			defer func() { _ = os.RemoveAll(dir) }()
			found, err := store.Verify(cmd.Context(), args[0], dir)
			if err != nil {
				return stateError(err)
			}
			if output == "json" {
				return s.printJSON(found)
			}
			return s.print("%s", verified(found))
		},
	}
	cli.ChoiceVarP(cmd.Flags(), &output, "output", "o", "table", "`FORMAT` of the answer", "table", "json")
	return cmd
}

// verified is a table of what a copy holds.
func verified(v store.Verified) string {
	schema := fmt.Sprint(v.SchemaVersion)
	if v.MigratedTo != 0 {
		schema += fmt.Sprintf(" (this program makes it %d)", v.MigratedTo)
	}
	return fmt.Sprintf("QUEEN             %s\nSCHEMA            %s\nSIZE              %s\nEPOCHS            %d\nHIVES             %d\n"+
		"HEARTBEATS        %d\nEVENTS            %d\nNEWEST HEARTBEAT  %s\nNEWEST EVENT      %s",
		v.QueenID, schema, cli.FileSize(v.Bytes), v.Epochs, v.Hives, v.Heartbeats, v.Events, moment(v.NewestHeartbeat), moment(v.NewestEvent))
}

func summary(about wire.StateFile) string {
	return fmt.Sprintf("%s, %d epochs, %d hives, newest heartbeat %s",
		cli.FileSize(about.Bytes), about.Epochs, about.Hives, moment(about.NewestHeartbeat))
}

func moment(at *time.Time) string {
	if at == nil {
		return "none"
	}
	return at.UTC().Format(time.RFC3339)
}

func (s *stateFlag) print(format string, args ...any) error {
	_, err := fmt.Fprintln(s.Stdout, fmt.Sprintf(format, args...))
	return err
}

func (s *stateFlag) printJSON(document any) error {
	enc := json.NewEncoder(s.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(document)
}

// say writes a line beside the answer.
func (s *stateFlag) say(format string, args ...any) {
	fmt.Fprintln(s.Stderr, "queen-rbee: "+cli.Printable(fmt.Sprintf(format, args...)))
}
