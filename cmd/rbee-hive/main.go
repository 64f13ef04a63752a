// Command rbee-hive is the node agent: it says what this machine can compute on
// and how it is, to a queen that finds it or that it is told of.
package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"rbee/cmd/internal/cli"
	"rbee/internal/hive"
	"rbee/internal/hive/device"
	"rbee/internal/hive/model"
	"rbee/internal/hive/model/download"
	"rbee/internal/hive/worker"
	"rbee/internal/wire"
)

func main() { os.Exit(cli.Main("RBEE_HIVE", command)) }

func command(p cli.Process) *cobra.Command {
	work := &hive.Work{Env: p.Environ, Path: p.Getenv("PATH"), HubToken: p.Getenv("HF_TOKEN"), Cgroups: true}
	cfg := hive.Config{Version: cli.Version, Work: work}
	var (
		queenURL string
		models   []string
		ports    [2]int
		logs     cli.Logging
	)
	cmd := &cobra.Command{
		Use:   "rbee-hive",
		Short: "Offer this machine to a queen, or run standalone until one asks",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if cmd.Flags().Changed("queen-url") {
				cfg.QueenURL = &queenURL
			}
			if cfg.StateDir == "" {
				if cfg.StateDir, err = p.StatePath("hive", "--state-dir DIR"); err != nil {
					return err
				}
			}
			work.Ports = worker.PortRange{From: ports[0], To: ports[1]}
			work.Models = modelPlaces(p, models, cfg.StateDir)
			cfg.Log = logs.New(p.Stderr)
			return run(cmd.Context(), p, cfg)
		},
	}
	flags := cmd.Flags()
	cli.BindVar(flags, &cfg.Bind, "bind", "`ADDRESS` to listen on; a queen elsewhere finds the hive only beyond loopback")
	cli.ListenPortVar(flags, &cfg.Port, "port", wire.DefaultHivePort, "`PORT` to listen on; 0 is any free one")
	flags.StringVar(&queenURL, "queen-url", "", "`URL` of the queen (default: the last one, else standalone; empty: standalone)")
	cli.EmptyCounts(flags, "queen-url")
	flags.StringVar(&cfg.HiveID, "hive-id", "", "`ID` of this hive (default: the hostname)")
	flags.StringVar(&cfg.StateDir, "state-dir", "", "`DIR` of identity and remembered queen (default $XDG_STATE_HOME/rbee/hive)")
	flags.StringVar(&cfg.AdvertiseHost, "advertise-host", "", "`HOST` the hive calls itself, for display (default: the hostname)")
	cli.DurationVar(flags, &cfg.RediscoverEvery, "rediscover-every", hive.DefaultRediscoverEvery,
		"between tries to reach a lost queen; 0 is none")
	cli.ListVar(flags, &cfg.AllowHosts, "allow-host", "further Host `NAME` to serve; may be repeated")
	cli.ListVar(flags, &models, "models-dir", "`DIR` of models; the first gets the downloads, further ones are read; may be repeated (default $XDG_DATA_HOME/rbee/models)")
	cli.PortRangeVar(flags, &ports, "worker-ports", [2]int{hive.DefaultPorts.From, hive.DefaultPorts.To}, "ports that workers get, `FROM-TO`")
	flags.BoolVar(&work.StopWorkers, "stop-workers", false, "stop the workers when the hive ends, instead of leaving them to the next one")
	cli.URLVar(flags, &work.HubURL, "hub-url", download.DefaultHub, "`URL` of the hub that hf: references lead to; HF_TOKEN is the token for it")
	logs.Register(flags)
	cli.Document(cmd, manual)
	return cmd
}

