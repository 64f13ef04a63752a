package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"rbee/internal/peer"
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
)

func (k *keeper) doctorCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what is not well, and say what to do about it",
		Long: "Look at the queen, at the address that hives are told, at the hosts of the SSH\n" +
			"config, at the hives and their clocks, and at the state file and its backups. Each\n" +
			"finding that is not well has its remedy. It fails if something does not work. For\n" +
			"what a hive sees of itself see check.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if path == "" {
				path, _ = k.SSHConfigPath() // without a home there is none, which is found below
			}
			found := k.examine(cmd.Context(), path)
			if err := k.print(wire.HiveCheck{Findings: found}, found.draw); err != nil {
				return err
			}
			return found.failed()
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
		d.wrong("queen", brief(err), "start queen-rbee, or name hers with --queen URL or RBEE_KEEPER_QUEEN")
	} else {
		d.ok("queen", "%s at %s, version %s, epoch %d since %s", info.QueenID, k.queen, info.Version, info.Epoch, utc(info.StartedAt))
		d.address(ctx, info)
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

func asked[T any](ctx context.Context, d *doctor, question func(*queenclient.Client, context.Context) (T, error)) (T, error) {
	return askWithin(ctx, d.keeper, d.client, d.timeout, func(ctx context.Context, queen *queenclient.Client) (T, error) {
		return question(queen, ctx)
	})
}

// address judges what hives are told of where the queen is.
func (d *doctor) address(ctx context.Context, info *wire.Info) {
	const subject = "address"
	if info.AdvertiseURL == "" {
		if loopback(d.queen) {
			d.warn(subject, "hives are told the address of the route to them; whether the queen listens there cannot be seen from "+d.queen,
				"if hives elsewhere are to reach her, start her with --bind 0.0.0.0, and ask from one of their machines")
			return
		}
		d.ok(subject, "she is reached at %s, from where hives may reach her too", d.queen)
		return
	}
	advertised := queenclient.New(info.AdvertiseURL, peer.Options{})
	defer advertised.Close()
	other, err := askWithin(ctx, d.keeper, advertised, d.timeout, func(ctx context.Context, queen *queenclient.Client) (*wire.Info, error) {
		return queen.Info(ctx)
	})
	remedy := "start her with an --advertise-url that leads to her"
	switch {
	case err != nil:
		d.wrong(subject, fmt.Sprintf("hives are told %s, which does not answer from here: %s", info.AdvertiseURL, brief(err)), remedy)
	case other.QueenID != info.QueenID:
		d.wrong(subject, fmt.Sprintf("hives are told %s, where another queen answers, %s", info.AdvertiseURL, other.QueenID), remedy)
	default:
		d.ok(subject, "hives are told %s, and she answers there", info.AdvertiseURL)
	}
}

func loopback(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// hives judges what the queen says of each.
func (d *doctor) hives(ctx context.Context, info *wire.Info) {
	list, err := asked(ctx, d, (*queenclient.Client).Hives)
	if err != nil {
		d.wrong("hives", brief(err), "try again")
		return
	}
	count := map[wire.Status]int{}
	for i := range list.Hives {
		h := &list.Hives[i]
		count[h.Status]++
		d.hive(h, info)
	}
	d.ok("hives", "%d known: %d healthy, %d degraded, %d down, %d unconfirmed, %d stopped", len(list.Hives),
		count[wire.StatusHealthy], count[wire.StatusDegraded], count[wire.StatusDown], count[wire.StatusUnconfirmed], count[wire.StatusStopped])
	conflicts, err := asked(ctx, d, func(queen *queenclient.Client, ctx context.Context) (*wire.EventList, error) {
		return queen.Events(ctx, queenclient.EventFilter{Kind: wire.EventIDConflict, Limit: lastEvents})
	})
	if err == nil && len(conflicts.Events) > 0 && d.now().Sub(conflicts.Events[0].At) < sinceWhen {
		e := conflicts.Events[0]
		d.warn("hive "+e.HiveID, "another machine had its id, "+age(d.now(), e.At),
			"start one of the two with another --hive-id; a cloned machine needs a new state directory")
	}
}

func (d *doctor) hive(h *wire.Hive, info *wire.Info) {
	subject := "hive " + h.ID
	switch h.Status {
	case wire.StatusDown:
		d.warn(subject, "down, seen last "+age(d.now(), h.LastSeen), "see whether rbee-hive runs there, and reaches the queen; 'rbee-keeper forget "+h.ID+"' if it is gone for good")
	case wire.StatusDegraded:
		d.warn(subject, "degraded: heartbeats are late", "look at the network and the load: 'rbee-keeper history "+h.ID+" --since 1h'")
	case wire.StatusUnconfirmed:
		d.warn(subject, "not heard of since the queen started", "'rbee-keeper discover' looks for it; see whether rbee-hive runs there")
	case wire.StatusHealthy, wire.StatusStopped: // as it should be
	}
	if h.HealthStatus.Status != wire.HealthHealthy && h.HealthStatus.Status != "" {
		d.warn(subject, fmt.Sprintf("calls itself %s: %s", h.HealthStatus.Status, h.HealthStatus.Reason), "'rbee-keeper check "+h.ID+"' on its machine tells more")
	}
	if skew := h.ClockSkewMS; skew != nil {
		if off := time.Duration(*skew) * time.Millisecond; off.Abs() > muchSkew {
			d.warn(subject, fmt.Sprintf("its clock is %v off the queen's", off.Round(time.Second/10)), "have NTP (chrony, systemd-timesyncd) set the clocks of both machines")
		}
	}
	if h.Version != info.Version && h.Version != "" {
		d.ok(subject, "has version %s, the queen %s", h.Version, info.Version)
	}
}

// state judges the state file, and when it was copied last.
func (d *doctor) state(ctx context.Context, info *wire.Info) {
	const subject = "state file"
	size := fmt.Sprintf("%s, and %s of log", bytesText(info.StateBytes), bytesText(info.WALBytes))
	if info.WALBytes > largeLog {
		d.warn(subject, size, "somebody keeps a transaction open on it: look for an sqlite3 that does not end (fuser -v FILE)")
	} else {
		d.ok(subject, "%s, schema version %d", size, info.SchemaVersion)
	}
	const backup, remedy = "backup", "'rbee-keeper backup FILE' makes one now, --backup-dir has the queen make them"
	made, err := asked(ctx, d, func(queen *queenclient.Client, ctx context.Context) (*wire.EventList, error) {
		return queen.Events(ctx, queenclient.EventFilter{Kind: wire.EventStateBackedUp, Limit: lastEvents})
	})
	switch {
	case err != nil:
		d.wrong(backup, brief(err), "try again")
	case len(made.Events) == 0:
		d.warn(backup, "none was ever made by the queen", remedy+"; if Litestream makes them, this is as it should be")
	case d.now().Sub(made.Events[0].At) > oldBackup:
		d.warn(backup, "the last one was made "+age(d.now(), made.Events[0].At), remedy)
	default:
		d.ok(backup, "the last one was made %s", age(d.now(), made.Events[0].At))
	}
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
	probed := 0
	for i := range read.Hosts {
		h := &read.Hosts[i]
		if h.Skipped == "" {
			probed++
			continue
		}
		d.ok(subject, "%s is skipped: %s", h.Alias, h.Skipped)
	}
	d.ok(subject, "%d of %d hosts of %s are probed", probed, len(read.Hosts), path)
}
