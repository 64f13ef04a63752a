package sshconfig

import (
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
)

// judge turns what was read into hosts: skips first, for each alias by itself,
// then one target per hostname and hive port.
func judge(w *walk) []Host {
	var hosts []Host
	r := newResolver(w)
	targets := map[string]int{} // indexes of hosts
	for number, named := range w.aliases() {
		v := r.resolve(named.alias, number)
		first(&v.bad, w.limits.exhausted)
		if !v.named && v.bad == "" {
			w.warnings.addf(named.at, "Host %s never applies: its own line excludes it, or its file is included inside another block; put that Include above the first Host line", brief(named.alias))
			continue
		}
		host := v.host(named.alias, w.opts)
		if host.Skipped != "" {
			hosts = append(hosts, host)
			continue
		}
		key := host.key(w.opts)
		if i, known := targets[key]; known {
			hosts[i].Aliases = append(hosts[i].Aliases, host.Alias)
			hosts[i].Marked = hosts[i].Marked || host.Marked
			continue
		}
		targets[key] = len(hosts)
		hosts = append(hosts, host)
	}
	if r.steps.spent() {
		w.warnings.urgentf(shown(w.sections[0].file), tooWild)
	}
	return hosts
}

// tooWild is what is wrong with files that would take too long to judge.
const tooWild = "too many wildcard patterns to judge every host: use fewer"

// mention is the first Host line that names an alias.
type mention struct{ alias, at string }

// aliases yields every alias once, in file order, numbered from 1.
func (w *walk) aliases() iter.Seq2[int, mention] {
	return func(yield func(int, mention) bool) {
		seen := map[string]bool{}
		for _, s := range w.sections {
			if !s.begins {
				continue
			}
			for _, alias := range s.conds[len(s.conds)-1].names {
				if seen[alias] {
					continue
				}
				seen[alias] = true
				if !yield(len(seen), mention{alias, place(s.file, s.line)}) {
					return
				}
			}
		}
	}
}

// host judges one alias.
func (v *values) host(alias string, opts Options) Host {
	h := Host{
		Alias:    shown(alias),
		Aliases:  []string{},
		User:     shown(v.login(opts)),
		SSHPort:  v.sshPort,
		HivePort: v.hivePort,
		Marked:   v.marked,
	}
	first(&h.SSHPort, 22)
	first(&h.HivePort, opts.DefaultHivePort)
	name, err := v.expand(alias)
	if err == nil {
		h.Hostname, err = hostname(name)
	}
	if err == nil && h.Alias != alias {
		err = errors.New("the alias holds characters that cannot be shown")
	}
	h.Skipped = v.skip(h, opts, err)
	return h
}

// skip gives the reason, the user's own word first.
func (v *values) skip(h Host, opts Options, problem error) string {
	switch {
	case v.ignore:
		return "# rbee: ignore"
	case v.bad != "":
		return "unreadable block: " + v.bad
	case problem != nil:
		return "unreadable block: " + problem.Error()
	case v.user == "git":
		return "User git"
	case v.proxy.keyword == kwProxyJump && !strings.EqualFold(v.proxy.value, "none"):
		return "ProxyJump"
	case v.proxy.keyword == kwProxyCommand && v.proxy.value != "none":
		return "ProxyCommand"
	}
	addr, err := netip.ParseAddr(h.Hostname)
	if err == nil && Public(addr) && !opts.DiscoverPublic && !h.Marked {
		return "public address; allow it with --discover-public or a # rbee: comment in its Host block"
	}
	return ""
}

// key is equal for aliases that are one target.
func (h Host) key(opts Options) string {
	name := strings.ToLower(h.Hostname)
	if LoopbackName(name) && h.HivePort == opts.DefaultHivePort {
		name = "localhost"
	}
	return name + " " + strconv.Itoa(h.HivePort)
}

// hostname checks that a name is an IP address or could be a host's, so that
// it cannot become another part of a URL, and removes the brackets of [::1].
func hostname(name string) (string, error) {
	const longest = 253 // what DNS can carry
	bare := name
	if inner, found := strings.CutPrefix(name, "["); found {
		bare = strings.TrimSuffix(inner, "]")
	}
	if addr, err := netip.ParseAddr(bare); err == nil && (addr.Is6() || bare == name) && validZone(addr.Zone()) {
		return bare, nil
	}
	if name == "" || len(name) > longest {
		return "", fmt.Errorf("a host name of %d bytes; 1 to %d are possible", len(name), longest)
	}
	if name[0] == '-' {
		return "", fmt.Errorf("%s is no host name", brief(name))
	}
	for _, r := range name {
		if r == unicode.ReplacementChar || !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._", r) {
			return "", fmt.Errorf("%s is no host name", brief(name))
		}
	}
	return name, nil
}

func validZone(zone string) bool {
	return !strings.ContainsFunc(zone, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._", r)
	})
}
