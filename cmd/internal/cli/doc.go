// Package cli is what the three programs share at their outer edge, and the
// only place where flags, the environment, signals and exit codes are handled.
// What lies within takes a context and a Config.
//
// A main is one line, and a function that builds a cobra command:
//
//	func main() { os.Exit(cli.Main("RBEE_QUEEN", command)) }
//
//	func command(p cli.Process) *cobra.Command {
//		var cfg queen.Config
//		var logs cli.Logging
//		cmd := &cobra.Command{Use: "queen-rbee", Short: "…", RunE: func(cmd *cobra.Command, _ []string) error {
//			cfg.Log = logs.New(p.Stderr)
//			return queen.Run(cmd.Context(), cfg)
//		}}
//		cli.ListenPortVar(cmd.Flags(), &cfg.Port, "port", wire.DefaultQueenPort, "`PORT` to listen on")
//		logs.Register(cmd.Flags())
//		return cmd
//	}
//
// Every flag takes its value from the command line, else from the environment
// (--some-flag from PREFIX_SOME_FLAG), else from its default.
package cli
