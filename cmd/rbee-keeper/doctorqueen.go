package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"rbee/cmd/internal/cli"
	"rbee/internal/peer"
	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// address judges what hives are told of where the queen is.
func (d *doctor) address(ctx context.Context, info *wire.Info) {
	const subject = "address"
	if info.AdvertiseURL != "" {
		d.advertised(ctx, info)
		return
	}
	if !loopback(d.queen) {
		d.ok(subject, "she is reached at %s, from where hives may reach her too", d.queen)
		return
	}
	if other := d.beyondLoopback(ctx, info); other != "" {
		d.ok(subject, "she is reached at %s too, from where hives elsewhere may reach her", other)
		return
	}
	d.ok(subject, "she is reached on loopback only: from this machine, and by no hive elsewhere")
}

// advertised asks at the address that hives are told.
func (d *doctor) advertised(ctx context.Context, info *wire.Info) {
	const subject = "address"
	other, err := d.at(ctx, info.AdvertiseURL, d.timeout)
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

// at asks whoever answers at a URL.
func (d *doctor) at(ctx context.Context, base string, limit time.Duration) (*wire.Info, error) {
	client := queenclient.New(base, peer.Options{})
	defer client.Close()
	return askWithin(ctx, d.keeper, client, limit, func(ctx context.Context, queen *queenclient.Client) (*wire.Info, error) {
		return queen.Info(ctx)
	})
}

// beyondLoopback is another address of this machine where the same queen answers.
func (d *doctor) beyondLoopback(ctx context.Context, info *wire.Info) string {
	u, err := url.Parse(d.queen)
	if err != nil {
		return ""
	}
	addresses, _ := net.InterfaceAddrs() // none are none
	const most = 4                       // machines with containers have many
	tried := 0
	for _, address := range addresses {
		network, ok := address.(*net.IPNet)
		if !ok || !network.IP.IsGlobalUnicast() || network.IP.IsLoopback() || tried == most {
			continue
		}
		tried++
		other := *u
		other.Host = net.JoinHostPort(network.IP.String(), u.Port())
		if found, err := d.at(ctx, other.String(), time.Second); err == nil && found.QueenID == info.QueenID {
			return other.String()
		}
	}
	return ""
}

func loopback(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// discovery judges what came of the queen's probes, of each host the last in this
// epoch.
func (d *doctor) discovery(ctx context.Context, info *wire.Info) {
	const subject = "discovery"
	list, err := asked(ctx, d, func(queen *queenclient.Client, ctx context.Context) (*wire.DiscoveryList, error) {
		return queen.Discoveries(ctx, mostRows)
	})
	if err != nil {
		d.wrong(subject, brief(err), "try again")
		return
	}
	seen := map[string]bool{}
	found := 0
	var alone, failed []string
	for i := range list.Discoveries {
		r := &list.Discoveries[i]
		if r.Epoch != info.Epoch || seen[r.Alias+" "+r.Hostname] {
			continue
		}
		seen[r.Alias+" "+r.Hostname] = true
		name := r.Alias
		if name == "" {
			name = r.Hostname
		}
		switch {
		case r.Outcome == wire.OutcomeRegistered:
			found++
		case r.Outcome == wire.OutcomeFailed && r.Source != wire.SourceLocalhost: // where there need not be one
			failed = append(failed, name+" ("+r.Error+")")
		case strings.HasPrefix(r.Error, wire.SkippedLoopbackOnly):
			alone = append(alone, name)
		}
	}
	if len(alone) > 0 {
		d.warn(subject, "she listens on loopback only, and so she does not look for hives on "+some(alone),
			"start her with --bind 0.0.0.0, in a network that you trust, or with an --advertise-url; mark hosts that are no hives with '# rbee: ignore'")
	}
	text := fmt.Sprintf("hives answered on %d of %d hosts that were probed", found, found+len(failed))
	switch {
	case found+len(failed) == 0 && len(alone) == 0:
		d.ok(subject, "nothing was probed yet since she started")
	case len(failed) == 0:
		d.ok(subject, "%s", text)
	default:
		d.ok(subject, "%s, not on %s", text, some(failed))
	}
}

// some names a few of many.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// versions compares releases; builds of one release differ in their commit only.
func (d *doctor) versions(info *wire.Info, hives []wire.Hive) {
	const subject, remedy = "versions", "install one release everywhere, in any order: docs/upgrades.md"
	queen := release(info.Version)
	if own := release(cli.Version); own != queen {
		d.warn(subject, fmt.Sprintf("the queen has %s, this rbee-keeper %s", queen, own), remedy)
	}
	others := map[string][]string{}
	var order []string
	for i := range hives {
		h := &hives[i]
		if v := release(h.Version); v != "" && v != queen && (live(h) || h.Status == wire.StatusUnconfirmed) {
			if others[v] == nil {
				order = append(order, v)
			}
			others[v] = append(others[v], h.ID)
		}
	}
	for _, v := range order {
		d.warn(subject, fmt.Sprintf("the queen has %s; %s on %s", queen, v, some(others[v])), remedy)
	}
}

func release(version string) string {
	version, _, _ = strings.Cut(version, "+")
	return version
}

// state judges the state file, and when it was copied last.
func (d *doctor) state(ctx context.Context, info *wire.Info) {
	const subject = "state file"
	size := fmt.Sprintf("%s, and %s of log", cli.FileSize(info.StateBytes), cli.FileSize(info.WALBytes))
	if info.WALBytes > largeLog {
		d.warn(subject, size, "somebody keeps a transaction open on it: look for an sqlite3 that does not end (fuser -v FILE)")
	} else {
		d.ok(subject, "%s, schema version %d", size, info.SchemaVersion)
	}
	const backup, remedy = "backup", "'rbee-keeper backup FILE' makes one now; queen-rbee --backup-dir DIR makes one every day"
	made, err := d.last(ctx, wire.EventStateBackedUp)
	failed, err2 := d.last(ctx, wire.EventStateBackupFailed)
	switch {
	case err != nil || err2 != nil:
		d.wrong(backup, "the events cannot be read", "try again")
	case failed != nil && (made == nil || failed.ID > made.ID):
		d.warn(backup, "a scheduled one failed "+age(d.now(), failed.At)+": "+detail(failed.Detail), "look at the disk of --backup-dir; "+remedy)
	case made == nil && info.Epoch == 1 && d.now().Sub(info.StartedAt) < oldBackup:
		d.ok(backup, "none yet: %s", remedy)
	case made == nil:
		d.warn(backup, "none was ever made", remedy+"; with Litestream it may stay so")
	case d.now().Sub(made.At) > oldBackup:
		d.warn(backup, "the last one was made "+age(d.now(), made.At), remedy)
	default:
		d.ok(backup, "the last one was made %s", age(d.now(), made.At))
	}
}

// last is the last event of a kind, nil when there is none.
func (d *doctor) last(ctx context.Context, kind wire.EventKind) (*wire.Event, error) {
	list, err := asked(ctx, d, func(queen *queenclient.Client, ctx context.Context) (*wire.EventList, error) {
		return queen.Events(ctx, queenclient.EventFilter{Kind: kind, Limit: lastEvents})
	})
	if err != nil || len(list.Events) == 0 {
		return nil, err
	}
	return &list.Events[len(list.Events)-1], nil
}
