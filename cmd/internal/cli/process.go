package cli

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// Process is what a program is given by whoever starts it. Tests make their own.
type Process struct {
	Args           []string // without the program's name
	LookupEnv      func(name string) (value string, set bool)
	Environ        []string // all of it, for programs that start others
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Getenv returns a variable of the environment, "" when it is not set.
func (p Process) Getenv(name string) string {
	value, _ := p.LookupEnv(name)
	return value
}

// Main runs the command as this process, ended by signals as WithSignals says,
// and returns the exit code.
func Main(envPrefix string, command func(Process) *cobra.Command) int {
	p := Process{
		Args: os.Args[1:], LookupEnv: os.LookupEnv, Environ: os.Environ(),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}
	return WithSignals(context.Background(), func(ctx context.Context) int {
		return Execute(ctx, envPrefix, p, command(p))
	})
}

// Execute runs the command, or the one of its subcommands that p.Args names,
// within ctx, and returns the exit code. An error is one line on p.Stderr.
//
// It gives the tree its --version, --help and environment; the commands must
// not have persistent hooks of their own. A command that says nothing of its
// arguments takes none.
func Execute(ctx context.Context, envPrefix string, p Process, root *cobra.Command) int {
	running := false // before a command runs, every error is the user's
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetArgs(append([]string{}, p.Args...)) // never nil: that would mean os.Args
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.Flags().Bool("version", false, "print the version and exit")
	root.Version = Version
	root.SetVersionTemplate(VersionLine(root.Name()) + "\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	root.SetUsageFunc(func(cmd *cobra.Command) error { return printUsage(cmd, envPrefix) })
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := applyEnv(cmd.Flags(), envPrefix, p.LookupEnv); err != nil {
			return err
		}
		running = true
		return nil
	}
	completeValues(root)
	root.InitDefaultCompletionCmd(p.Args...) // now, so that it refuses what it does not know as the others do
	refuseStrayArgs(root)
	if len(p.Args) == 1 && p.Args[0] == manualCommand {
		if err := writeManual(p.Stdout, root, envPrefix, p.Getenv("SOURCE_DATE_EPOCH")); err != nil {
			return report(p.Stderr, root.Name(), root.Name(), err)
		}
		return ExitOK
	}

	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return ExitOK
	}
	if !running {
		err = &ExitError{Code: ExitUsage, Err: err}
	}
	return report(p.Stderr, root.Name(), cmd.CommandPath(), err)
}

// refuseStrayArgs closes what cobra leaves open: a command without Args takes
// any, and an unknown subcommand is answered in several lines.
func refuseStrayArgs(cmd *cobra.Command) {
	switch {
	case cmd.HasSubCommands() && cmd.RunE == nil:
		cmd.Use += " COMMAND"
		cmd.Args = unknownCommand
		cmd.RunE = func(*cobra.Command, []string) error { return nil }
	case cmd.HasSubCommands() && cmd.Args == nil:
		cmd.Args = noCommand
	case cmd.Args == nil:
		cmd.Args = Args()
	}
	for _, sub := range cmd.Commands() {
		refuseStrayArgs(sub)
	}
}

func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		names := []string{}
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() && sub.Name() != "completion" {
				names = append(names, sub.Name())
			}
		}
		return Usagef("no command given: use one of %s", strings.Join(names, ", "))
	}
	return noCommand(cmd, args)
}

// noCommand accepts no arguments; one would be a command.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return Usagef("unknown command %q: did you mean %s?", args[0], strings.Join(near, " or "))
	}
	return Usagef("unknown command %q", args[0])
}

// Args accepts exactly the arguments with these names.
func Args(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > len(names) {
			return Usagef("unexpected argument %q", args[len(names)])
		}
		if len(args) < len(names) {
			return Usagef("argument %s is missing", names[len(args)])
		}
		return nil
	}
}
