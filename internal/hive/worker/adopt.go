package worker

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

// idPattern is the grammar of what newID makes.
var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,79}$`)

// adopt finds what an earlier hive left: by the records, and by the tokens of
// all processes. It decides for each what its owner begins with.
func (f *Fleet) adopt() ([]start, error) {
	if err := os.MkdirAll(f.cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	entries, err := os.ReadDir(f.cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	t, err := proc.Read()
	if err != nil {
		return nil, err
	}
	f.openGroups()
	marked := f.marked(t)
	f.sortKin(t, marked, nil)
	for _, id := range f.groups.IDs() {
		_ = f.groups.Remove(id) // those with somebody in them stay
	}
	var found []start
	for _, e := range entries {
		if !e.IsDir() || !idPattern.MatchString(e.Name()) {
			continue
		}
		s := f.recall(e.Name(), t, marked[e.Name()])
		delete(marked, e.Name())
		if s.w == nil {
			continue
		}
		f.enter(s.w)
		if s.first != nil {
			found = append(found, s)
		} else {
			close(s.w.left)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(marked)) {
		s := f.orphan(id, "a process of an earlier hive that has no record", t, marked[id])
		f.enter(s.w)
		found = append(found, s)
	}
	if len(found) > 0 {
		f.cfg.Log.Info("Workers of an earlier hive", "found", len(found), "unknown", len(marked))
	}
	return found, nil
}

// sortKin takes note of whose the marked processes are, and returns those of each
// root. Once a process has left its session and lost its parent, only this memory tells.
func (f *Fleet) sortKin(t *proc.Table, marked map[string][]proc.Process, roots map[string]proc.Identity) map[string][]proc.Process {
	f.kinMu.Lock()
	defer f.kinMu.Unlock()
	for id, processes := range marked {
		for _, p := range processes {
			f.kin.Learn(p, id)
		}
	}
	return f.kin.Sort(t, roots)
}

// openGroups says which of the two ways workers are kept together.
func (f *Fleet) openGroups() {
	f.noGroup = "not asked for"
	if f.cfg.Cgroups {
		name := sha256.Sum256([]byte(f.cfg.Dir)) // another fleet has other groups
		groups, err := proc.OpenGroups("rbee-" + hex.EncodeToString(name[:4]))
		if f.groups = groups; err == nil {
			controllers, lacks := groups.Controllers()
			attrs := []any{"cgroup", groups.Dir(), "controllers", strings.Join(controllers, " ")}
			if lacks != nil {
				attrs = append(attrs, "lacks", lacks)
			}
			f.cfg.Log.Info("Workers are kept together by control groups, and by sessions, descent and tokens", attrs...)
			return
		}
		f.noGroup = err.Error()
	}
	f.cfg.Log.Info("Workers are kept together by sessions, descent and tokens, without control groups", "why", f.noGroup)
}

// grouped adds the processes of these control groups to those that are marked.
func (f *Fleet) grouped(t *proc.Table, ids []string, marked map[string][]proc.Process) map[string][]proc.Process {
	for _, id := range ids {
		if !idPattern.MatchString(id) {
			continue
		}
		for _, pid := range f.groups.Members(id) {
			if p, ok := t.Find(pid); ok && !p.Ended {
				marked[id] = append(marked[id], p)
			}
		}
	}
	return marked
}

// marked returns the processes that carry a token of this fleet, or are in a
// control group of it, by worker.
func (f *Fleet) marked(t *proc.Table) map[string][]proc.Process {
	return f.grouped(t, f.groups.IDs(), f.carriers(t))
}

// carriers returns the processes that carry a token of this fleet, by worker. A
// process that hangs in the kernel may hold it up.
func (f *Fleet) carriers(t *proc.Table) map[string][]proc.Process {
	by := map[string][]proc.Process{}
	self := os.Getpid()
	for _, p := range t.All {
		if p.Ended || p.PID == self {
			continue
		}
		id, ok := strings.CutSuffix(proc.Variable(p.PID, catalog.TokenVariable), f.token)
		if ok && idPattern.MatchString(id) && proc.Mine(p.PID) {
			by[id] = append(by[id], p)
		}
	}
	return by
}

// recall makes the worker whose directory has this name, and decides with what
// its owner begins: nil when it has ended.
func (f *Fleet) recall(id string, t *proc.Table, marked []proc.Process) start {
	dir := filepath.Join(f.cfg.Dir, id)
	rec, err := loadRecord(dir)
	if errors.Is(err, fs.ErrNotExist) && len(marked) == 0 && removeUnborn(dir) {
		return start{}
	}
	if err != nil {
		what := fmt.Sprintf("its record cannot be read: %v", err)
		if len(marked) > 0 {
			return f.orphan(id, what, t, marked)
		}
		w := f.newWorker(record{ID: id, Kind: orphanKind(), Spec: Spec{Kind: "unknown"}, Created: time.Now().UTC(), Ended: &ending{At: time.Now().UTC(), State: wire.WorkerFailed}})
		w.orphan = true
		w.publish(wire.WorkerFailed, what+"; it has no process")
		return start{w: w}
	}
	w := f.newWorker(*rec)
	if e := rec.Ended; e != nil {
		if len(marked) > 0 {
			return f.orphan(id, "a process that a worker left behind when it ended", t, marked)
		}
		w.rec.Process = nil
		w.publish(e.State, e.Reason)
		return start{w: w}
	}
	f.ports.keep(rec.Port, id)
	if rec.Process == nil {
		if w.rec.Process = rootOf(t, marked); w.rec.Process != nil {
			w.saveOrWarn()
		}
	}
	switch {
	case w.rec.Process == nil:
		w.publish(wire.WorkerStarting, "looking for the process that an earlier hive was about to start")
		return start{w, w.cutOff}
	case !t.Lives(*w.rec.Process):
		w.rec.Process = nil
		w.publish(wire.WorkerFailed, "its process is not there any more")
		return start{w, w.lost}
	case rec.Stopping:
		w.publish(wire.WorkerStopping, "")
		return start{w, w.watched(w.stopping)}
	case rec.Ready: // it may be too busy to answer at once, and is not judged for it
		w.publish(wire.WorkerReady, "")
		return start{w, w.watched(w.serving)}
	default:
		w.publish(wire.WorkerStarting, "")
		return start{w, w.watched(w.loading)}
	}
}

// removeUnborn removes what a spawn leaves that was cut off before its first record.
func removeUnborn(dir string) bool {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), recordFile+".tmp") {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
	return os.Remove(dir) == nil // only if nothing else is in it
}

// orphan makes a worker of processes that nobody has a record of.
func (f *Fleet) orphan(id, what string, t *proc.Table, marked []proc.Process) start {
	root := rootOf(t, marked)
	if root == nil {
		first := t.Identity(slices.MinFunc(marked, older))
		root = &first
	}
	w := f.newWorker(record{
		ID: id, Kind: orphanKind(), Spec: Spec{Kind: "unknown", Group: "unknown"}, Process: root,
		Created: time.Now().Add(-root.Uptime()).UTC(),
	})
	w.orphan = true
	w.publish(wire.WorkerUnknown, what+": stop it, or leave it")
	return start{w, w.watched(w.orphaned)}
}

// rootOf returns the first process of a worker: the one that leads the session it
// was given. Nil when it is not among them.
func rootOf(t *proc.Table, marked []proc.Process) *proc.Identity {
	leaders := slices.DeleteFunc(slices.Clone(marked), func(p proc.Process) bool { return p.Session != p.PID })
	if len(leaders) == 0 {
		return nil
	}
	id := t.Identity(slices.MinFunc(leaders, older))
	return &id
}

func older(a, b proc.Process) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.PID, b.PID))
}
