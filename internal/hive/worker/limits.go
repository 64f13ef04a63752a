package worker

import (
	"fmt"
	"slices"
	"strings"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

// limitsRemedy is what makes limits possible.
const limitsRemedy = "say Delegate=yes and DelegateSubgroup=hive in the hive's unit, see docs/workers.md; or take [limits] out of the kind"

// noLimits says why workers cannot have these limits here; empty when they can,
// or want none.
func (f *Fleet) noLimits(l catalog.Limits) string {
	if l == (catalog.Limits{}) {
		return ""
	}
	if f.groups == nil {
		return fmt.Sprintf("%v: there are no control groups: %s", proc.ErrNoLimits, f.noGroup)
	}
	if err := f.groups.Able(proc.Limits(l)); err != nil {
		return err.Error()
	}
	return ""
}

// unlimited notes why the worker runs without its limits; empty when it does not.
// It is no reason not to start it: limits protect the rest of the machine, and a
// kind is to run on machines too that cannot set them.
func (w *worker) unlimited(why string) {
	if w.note = wire.Printable(why); why != "" {
		w.log.Warn("Worker started without its limits", "why", why)
	}
}

// limitHints are the kinds whose limits cannot be applied here.
func (f *Fleet) limitHints() []Hint {
	select {
	case <-f.adopted:
	default:
		return nil // nobody knows yet
	}
	var kinds, why []string
	for _, e := range f.cfg.Catalog.List() {
		if e.Kind == nil {
			continue
		}
		if no := f.noLimits(e.Kind.Limits); no != "" {
			kinds = append(kinds, e.Name)
			if !slices.Contains(why, no) {
				why = append(why, no)
			}
		}
	}
	if len(kinds) == 0 {
		return nil
	}
	return []Hint{{"limits", fmt.Sprintf("workers of the kinds %s run unlimited: %s", strings.Join(kinds, ", "), strings.Join(why, "; ")), limitsRemedy}}
}

// outOfMemory says that the kernel killed a worker, or a part of it, for memory;
// empty when it did not. limit is the worker's own, 0 for none.
func outOfMemory(oom proc.OOM, limit int64) string {
	switch {
	case oom.Kills == 0:
		return ""
	case oom.Own && limit > 0:
		return fmt.Sprintf("killed by the kernel for memory: limit %d MiB", limit/mib)
	}
	return "killed by the kernel for memory: the machine, or a group that the hive is in, had none left"
}

// grown is what a control group used since the last round; Anonymous and Mapped
// are what it uses now. cpu and io say what of it is known.
type grown struct {
	proc.Usage
	cpu, io bool
}

// group asks a worker's control group, and keeps what it said in now. One that is
// new to us, and one that was made anew, tell nothing of this round but memory.
func (s *sampler) group(groups *proc.Groups, id string, processes int, now map[string]proc.Usage) (g grown) {
	is, known := groups.Usage(id, processes > 1) // of one alone everything is its own
	if !known {
		return g
	}
	now[id] = is
	g.Usage = is
	was, met := s.groups[id]
	g.cpu = met && is.CPU >= was.CPU
	g.io = g.cpu && is.HasIO && was.HasIO && is.Read >= was.Read && is.Written >= was.Written
	g.CPU, g.Read, g.Written = is.CPU-was.CPU, is.Read-was.Read, is.Written-was.Written
	return g
}

// resident is the memory of a worker, whose processes have sum resident together
// and the largest of them largest: what they share counts once, if the group can
// tell. What of a file somebody else read first is not in the group's figures,
// but in those of each process.
func resident(sum, largest int64, group proc.Usage) int64 {
	if !group.HasMemory {
		return sum
	}
	return min(sum, max(largest, group.Anonymous+group.Mapped))
}
