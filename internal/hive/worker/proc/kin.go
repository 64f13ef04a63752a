package proc

import (
	"os"
	"time"
)

// Kin remembers who belongs to whom from one look to the next. It has no lock.
type Kin struct {
	known    map[key]string // the name of the root
	sessions map[int]string // those whose leader was kin, while they have anybody in them
	last     time.Time      // of the tables seen
}

type key struct {
	pid   int
	start uint64
}

// Learn takes note that a process belongs to the root called name.
func (k *Kin) Learn(p Process, name string) {
	if k.known == nil {
		k.known, k.sessions = map[key]string{}, map[int]string{}
	}
	k.known[key{p.PID, p.Start}] = name
}

// Sort returns the processes of each root, zombies too, in the order of t. This
// process and those above it are never among them.
func (k *Kin) Sort(t *Table, roots map[string]Identity) map[string][]Process {
	outside := t.ancestors(os.Getpid())
	for name, id := range roots {
		if p, ok := t.Find(id.PID); ok && p.Start == id.Start && t.Boot == id.Boot {
			k.Learn(p, name)
		}
	}
	own := make([]string, len(t.All)) // names by position in t.All
	take := func(n int, name string) {
		own[n] = name
		// Only a session that was begun among kin has nobody else in it: a process
		// that is born and not yet in its own is in that of the hive.
		if p := t.All[n]; p.Session == p.PID {
			k.sessions[p.Session] = name
		}
	}
	for n, p := range t.All {
		name := k.known[key{p.PID, p.Start}]
		if name != "" && !outside[p.PID] {
			take(n, name)
		} else if p.Session == p.PID {
			delete(k.sessions, p.PID) // all of the former one had ended, and so its number was free
		}
	}
	for changed := true; changed; {
		changed = false
		for n, p := range t.All {
			if own[n] != "" || outside[p.PID] {
				continue
			}
			name := k.sessions[p.Session]
			if parent, ok := t.byID[p.Parent]; ok && name == "" {
				name = own[parent]
			}
			if name != "" {
				take(n, name)
				changed = true
			}
		}
	}
	return k.keep(t, own)
}

// keep takes note of whose the processes are, and forgets those that are gone.
func (k *Kin) keep(t *Table, own []string) map[string][]Process {
	if !t.At.Before(k.last) { // an older table does not know all that live
		was := k.sessions
		k.known, k.sessions, k.last = map[key]string{}, map[int]string{}, t.At
		for _, p := range t.All {
			if name := was[p.Session]; name != "" {
				k.sessions[p.Session] = name
			}
		}
	}
	kin := map[string][]Process{}
	for n, p := range t.All {
		if own[n] != "" {
			k.Learn(p, own[n])
			kin[own[n]] = append(kin[own[n]], p)
		}
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