// manual is what the manual page says beyond --help.
var manual = cli.Manual{
	Section: 8,
	About: "The hive tells a queen once a second what its machine can compute on and how it\n" +
		"is, and runs inference servers, its workers, when it is asked to. Without a queen\n" +
		"it serves all the same, and waits for one.\n\n" +
		"SIGTERM and SIGINT end it in order; a second one ends it at once. Its workers go\n" +
		"on, and the next hive takes them over, unless --stop-workers is given.",
	Exit: []cli.Item{
		{Name: "4", Text: "Another hive holds the state directory."},
		{Name: "5", Text: "The state directory cannot be read or written."},
	},
	Env: []cli.Item{
		{Name: "HF_TOKEN", Text: "The token for the hub that models come from."},
		{Name: "HF_HOME, HF_HUB_CACHE, OLLAMA_MODELS", Text: "Where the models of other programs are, which are read too."},
		{Name: "XDG_STATE_HOME, XDG_DATA_HOME", Text: "Where rbee/hive and rbee/models are; ~/.local/state and ~/.local/share if they are not set."},
	},
	Files: []cli.Item{
		{Name: "~/.local/state/rbee/hive", Text: "Its identity, the queen it remembers, and its workers."},
		{Name: "workers.d/NAME.toml", Text: "In it: kinds of worker of yours."},
		{Name: "~/.local/share/rbee/models", Text: "The models that it downloads."},
		{Name: "/etc/default/rbee-hive, /var/lib/rbee-hive", Text: "Settings and state of the machine's service."},
	},
	See: []string{"queen-rbee(8)", "rbee-keeper(1)", "nvidia-smi(1)"},
}

// modelPlaces are where models are looked for: the hive's own folder, others of
// the user's, and those of Ollama and of the hub's tools. A service without a
// home has its own folder in the state directory.
func modelPlaces(p cli.Process, dirs []string, stateDir string) []model.Place {
	if len(dirs) == 0 {
		own, err := p.DataPath("models", "--models-dir DIR")
		if err != nil {
			own = filepath.Join(stateDir, "models")
		}
		dirs = []string{own}
	}
	places := []model.Place{{Source: wire.ModelOwn, Path: dirs[0]}}
	for _, dir := range dirs[1:] {
		places = append(places, model.Place{Source: wire.ModelFolder, Path: dir})
	}
	home := func(variable string, below ...string) string {
		if dir := p.Getenv(variable); filepath.IsAbs(dir) || p.Home() == "" {
			return dir
		}
		return filepath.Join(append([]string{p.Home()}, below...)...)
	}
	huggingFace := home("HF_HOME", ".cache", "huggingface")
	if cache := p.Getenv("XDG_CACHE_HOME"); p.Getenv("HF_HOME") == "" && filepath.IsAbs(cache) {
		huggingFace = filepath.Join(cache, "huggingface")
	}
	for _, place := range []model.Place{
		{Source: wire.ModelOllama, Path: home("OLLAMA_MODELS", ".ollama", "models")},
		{Source: wire.ModelHuggingFace, Path: cmp.Or(p.Getenv("HF_HUB_CACHE"), filepath.Join(huggingFace, "hub"))},
	} {
		if filepath.IsAbs(place.Path) {
			places = append(places, place)
		}
	}
	return places
}

func run(ctx context.Context, p cli.Process, cfg hive.Config) error {
	machine := device.New(device.Config{Log: cfg.Log})
	cfg.Machine = machine
	cfg.Work.GPU = func() worker.GPUReading { return reading(machine.Processes()) }
	h, err := hive.New(cfg)
	if err != nil {
		return &cli.ExitError{Code: cli.ExitUsage, Err: err}
	}
	group, running := errgroup.WithContext(ctx)
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error { return machine.Run(watching) })
	group.Go(func() error {
		defer stop()                              // the last heartbeat still tells of the machine
		return p.Serve(running, h, wire.PathInfo) // what the link to the queen says
	})
	return stateDirError(group.Wait())
}

// reading is what the drivers know, as workers want to be told.
func reading(p device.Processes) worker.GPUReading {
	r := worker.GPUReading{
		AsOf: p.AsOf, ByPID: map[int]worker.GPUUse{}, HeldMB: map[string]map[int]int64{}, TotalMB: p.TotalMB, Missing: p.Missing, Remedy: p.Remedy,
	}
	for _, id := range p.Known {
		r.HeldMB[id] = map[int]int64{}
	}
	for _, u := range p.Uses {
		sum := r.ByPID[u.PID]
		r.ByPID[u.PID] = worker.GPUUse{VRAMMB: sum.VRAMMB + u.VRAMMB, UtilPct: sum.UtilPct + u.UtilPct}
		if held := r.HeldMB[u.GPU]; held != nil {
			held[u.PID] += u.VRAMMB
		}
	}
	return r
}

// stateDirError gives errors of the state directory the queen's exit codes for
// her state file.
func stateDirError(err error) error {
	switch {
	case errors.Is(err, hive.ErrStateDirLocked):
		return &cli.ExitError{Code: cli.ExitLocked, Err: err}
	case errors.Is(err, hive.ErrStateDir):
		return &cli.ExitError{Code: cli.ExitDisk, Err: err}
	default:
		return err
	}
}
