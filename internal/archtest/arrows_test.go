package archtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// arrow is one rule about what packages may need; tests are free of it. Every
// pattern of a row has to mean at least one package, so that no rename can leave a
// row that checks nothing; a name of the standard library stays what it is.
type arrow struct {
	from   []string // the packages it is about, see graph.matches
	direct bool     // look at their own imports, not at all they reach
	only   []string // nothing but these may be reached, if given
	ours   []string // of this module nothing but these, if given
	never  []string // none of these
	noCgo  bool     // and nothing that imports "C", the standard library aside
	why    string
}

// arrows is the picture of docs/ARCHITECTURE.md as a table.
var arrows = []arrow{
	{
		from: []string{"rbee/internal/wire/..."},
		only: []string{"std", "rbee/internal/wire/..."},
		why:  "both sides and every client import the contract: what it drags in, all of them carry",
	},
	{
		from:  []string{"rbee/internal/queen/...", "rbee/cmd/queen-rbee"},
		never: []string{"rbee/internal/hive/...", "github.com/NVIDIA/go-nvml/..."},
		noCgo: true,
		why:   "queen and hive meet over HTTP only, and the queen runs on machines without a GPU or a C library",
	},
	{
		from:  []string{"rbee/internal/hive/...", "rbee/cmd/rbee-hive"},
		never: []string{"rbee/internal/store/...", "rbee/internal/queen/...", "modernc.org/sqlite/...", "database/sql"},
		why:   "only the queen remembers: a hive has no database and knows the queen over HTTP only",
	},
	{
		from:  []string{"rbee/internal/hive/worker/..."},
		ours:  []string{"rbee/internal/hive/worker/...", "rbee/internal/wire"},
		never: []string{"github.com/go-chi/chi/...", "github.com/danielgtaylor/huma/v2/..."},
		noCgo: true,
		why:   "worker processes are the same whoever asks for them; what a GPU tells is handed in",
	},
	{
		from: []string{"rbee/internal/hive/job"},
		only: []string{"std", "rbee/internal/hive/job", "rbee/internal/wire", "github.com/google/uuid"},
		why:  "jobs are kept and told of the same way, whatever they do",
	},
	{
		from:  []string{"rbee/internal/hive/operation"},
		ours:  []string{"rbee/internal/hive/operation", "rbee/internal/hive/job", "rbee/internal/hive/worker/...", "rbee/internal/hive/model/...", "rbee/internal/wire"},
		never: []string{"github.com/go-chi/chi/...", "github.com/danielgtaylor/huma/v2/..."},
		noCgo: true,
		why:   "what a hive can be asked to do does not know how it is asked",
	},
	{
		from:  []string{"rbee/internal/store/..."},
		ours:  []string{"rbee/internal/store/...", "rbee/internal/lockfile", "rbee/internal/rollup", "rbee/internal/wire", "rbee/db"},
		never: []string{"net/http", "github.com/go-chi/chi/..."},
		why:   "the store answers in sentinels and types of wire; what they mean in HTTP is the queen's to say",
	},
	{
		from: []string{"rbee/internal/rollup"},
		only: []string{"std", "rbee/internal/rollup", "rbee/internal/wire"},
		why:  "what was summed up from memory and what is made again from the file come from one pure piece of code",
	},
	{
		from: []string{"rbee/internal/sshconfig/..."},
		only: []string{"std", "rbee/internal/sshconfig/...", "github.com/kevinburke/ssh_config"},
		why:  "a file goes in and targets come out, for the queen and the keeper alike",
	},
	{
		from:  []string{"rbee/internal/sshconfig/..."},
		never: []string{"net/http", "os/exec"},
		why:   "nothing in a user's SSH configuration is ever executed or asked of the network",
	},
	{
		from:  []string{"rbee/cmd/rbee-keeper/..."},
		never: []string{"rbee/internal/queen/...", "rbee/internal/hive/...", "rbee/internal/store/...", "modernc.org/sqlite/..."},
		noCgo: true,
		why:   "the keeper is a client: what it knows it has from the queen over HTTP",
	},
	{
		from: []string{"rbee/cmd/rbee-keeper/internal/chart"},
		only: []string{"std", "rbee/cmd/rbee-keeper/internal/chart"},
		why:  "figures go in and lines come out",
	},
	{
		from:  []string{"rbee/internal/...", "rbee/cmd/queen-rbee", "rbee/cmd/rbee-hive"},
		never: []string{"charm.land/bubbletea/v2/..."},
		why:   "only the keeper has a screen: the daemons carry nothing for one",
	},
	{
		from:  []string{"rbee/internal/queenclient/...", "rbee/internal/hiveclient/...", "rbee/internal/peer/...", "rbee/internal/door/..."},
		never: []string{"rbee/internal/queen/...", "rbee/internal/hive/...", "rbee/internal/store/..."},
		noCgo: true,
		why:   "both sides share these: an arrow back would tie the sides together",
	},
	{
		from:  []string{"rbee/internal/swarm"},
		ours:  []string{"rbee/internal/swarm", "rbee/internal/wire"},
		noCgo: true,
		why:   "simulated hives know the contract, and none of the code that they are to load and to test",
	},
	{
		from:  []string{"rbee/cmd/rbee-swarm"},
		never: []string{"rbee/internal/queen/...", "rbee/internal/hive/...", "rbee/internal/store/...", "modernc.org/sqlite/..."},
		noCgo: true,
		why:   "the load stands outside of what it loads; of a state file it may know the size",
	},
	{
		from:  []string{"rbee/internal/bench"},
		ours:  []string{"rbee/internal/bench", "rbee/internal/store/...", "rbee/internal/rollup", "rbee/internal/lockfile", "rbee/internal/door", "rbee/internal/swarm", "rbee/internal/wire", "rbee/db"},
		noCgo: true,
		why:   "queens are measured from outside, as the processes that users run; the store is what the baseline writes to",
	},
	{
		from:  []string{"rbee/internal/...", "rbee/db"},
		never: []string{"github.com/spf13/cobra", "github.com/spf13/pflag"},
		why:   "flags are read in cmd/ and handed down in Config",
	},
	{
		from:   []string{"rbee/internal/...", "rbee/db"},
		direct: true, // modernc.org/libc has a use for signals of its own
		never:  []string{"flag", "os/signal"},
		why:    "flags and signals are the program's: a Run ends by its context",
	},
	{
		from:   []string{"rbee/..."},
		direct: true,
		never:  []string{"rbee/internal/memnet", "rbee/internal/hive/model/gguftest", "rbee/internal/apitest", "rbee/internal/metrics/metricstest"},
		why:    "memnet is a network for tests, gguftest makes models for them, apitest and metricstest judge what they are answered",
	},
	{
		from: []string{"rbee/internal/metrics"},
		only: []string{"std", "rbee/internal/metrics", "golang.org/x/sys/unix"},
		why:  "figures go in and a page comes out, for both daemons",
	},
	{
		from: []string{
			"rbee/internal/queen/...", "rbee/internal/hive/...", "rbee/internal/store/...", "rbee/internal/metrics", "rbee/internal/door",
			"rbee/cmd/...",
		},
		never: []string{"github.com/prometheus/client_golang/...", "github.com/prometheus/common/...", "google.golang.org/protobuf/..."},
		why:   "Prometheus's own library costs an idle hive 5 MB, the queen 2 MB: it judges their pages in tests",
	},
	{
		from: []string{"rbee/internal/hive/model/gguf"},
		only: []string{"std", "rbee/internal/hive/model/gguf"},
		why:  "hostile files meet one small piece of code that knows nothing else",
	},
	{
		from:  []string{"rbee/internal/hive/model"},
		never: []string{"net/http", "os/exec"},
		why:   "the catalog looks at files: asking the network is package download's",
	},
	{
		from:   []string{"rbee/..."},
		direct: true,
		never:  []string{"rbee/internal/diskfault"},
		why:    "diskfault is a disk for tests",
	},
}

