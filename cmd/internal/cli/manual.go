package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Manual is what a manual page says beyond what --help does. The rest of the
// page is made of the commands and their flags.
type Manual struct {
	Section int    // 1 for people's commands, 8 for daemons
	About   string // paragraphs below the description, with an empty line between them
	Exit    []Item // exit codes beyond 0, 1 and 2
	Env     []Item // variables that stand for no flag
	Files   []Item
	See     []string // as "rbee-hive(8)"
}

// Item is one line of a list, as {"3", "the state file is damaged"}.
type Item struct{ Name, Text string }

// manualKey is the annotation that a root command keeps its manual in, and
// manualCommand has it written, as __complete has shells told.
const (
	manualKey     = "rbee_manual"
	manualCommand = "__man"
)

// Document gives a root command its manual.
func Document(root *cobra.Command, m Manual) {
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings and numbers
	}
	if root.Annotations == nil {
		root.Annotations = map[string]string{}
	}
	root.Annotations[manualKey] = string(raw)
}

// writeManual writes the manual page, in man(7). It is the same for the same
// program: its date is that of SOURCE_DATE_EPOCH, if that is set.
func writeManual(w io.Writer, root *cobra.Command, prefix, epoch string) error {
	m := Manual{Section: 1}
	if raw := root.Annotations[manualKey]; raw != "" {
		if err := json.Unmarshal([]byte(raw), &m); err != nil {
			return err
		}
	}
	date := ""
	if s, err := strconv.ParseInt(epoch, 10, 64); err == nil {
		date = time.Unix(s, 0).UTC().Format(time.DateOnly)
	}
	version, _, _ := strings.Cut(Version, "+")
	p := &page{prefix: prefix}
	fmt.Fprintf(&p.b, ".TH \"%s\" \"%d\" \"%s\" \"rbee %s\" \"rbee\"\n", strings.ToUpper(root.Name()), m.Section, date, version)
	p.macro("nh") // a flag that is cut in two is one that nobody finds
	p.b.WriteString(".ad l\n")
	p.macro("SH", "NAME")
	p.line(root.Name() + " - " + strings.ToLower(root.Short[:1]) + root.Short[1:])
	p.synopsis(root)
	p.macro("SH", "DESCRIPTION")
	p.text(describe(root))
	p.text(m.About)
	p.macro("SH", "OPTIONS")
	p.flags(root.LocalFlags())
	p.text("Flags that are not given take their values from variables: see ENVIRONMENT.")
	p.commands(root)
	p.macro("SH", "ENVIRONMENT")
	p.items(append(p.variables(root), m.Env...))
	p.macro("SH", "EXIT STATUS")
	p.items(append([]Item{
		{"0", "It did what it was to do."},
		{"1", "It failed; one line on stderr says why, and what to do about it."},
		{"2", "The command line or a variable is wrong."},
	}, m.Exit...))
	if len(m.Files) > 0 {
		p.macro("SH", "FILES")
		p.items(m.Files)
	}
	p.examples(root)
	p.macro("SH", "SEE ALSO")
	p.line(strings.Join(m.See, ", "))
	_, err := io.WriteString(w, p.b.String())
	return err
}

func describe(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return cmd.Long
	}
	return strings.TrimSuffix(cmd.Short, ".") + "."
}

// documented are the commands below one, without those of cobra, which are told
// of in other words.
func documented(cmd *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" && sub.Name() != "completion" {
			all = append(all, sub)
		}
	}
	return all
}

func (p *page) synopsis(root *cobra.Command) {
	p.macro("SH", "SYNOPSIS")
	if root.Runnable() && !strings.HasSuffix(root.Use, " COMMAND") {
		p.line("\x01" + root.Name() + "\x02 [flags]")
		p.macro("br")
	}
	if len(documented(root)) > 0 {
		p.line("\x01" + root.Name() + "\x02 \x03COMMAND\x02 [arguments] [flags]")
		p.macro("br")
	}
	p.line("\x01" + root.Name() + " completion\x02 bash|zsh|fish|powershell")
}

func (p *page) commands(root *cobra.Command) {
	p.macro("SH", "COMMANDS")
	for _, cmd := range documented(root) {
		p.macro("SS", strings.TrimSuffix(strings.TrimPrefix(cmd.UseLine(), root.Name()+" "), " [flags]"))
		p.text(describe(cmd))
		if cmd.LocalNonPersistentFlags().HasAvailableFlags() {
			p.flags(cmd.LocalNonPersistentFlags())
		}
	}
	p.macro("SS", "completion bash|zsh|fish|powershell")
	p.text("Print what a shell needs to complete the commands, flags and arguments of this\nprogram. 'completion bash --help', and so on, say where it belongs.")
}

func (p *page) flags(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || (f.Name == "help" && p.told["help"]) {
			return
		}
		p.tell(f.Name)
		name := "\x01--" + f.Name + "\x02"
		if f.Shorthand != "" {
			name = "\x01-" + f.Shorthand + "\x02, " + name
		}
		value, usage := pflag.UnquoteUsage(f)
		if value != "" {
			name += " \x03" + value + "\x02"
		}
		switch f.DefValue {
		case "", "0", "false", "[]":
		default:
			usage += " (default " + f.DefValue + ")"
		}
		p.item(name, strings.ToUpper(usage[:1])+usage[1:]+".")
	})
}

// variables has a line for each flag of the commands, by name.
func (p *page) variables(root *cobra.Command) []Item {
	var all []Item
	seen := map[string]bool{}
	for _, cmd := range append(documented(root), root) {
		cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
			if name := variable(p.prefix, f); name != "" && !seen[name] && !f.Hidden {
				seen[name] = true
				all = append(all, Item{name, "Stands for --" + f.Name + "."})
			}
		})
	}
	slices.SortFunc(all, func(a, b Item) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (p *page) examples(root *cobra.Command) {
	var all []string
	walk(root, func(cmd *cobra.Command) {
		if cmd.Example != "" && (cmd == root || cmd.IsAvailableCommand()) {
			all = append(all, cmd.Example)
		}
	})
	if len(all) == 0 {
		return
	}
	p.macro("SH", "EXAMPLES")
	p.macro("nf")
	p.line(strings.Join(all, "\n"))
	p.macro("fi")
}
