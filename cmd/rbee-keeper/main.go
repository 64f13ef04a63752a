// Command rbee-keeper is the command line for people: it asks a queen for its
// hives, their workers and their history, and tells it what to do. It keeps nothing
// of its own.
package main

import (
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"rbee/cmd/internal/cli"
	"rbee/internal/wire"
)

func main() { os.Exit(cli.Main("RBEE_KEEPER", command)) }

func command(p cli.Process) *cobra.Command { return newKeeper(p).command() }

// keeper is one run of the program: what its commands share.
type keeper struct {
	cli.Process
	queen   string        // base URL, normal form
	output  string        // table or json
	timeout time.Duration // of one request

	now    func() time.Time
	every  time.Duration                       // between two looks of --watch
	screen func() (width, height int, ok bool) // of stdout; not ok when it is no terminal
}

func newKeeper(p cli.Process) *keeper {
	k := &keeper{Process: p, now: time.Now, every: time.Second}
	k.screen = k.terminal
	return k
}

func (k *keeper) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "rbee-keeper",
		Short: "Ask a queen about its hives, and tell it what to do",
	}
	flags := root.PersistentFlags()
	cli.URLVar(flags, &k.queen, "queen", "http://127.0.0.1:7833", "base `URL` of the queen")
	cli.ChoiceVarP(flags, &k.output, "output", "o", formatTable, "`FORMAT` of the answer", formatTable, formatJSON)
	cli.TimeoutVar(flags, &k.timeout, "timeout", 5*time.Second, "how long to wait for an answer; discover waits longer")
	root.AddCommand(
		k.workersCommand(), k.spawnCommand(), k.stopCommand(), k.logsCommand(),
		k.modelsCommand(), k.pullCommand(), k.removeCommand(), k.jobsCommand(), k.cancelCommand(),
		k.hivesCommand(), k.hiveCommand(), k.topCommand(), k.historyCommand(), k.eventsCommand(),
		k.discoveriesCommand(), k.discoverCommand(), k.forgetCommand(), k.backupCommand(), k.sshCommand(), k.doctorCommand(), k.checkCommand(), k.versionCommand(),
	)
	cli.Document(root, manual)
	return root
}

// manual is what the manual page says beyond --help.
var manual = cli.Manual{
	Section: 1,
	About: "Answers are tables on stdout, fitted to a terminal and in full elsewhere, or JSON\nwith -o json. " +
		"What is said beside them is on stderr.\n\n" +
		"Words that judge are coloured on a terminal; see NO_COLOR.",
	Exit: []cli.Item{{Name: "1 of doctor", Text: "Something is to be done."}, {Name: "1 of check", Text: "Something does not work."}},
	Env: []cli.Item{
		{Name: "NO_COLOR", Text: "Set to anything: no colours."},
		{Name: "TERM", Text: "No colours and no top where it is dumb; no colours where it is not set."},
	},
	Files: []cli.Item{{Name: "~/.ssh/config", Text: "What ssh and doctor read, unless --ssh-config names another. The program writes no file but that of backup."}},
	See:   []string{"queen-rbee(8)", "rbee-hive(8)", "rbee-swarm(1)", "ssh_config(5)"},
}

// terminal measures stdout.
func (k *keeper) terminal() (width, height int, ok bool) {
	file, isFile := k.Stdout.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return 0, 0, false
	}
	width, height, err := term.GetSize(int(file.Fd()))
	if err != nil || width <= 0 || height <= 0 { // a serial console does not know
		return 80, 24, true
	}
	return width, height, true
}

// hiveID accepts one argument that can name a hive.
func hiveID(cmd *cobra.Command, args []string) error {
	if err := cli.Args("ID")(cmd, args); err != nil {
		return err
	}
	return wire.ValidateID(args[0])
}
