package door

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"rbee/internal/wire"
)

// localSuffixes are names that public DNS never resolves, so that no website
// can point one of them at this machine (RFC 6762, 8375; ICANN's .internal).
var localSuffixes = []string{".local", ".lan", ".home.arpa", ".internal"}

// Guard refuses what a browser could be tricked into sending: requests under a
// Host name that a stranger's DNS may resolve to this machine (DNS rebinding),
// and requests that another website makes.
type Guard struct {
	own  map[string]bool
	tell func(*http.Request, wire.Code) // of what is refused; may be nil
}

// NewGuard returns a guard that allows, besides IP literals, localhost, single
// labels and local suffixes, the names given: the machine's own and --allow-host.
func NewGuard(names ...string) *Guard {
	g := &Guard{own: map[string]bool{}}
	for _, n := range names {
		if n != "" {
			g.own[normalName(n)] = true
		}
	}
	return g
}

// Tell has f told of every request that is refused, and of the code; before Wrap.
func (g *Guard) Tell(f func(*http.Request, wire.Code)) { g.tell = f }

func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, p *wire.Problem) {
	if g.tell != nil {
		g.tell(r, p.Code)
	}
	WriteProblem(w, p)
}

// Wrap puts the guard in front of h.
func (g *Guard) Wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !g.allowedHost(r.Host):
			g.refuse(w, r, wire.NewProblem(wire.CodeHostNotAllowed,
				fmt.Sprintf("the Host %q is not a name of this machine", wire.Printable(r.Host)), ""))
		case crossOrigin(r):
			g.refuse(w, r, wire.NewProblem(wire.CodeCrossOrigin,
				"a web page of another origin made this request", ""))
		default:
			h.ServeHTTP(w, r)
		}
	})
}

func (g *Guard) allowedHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	name := normalName(host)
	if name == "" {
		return false
	}
	if !strings.Contains(name, ".") || g.own[name] {
		return true
	}
	for _, suffix := range localSuffixes {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

func normalName(host string) string {
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// crossOrigin tells whether a browser says that another origin made the
// request; programs send neither header. Unlike http.CrossOriginProtection it
// judges GET too, because a pull by GET changes a hive.
func crossOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || !strings.EqualFold(u.Host, r.Host)
}
