// Package proc is what the operating system knows of processes that may be
// somebody else's children: who they are beyond a reused pid, when they end, who
// belongs to whom, and what they cost. It is Linux only; elsewhere every call
// answers ErrUnsupported.
//
// # Who belongs to whom
//
// A root is the first process of a worker, in a session of its own. A process is
// kin of a root when it is the root, when its parent is kin, when it was kin at
// an earlier look, when its session was begun by kin, or when it carries the
// root's token in its environment or is in its control group. Nobody can enter a
// session except by birth, and the kernel reuses no number of a session with
// anybody in it, so no rule ever takes in a stranger. What escapes, without
// control groups, is a process that leaves the session, loses its parent and
// overwrites its environment between two looks.
package proc

import (
	"errors"
	"fmt"
	"time"
)

// ErrUnsupported says that this operating system is not Linux.
var ErrUnsupported = errors.New("workers need Linux: their processes cannot be followed here")

// Identity names one process for as long as the machine's kernel runs, and
// never another one.
type Identity struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start_ticks"` // since boot, in 1/100 s
	Boot  string `json:"boot_id"`
}

func (id Identity) String() string {
	return fmt.Sprintf("pid %d (started at tick %d)", id.PID, id.Start)
}

// Process is one line of a Table.
type Process struct {
	PID      int
	Parent   int
	Session  int
	Start    uint64 // ticks of 1/100 s since boot
	CPUTicks uint64 // in user and kernel mode, 1/100 s
	RSSBytes int64
	Ended    bool // a zombie
}

// Table is every process at one time.
type Table struct {
	Boot string
	At   time.Time // when the look began
	All  []Process
	byID map[int]int
}

// Find returns the process with this pid.
func (t *Table) Find(pid int) (Process, bool) {
	n, ok := t.byID[pid]
	if !ok {
		return Process{}, false
	}
	return t.All[n], true
}

// Lives says whether the process is in the table and has not ended.
func (t *Table) Lives(id Identity) bool {
	p, ok := t.Find(id.PID)
	return ok && p.Start == id.Start && t.Boot == id.Boot && !p.Ended
}

// Identity names a process of the table.
func (t *Table) Identity(p Process) Identity {
	return Identity{PID: p.PID, Start: p.Start, Boot: t.Boot}
}
