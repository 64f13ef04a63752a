package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completeValues tells shells what flags and arguments take, as far as their
// names say it: one of a few words, a FILE, a DIR. For the rest nothing is
// offered, and no file either, unless the command has a function of its own.
func completeValues(root *cobra.Command) {
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	walk(root, func(cmd *cobra.Command) {
		for _, flags := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
			flags.VisitAll(func(f *pflag.Flag) {
				if _, set := cmd.GetFlagCompletionFunc(f.Name); !set {
					if complete := completeNamed(f); complete != nil {
						_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // fails for one that is registered
					}
				}
			})
		}
		if at := slices.Index(argNames(cmd), "FILE"); at >= 0 && cmd.ValidArgsFunction == nil {
			cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
				if len(args) == at {
					return nil, cobra.ShellCompDirectiveDefault
				}
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
		}
	})
}

// completeNamed completes the value of a flag by the word that stands for it in
// --help.
func completeNamed(f *pflag.Flag) cobra.CompletionFunc {
	if strings.Contains(f.Value.Type(), "|") {
		return cobra.FixedCompletions(strings.Split(f.Value.Type(), "|"), cobra.ShellCompDirectiveNoFileComp)
	}
	switch name, _ := pflag.UnquoteUsage(f); name {
	case "FILE":
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	case "DIR":
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	default:
		return nil
	}
}

// argNames are the names of a command's arguments, as its usage has them.
func argNames(cmd *cobra.Command) []string {
	words := strings.Fields(cmd.Use)
	names := []string{}
	for _, word := range words[min(1, len(words)):] {
		names = append(names, strings.Trim(word, "[]…"))
	}
	return names
}

// walk calls do with the command and all below it.
func walk(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, sub := range cmd.Commands() {
		walk(sub, do)
	}
}
