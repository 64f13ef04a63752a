package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"rbee/internal/queenclient"
	"rbee/internal/sshconfig"
	"rbee/internal/wire"
)

// What doctor warns of.
const (
	muchSkew   = 2 * time.Second
	largeLog   = 16 << 20 // bytes of the write-ahead log
	oldBackup  = 7 * 24 * time.Hour
	sinceWhen  = 24 * time.Hour // how long ago a conflict still counts
	lastEvents = 1
	mostRows   = 1000 // of discoveries
)

func (k *keeper) doctorCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what is not well, and say what to do about it",
		Long: "Look at the queen, at the address that hives are told, at the hosts of the SSH\n" +
			"config, at the hives, their clocks and versions, and at the state file and its\n" +
			"backups. Each finding that is not well has its remedy. The exit code is 1 if\n" +
			"something is to be done. For what a hive sees of itself see check.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if path == "" {
				path, _ = k.SSHConfigPath() // without a home there is none, which is found below
			}
			found := k.examine(cmd.Context(), path)
			if err := k.print(wire.HiveCheck{Findings: found}, found.draw); err != nil {
				return err
			}
			return found.toDo()
		},
	}
	cmd.Flags().StringVar(&path, "ssh-config", "", "SSH config `FILE` that the queen reads (default ~/.ssh/config)")
	return cmd
}

// examine looks at everything. A queen that is away leaves the SSH config.
func (k *keeper) examine(ctx context.Context, sshConfig string) findings {
	client := k.client()
	defer client.Close()
	d := &doctor{keeper: k, client: client}
	if info, err := asked(ctx, d, (*queenclient.Client).Info); err != nil {
		d.wrong("queen", d.silence(err), "start queen-rbee, or say where she is with --queen URL or RBEE_KEEPER_QUEEN")
	} else {
		d.ok("queen", "%s at %s, version %s, epoch %d since %s", info.QueenID, k.queen, info.Version, info.Epoch, utc(info.StartedAt))
		d.address(ctx, info)
		d.discovery(ctx, info)
		d.hives(ctx, info)
		d.state(ctx, info)
	}
	d.ssh(sshConfig)
	return d.found
}

// doctor is one examination.
type doctor struct {
	*keeper
	client *queenclient.Client
	found  findings
}

func (d *doctor) ok(subject, format string, args ...any) {
	d.found = append(d.found, wire.Finding{Level: wire.FindingOK, Subject: subject, Detail: fmt.Sprintf(format, args...)})
}

func (d *doctor) warn(subject, detail, remedy string) {
	d.found = append(d.found, wire.Finding{Level: wire.FindingWarning, Subject: subject, Detail: detail, Remedy: remedy})
}

func (d *doctor) wrong(subject, detail, remedy string) {
	d.found = append(d.found, wire.Finding{Level: wire.FindingError, Subject: subject, Detail: detail, Remedy: remedy})
}

// silence says that no queen answers, and why.
func (d *doctor) silence(err error) string {
	if why := brief(err); why != err.Error() {
		return "none answers at " + d.queen + ": " + why
	}
	return err.Error()
}

func asked[T any](ctx context.Context, d *doctor, question func(*queenclient.Client, context.Context) (T, error)) (T, error) {
	return askWithin(ctx, d.keeper, d.client, d.timeout, func(ctx context.Context, queen *queenclient.Client) (T, error) {
		return question(queen, ctx)
	})
}

// ssh judges the SSH config of whoever asks, which is the queen's if she runs as
// the same person.
func (d *doctor) ssh(path string) {
	const subject = "ssh config"
	read, err := sshconfig.Read(path, sshconfig.Options{Home: d.Home(), LoginUser: d.LoginUser(), DefaultHivePort: wire.DefaultHivePort})
	switch {
	case errors.Is(err, fs.ErrNotExist) || path == "":
		d.ok(subject, "there is none; hives that are told of the queen need none")
		return
	case err != nil:
		d.wrong(subject, err.Error(), "repair the file, or name another one with --ssh-config")
		return
	}
	for _, w := range read.Warnings {
		d.warn(subject, fmt.Sprint(w), "repair the line")
	}
	if len(read.Hosts) == 0 {
		d.ok(subject, "no hosts in %s; hives that are told of the queen need none", path)
		return
	}
	probed := 0
	for i := range read.Hosts {
		h := &read.Hosts[i]
		if h.Skipped == "" {
			probed++
			continue
		}
		d.ok(subject, "%s is skipped: %s", h.Alias, h.Skipped)
	}
	d.ok(subject, "%d of %d hosts of %s can be probed", probed, len(read.Hosts), path)
}
