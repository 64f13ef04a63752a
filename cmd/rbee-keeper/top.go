package main

import (
	"context"
	"errors"
	"os"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
)

func (k *keeper) topCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "top",
		Short: "Watch the hives and their workers, live",
		Long: "Watch the hives and their workers, live, on a full screen. GPU is the mean over\n" +
			"a hive's GPUs, VRAM and POWER their sum, TEMP the hottest.\n\n" +
			"Keys: v sort by VRAM, l by load, n by name; w hide or show the workers; arrows,\n" +
			"PgUp and PgDn scroll; ? help; q or Ctrl-C quit.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if k.output == formatJSON {
				return cli.Usagef("top is for people: it has no -o json: use 'rbee-keeper hives -o json'")
			}
			if _, _, ok := k.screen(); !ok || k.dumb() {
				return cli.Usagef("top needs a terminal: use 'rbee-keeper hives --watch' or 'rbee-keeper hives -o json'")
			}
			return k.top(cmd.Context())
		},
	}
}

// top shows the fleet until ctx ends or the user has enough, both of which are
// success. As with watch, a queen that is away is waited for; what does not pass
// by itself, such as an answer of something that is no queen, is an error as
// long as no queen was met.
func (k *keeper) top(ctx context.Context) error {
	client := k.client()
	defer client.Close()
	feed := newFeed(k, client)
	if err := feed.look(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil
	}
	width, height, _ := k.screen()
	model := topModel{url: k.queen, width: width, height: height, order: byName, workers: true, seen: feed.snapshot()}
	// The signals are cli's, which end ctx. What colours there may be the library
	// finds in the environment.
	options := []tea.ProgramOption{
		tea.WithContext(ctx), tea.WithoutSignalHandler(), tea.WithFPS(30), tea.WithWindowSize(width, height),
		tea.WithOutput(k.Stdout), tea.WithEnvironment(k.terminalEnvironment()),
	}
	if _, isFile := k.Stdin.(*os.File); !isFile { // else it finds the terminal itself, also behind a redirected stdin
		options = append(options, tea.WithInput(k.Stdin))
	}
	program := tea.NewProgram(model, options...)
	ctx, cancel := context.WithCancel(ctx)
	fed := make(chan error, 1)
	// The program gives the terminal back after its own panics only.
	guard := func(run func()) {
		defer func() {
			if r := recover(); r != nil {
				program.Kill()
				panic(r)
			}
		}()
		run()
	}
	go func() {
		var lost error
		guard(func() { lost = feed.run(ctx, func(s snapshot) error { program.Send(s); return nil }, guard) })
		program.Quit()
		fed <- lost
	}()
	_, err := program.Run()
	cancel()
	lost := <-fed
	if errors.Is(err, tea.ErrProgramKilled) && errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, lost)
}

// terminalEnvironment is what the library may know of the environment.
func (k *keeper) terminalEnvironment() []string {
	env := []string{}
	if k.Getenv("NO_COLOR") != "" {
		env = append(env, "NO_COLOR=1") // whatever it is; the library wants a truth
	}
	for _, name := range []string{
		"TERM", "COLORTERM", "CLICOLOR", "CLICOLOR_FORCE", "TERM_PROGRAM", "TERM_PROGRAM_VERSION",
		"SSH_TTY", "WT_SESSION", "TMUX", "STY", "LANG", "LC_ALL", "LC_CTYPE",
	} {
		if value, set := k.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
}
