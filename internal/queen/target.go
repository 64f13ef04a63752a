package queen

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"rbee/internal/peer"
	"rbee/internal/sshconfig"
	"rbee/internal/wire"
)

// localhost is the name under which every queen looks for a hive on her own
// machine.
const localhost = "localhost"

// errPublic refuses to dial an address on the public internet.
var errPublic = errors.New("public address; allow it with --discover-public or a # rbee: comment in its Host block")

// loopbackOnly is why a queen that only her own machine can reach leaves remote
// hosts alone.
const loopbackOnly = wire.SkippedLoopbackOnly

// ipv4Only is why a queen that has no IPv6 address leaves hosts alone that have
// nothing else.
const ipv4Only = "queen listens on IPv4 only: use --bind :: or --advertise-url"

// target is one place to look for a hive.
type target struct {
	alias    string
	aliases  []string
	hostname string
	port     int
	source   wire.Source
	skip     string // why it is not probed; "" when it is
	public   bool   // it may have a public address
}

func (t target) place() string { return net.JoinHostPort(t.hostname, strconv.Itoa(t.port)) }

// all lists every place to look for hives, and what named warns of.
func (d *discovery) all() (targets []target, warnings []string) {
	named, warnings := d.named()
	return withoutDoubles(append(named, d.known(named)...)), warnings
}

// known lists the hives of the registry, the most recently heard of first, but
// for those whose host the SSH config has the queen skip.
func (d *discovery) known(named []target) []target {
	skipped := map[string]bool{} // places and aliases; one that is also probed is not skipped
	for _, skips := range []bool{true, false} {
		for _, t := range named {
			if (t.skip != "") == skips {
				skipped[t.place()], skipped[t.alias] = skips, skips
			}
		}
	}
	hives := d.registry.snapshot()
	slices.SortStableFunc(hives, func(a, b *hive) int { return b.LastSeen.Compare(a.LastSeen) })
	targets := make([]target, 0, len(hives))
	for _, h := range hives {
		t := target{
			alias: cmp.Or(h.Alias, h.ID), hostname: d.host(h), port: h.Port,
			source: wire.SourceState, public: d.discoverPublic || h.Pulled,
		}
		if !skipped[t.place()] && !skipped[h.Alias] {
			targets = append(targets, t)
		}
	}
	return targets
}

// host is the name a known hive is probed under: that of this machine too, so
// that one hive is not two targets.
func (d *discovery) host(h *hive) string {
	if h.Port == d.hivePort && sshconfig.LoopbackName(h.Address) {
		return localhost
	}
	return h.Address
}

// named lists this machine and the hosts of the SSH config, read anew, and warns
// of what it could not read there.
func (d *discovery) named() (targets []target, warnings []string) {
	local := target{alias: localhost, hostname: localhost, port: d.hivePort, source: wire.SourceLocalhost}
	if d.sshConfig == "" {
		return []target{local}, []string{}
	}
	found, err := sshconfig.Read(d.sshConfig, sshconfig.Options{
		DefaultHivePort: d.hivePort, LoginUser: d.loginUser, Home: d.home, DiscoverPublic: d.discoverPublic,
	})
	warnings = append([]string{}, found.Warnings...)
	if err != nil {
		warnings = append(warnings, err.Error()+"; its hosts are not probed")
	}
	for _, w := range warnings {
		d.warnOnce("SSH config", "warning", w)
	}
	targets = make([]target, 1, len(found.Hosts)+1)
	for _, h := range found.Hosts {
		if h.Skipped == "" && h.HivePort == d.hivePort && sshconfig.LoopbackName(h.Hostname) {
			local.aliases = append(append(local.aliases, h.Alias), h.Aliases...)
			continue
		}
		targets = append(targets, target{
			alias: h.Alias, aliases: h.Aliases, hostname: h.Hostname, port: h.HivePort,
			source: wire.SourceSSH, skip: h.Skipped, public: d.discoverPublic || h.Marked,
		})
	}
	targets[0] = local
	return targets, warnings
}

// withoutDoubles drops the targets whose place an earlier one names. Skipped
// ones stay, each with its reason.
func withoutDoubles(targets []target) []target {
	seen := map[string]bool{}
	out := targets[:0:0]
	for _, t := range targets {
		if t.skip == "" {
			if seen[t.place()] {
				continue
			}
			seen[t.place()] = true
		}
		out = append(out, t)
	}
	return out
}

// advertised is the URL under which the hive at t reaches this queen: the one
// the operator gave, else the local address of the route to it. A reason is
// returned when there is none.
func (d *discovery) advertised(ctx context.Context, t target) (url, reason string, err error) {
	if d.advertiseURL != "" {
		return d.advertiseURL, "", nil
	}
	bound := d.bound.Addr()
	if !bound.IsUnspecified() && !bound.IsLoopback() {
		return d.urlAt(bound), "", nil
	}
	addrs, err := peer.Lookup(ctx, t.hostname)
	if bound.IsLoopback() {
		// A name that does not resolve is not this machine either.
		if err != nil || !addrs[0].IsLoopback() {
			return "", loopbackOnly, nil
		}
		return d.urlAt(bound), "", nil
	}
	if err != nil {
		return "", "", err
	}
	if bound.Is4() { // 0.0.0.0 listens on IPv4 only
		addrs = slices.DeleteFunc(slices.Clone(addrs), netip.Addr.Is6)
		if len(addrs) == 0 {
			return "", ipv4Only, nil
		}
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", net.JoinHostPort(addrs[0].String(), strconv.Itoa(t.port)))
	if err != nil {
		return "", "", fmt.Errorf("route to %s: %w", addrs[0], err)
	}
	defer func() { _ = conn.Close() }() // UDP: nothing was sent
	local, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return "", "", fmt.Errorf("route to %s: %w", addrs[0], err)
	}
	return d.urlAt(local.Addr().WithZone("")), "", nil
}

func (d *discovery) urlAt(addr netip.Addr) string {
	url := "http://" + netip.AddrPortFrom(addr.Unmap(), d.bound.Port()).String()
	if normal, err := wire.ParseURL(url); err == nil {
		return normal // as the hive will repeat it: without port 80
	}
	return url
}
