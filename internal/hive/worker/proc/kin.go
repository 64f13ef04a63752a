package proc

import (
	"os"
	"time"
)

// Kin remembers who belongs to whom from one look to the next. It has no lock.
type Kin struct {
	known map[key]string // the name of the root
	last  time.Time      // of the tables seen
}

type key struct {
	pid   int
	start uint64
}

// Learn takes note that a process belongs to the root called name.
func (k *Kin) Learn(p Process, name string) {
	if k.known == nil {
		k.known = map[key]string{}
	}
	k.known[key{p.PID, p.Start}] = name
}

// Sort returns the processes of each root, zombies too, in the order of t.
func (k *Kin) Sort(t *Table, roots map[string]Identity) map[string][]Process {
	own := make([]string, len(t.All)) // names by position in t.All
	sessions := map[int]string{}
	take := func(n int, name string) {
		own[n] = name
		if s := t.All[n].Session; s > 0 && sessions[s] == "" {
			sessions[s] = name
		}
	}
	for name, id := range roots {
		if n, ok := t.byID[id.PID]; ok && t.All[n].Start == id.Start && t.Boot == id.Boot {
			take(n, name)
		}
	}
	for n, p := range t.All {
		if name := k.known[key{p.PID, p.Start}]; name != "" {
			take(n, name)
		}
	}
	outside := t.ancestors(os.Getpid())
	for changed := true; changed; {
		changed = false
		for n, p := range t.All {
			if own[n] != "" || outside[p.PID] {
				continue
			}
			name := sessions[p.Session]
			if parent, ok := t.byID[p.Parent]; ok && name == "" {
				name = own[parent]
			}
			if name != "" {
				take(n, name)
				changed = true
			}
		}
	}
	if !t.At.Before(k.last) { // an older table does not know all that live
		k.known, k.last = make(map[key]string, len(k.known)), t.At
	}
	kin := map[string][]Process{}
	for n, p := range t.All {
		if own[n] == "" || outside[p.PID] {
			continue
		}
		k.Learn(p, own[n])
		kin[own[n]] = append(kin[own[n]], p)
	}
	return kin
}

// ancestors are the process itself and all above it: a hive never belongs to a
// worker of its own, whatever its environment says.
func (t *Table) ancestors(pid int) map[int]bool {
	found := map[int]bool{}
	for pid > 0 && !found[pid] {
		found[pid] = true
		p, _ := t.Find(pid)
		pid = p.Parent
	}
	return found
}