// violations lists where the module breaks the rule, one line each.
func (g graph) violations(a arrow) []string {
	var found []string
	for _, pattern := range slices.Concat(a.from, a.only, a.ours, a.never) {
		if !inStd(pattern) && len(g.find(pattern)) == 0 {
			found = append(found, pattern+": no such package, so this row checks nothing; renamed?")
		}
	}
	for _, pattern := range a.from {
		for _, from := range g.find(pattern) {
			if a.noCgo && g.usesCgo(from) {
				found = append(found, from+" (needs cgo)")
			}
			paths, via := g.reach(from, a.direct)
			for _, path := range paths {
				reason := g.forbids(a, path)
				// What stands behind a forbidden package needs no line of its own.
				if reason == "" || (via[path] != from && g.forbids(a, via[path]) != "") {
					continue
				}
				found = append(found, fmt.Sprintf("%s (%s)", chain(via, from, path), reason))
			}
		}
	}
	return found
}

// forbids says why the rule forbids the package at path, or "".
func (g graph) forbids(a arrow, path string) string {
	switch {
	case g.matchesAny(a.never, path):
		return "never"
	case len(a.only) > 0 && !g.matchesAny(a.only, path):
		return "not among the allowed"
	case len(a.ours) > 0 && g.matches("rbee/...", path) && !g.matchesAny(a.ours, path):
		return "not among the allowed"
	case a.noCgo && g.usesCgo(path):
		return "needs cgo"
	}
	return ""
}

