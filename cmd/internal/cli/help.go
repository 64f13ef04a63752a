package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth keeps --help within a terminal of the usual width.
const helpWidth = 80

// printUsage writes what --help says below the description, each flag with its
// variable.
func printUsage(cmd *cobra.Command, envPrefix string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasAvailableSubCommands() && !strings.HasSuffix(cmd.Use, " COMMAND") { // it does something by itself too
		fmt.Fprintf(&b, "  %s COMMAND [flags]\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprint(&b, "\nCommands:\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-*s  %s\n", sub.NamePadding(), sub.Name(), sub.Short)
			}
		}
	}
	if cmd.HasAvailableLocalFlags() {
		fmt.Fprintf(&b, "\nFlags:\n%s", flagUsages(cmd.LocalFlags(), envPrefix))
	}
	if cmd.HasAvailableInheritedFlags() {
		fmt.Fprintf(&b, "\nGlobal flags:\n%s", flagUsages(cmd.InheritedFlags(), envPrefix))
	}
	fmt.Fprint(&b, "\nA flag that is not given takes its value from the variable in brackets.\n")
	_, err := fmt.Fprint(cmd.OutOrStderr(), b.String())
	return err
}

func flagUsages(flags *pflag.FlagSet, envPrefix string) string {
	named := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.VisitAll(func(f *pflag.Flag) {
		shown := *f
		if name := variable(envPrefix, f); name != "" {
			shown.Usage += " [" + name + "]"
		}
		named.AddFlag(&shown)
	})
	return named.FlagUsagesWrapped(helpWidth)
}
