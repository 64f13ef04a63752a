package proc

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Groups are control groups (cgroup v2), one for each worker, in a part of the
// tree that was handed to this program. No process leaves its group unless it may
// write to the tree. Nil has no groups, and all its methods do nothing.
//
//	DIR of this program's own               its controllers, if it can have them
//	  |- this process, or a group with it
//	  '- rbee-…                             the same controllers
//	       |- worker                        limits, figures, kill
//	       '- worker
//
// A group hands controllers to those below it only while no process is in the
// group itself (the root of the tree is free of that). So there are limits where
// this process has been put into a group of its own below DIR, by systemd's
// DelegateSubgroup= for instance, and at the root of a container's tree, where it
// goes into one by itself. It must not do so in the group of a systemd unit: with
// controllers handed down and workers alive, systemd could not start the unit
// again, because it puts the first process of a unit into the unit's group.
type Groups struct {
	dir         string
	controllers []string // that the groups of workers have
	lacks       error    // why not all of wanted; nil: they have
	stacked     sync.Map // device number → whether it is made of other devices
}

// wanted are the controllers for limits and figures.
var wanted = []string{"cpu", "memory", "pids", "io"}

// ErrNoLimits says that a worker cannot be limited.
var ErrNoLimits = errors.New("its limits are not applied")

// Dir is where the groups are; empty when there are none.
func (g *Groups) Dir() string {
	if g == nil {
		return ""
	}
	return g.dir
}

// Controllers are those that the groups of workers have, and why they do not have
// all that limits and figures need.
func (g *Groups) Controllers() (has []string, lacks error) {
	if g == nil {
		return nil, ErrUnsupported
	}
	return g.controllers, g.lacks
}

func (g *Groups) path(id string) string { return filepath.Join(g.dir, id) }

// Limits bound what all processes of a group may use together; 0 is no bound.
type Limits struct {
	MemoryBytes int64
	CPUs        float64 // cores
	PIDs        int64   // processes and threads
}

// cpuPeriod is the time in which a share of the CPUs is given, the kernel's usual.
const cpuPeriod = 100 * time.Millisecond

// setting is one file of a group and what goes into it.
type setting struct{ controller, file, value string }

// settings are what the limits are in the files of a group. A worker whose memory
// runs out ends as a whole: with one process less it would serve no more.
func (l Limits) settings() (all []setting) {
	if l.MemoryBytes > 0 {
		all = append(all, setting{"memory", "memory.oom.group", "1"}, setting{"memory", "memory.max", fmt.Sprint(l.MemoryBytes)})
	}
	if l.CPUs > 0 {
		quota := time.Duration(l.CPUs * float64(cpuPeriod))
		all = append(all, setting{"cpu", "cpu.max", fmt.Sprintf("%d %d", quota.Microseconds(), cpuPeriod.Microseconds())})
	}
	if l.PIDs > 0 {
		all = append(all, setting{"pids", "pids.max", fmt.Sprint(l.PIDs)})
	}
	return all
}

// Usage is what a group used, from its making on. Processes that have ended count
// too, and memory that processes share counts once.
type Usage struct {
	CPU time.Duration
	// HasMemory: the two below are known. Anonymous memory is the processes' own,
	// Mapped what they see of files, as far as this group was the first to read it.
	HasMemory         bool
	Anonymous, Mapped int64 // bytes
	// HasIO: the bytes from and to disks are known.
	HasIO         bool
	Read, Written int64
}

// cpuTime reads cpu.stat, which is there without a controller too.
func cpuTime(raw string) time.Duration {
	return time.Duration(keyed(raw)["usage_usec"]) * time.Microsecond
}

// keyed reads lines of a name and a number, as cpu.stat and memory.stat have them.
func keyed(raw string) map[string]int64 {
	values := map[string]int64{}
	for line := range strings.Lines(raw) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			values[name] = n
		}
	}
	return values
}

// ioTotals sums up io.stat: lines of a device and name=number. A device that is
// made of others (LVM, LUKS, RAID) is left out, since they are in it too.
func ioTotals(raw string, stacked func(device string) bool) (read, written int64) {
	for line := range strings.Lines(raw) {
		device, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.Contains(device, ":") || stacked(device) {
			continue
		}
		for pair := range strings.FieldsSeq(rest) {
			name, value, _ := strings.Cut(pair, "=")
			n, _ := strconv.ParseInt(value, 10, 64) // some values are names
			switch name {
			case "rbytes":
				read += n
			case "wbytes":
				written += n
			}
		}
	}
	return read, written
}

// OOM is what a group had of the kernel's way out of a lack of memory.
type OOM struct {
	Kills int64 // of processes of the group
	// Own: it was the limit of the group that was reached, and not that of one
	// above it, or the end of the machine's memory.
	Own bool
}

// parseOOM reads memory.events.
func parseOOM(raw string) OOM {
	events := keyed(raw)
	return OOM{Kills: events["oom_kill"], Own: events["oom"] > 0}
}

// without returns those of all that are not among has.
func without(all, has []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(c string) bool { return slices.Contains(has, c) })
}