// inStd says whether the pattern is a name of the standard library: as the go
// command sees it, one without a dot in its first element, our own aside.
func inStd(pattern string) bool {
	first, _, _ := strings.Cut(pattern, "/")
	return first != "rbee" && !strings.Contains(first, ".")
}

// usesCgo says whether the package itself imports "C". The standard library has
// twins without cgo for what it does so.
func (g graph) usesCgo(path string) bool {
	return len(g[path].CgoFiles) > 0 && !g[path].Standard
}

func TestArrows(t *testing.T) {
	g := load(t)
	for _, a := range arrows {
		for _, line := range g.violations(a) {
			t.Errorf("%s\n\twhy not: %s", line, a.why)
		}
	}
}

// TestArrowsCanFail draws each kind of forbidden arrow in a small made-up module.
func TestArrowsCanFail(t *testing.T) {
	g := graph{}
	for _, p := range []pkg{
		{ImportPath: "fmt", Standard: true, CgoFiles: []string{"pretend.go"}},
		{ImportPath: "os/signal", Standard: true},
		{ImportPath: "example.org/sql", Imports: []string{"fmt"}},
		{ImportPath: "example.org/gpu", Imports: []string{"C", "fmt"}, CgoFiles: []string{"gpu.go"}},
		{ImportPath: "example.org/libc", Imports: []string{"os/signal"}},
		{ImportPath: "rbee/wire", Imports: []string{"fmt"}},
		{ImportPath: "rbee/store", Imports: []string{"example.org/sql", "rbee/wire", "example.org/libc"}},
		{ImportPath: "rbee/hive", Imports: []string{"fmt", "rbee/hive/device", "rbee/wire"}},
		{ImportPath: "rbee/hive/device", Imports: []string{"example.org/gpu"}},
		{ImportPath: "rbee/hiveclient", Imports: []string{"rbee/wire"}},
		{ImportPath: "rbee/queen", Imports: []string{"rbee/hiveclient", "rbee/middle"}},
		{ImportPath: "rbee/middle", Imports: []string{"rbee/hive"}},
	} {
		g[p.ImportPath] = p
	}

	tests := []struct {
		name string
		rule arrow
		want []string
	}{
		{"nothing wrong", arrow{from: []string{"rbee/wire"}, only: []string{"std"}, noCgo: true}, nil},
		{
			"a subtree is not its namesake",
			arrow{from: []string{"rbee/hiveclient"}, never: []string{"rbee/hive/..."}},
			nil,
		},
		{
			"never, through another package",
			arrow{from: []string{"rbee/queen"}, never: []string{"rbee/hive/..."}},
			[]string{"rbee/queen → rbee/middle → rbee/hive (never)"},
		},
		{
			"never, direct imports only",
			arrow{from: []string{"rbee/queen"}, direct: true, never: []string{"rbee/hive/..."}},
			nil,
		},
		{
			"never, a direct import",
			arrow{from: []string{"rbee/..."}, direct: true, never: []string{"rbee/hive"}},
			[]string{"rbee/middle → rbee/hive (never)"},
		},
		{
			"only",
			arrow{from: []string{"rbee/hive/device"}, only: []string{"std"}},
			[]string{"rbee/hive/device → example.org/gpu (not among the allowed)"},
		},
		{
			"of ours only",
			arrow{from: []string{"rbee/store"}, ours: []string{"rbee/store", "rbee/hive"}},
			[]string{"rbee/store → rbee/wire (not among the allowed)"},
		},
		{
			"cgo, far away",
			arrow{from: []string{"rbee/queen"}, noCgo: true},
			[]string{"rbee/queen → rbee/middle → rbee/hive → rbee/hive/device → example.org/gpu (needs cgo)"},
		},
		{
			"cgo, in the package itself",
			arrow{from: []string{"example.org/gpu"}, noCgo: true},
			[]string{"example.org/gpu (needs cgo)"},
		},
		{
			"a rule about packages that are gone",
			arrow{from: []string{"rbee/hives/..."}, never: []string{"rbee/shop", "example.org/net/...", "net/http"}},
			[]string{
				"rbee/hives/...: no such package, so this row checks nothing; renamed?",
				"rbee/shop: no such package, so this row checks nothing; renamed?",
				"example.org/net/...: no such package, so this row checks nothing; renamed?",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, g.violations(tt.rule)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}
