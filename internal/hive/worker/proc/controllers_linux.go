package proc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// leaf is the group that this process goes into so that controllers can be handed
// to those beside it.
const leaf = "rbee-hive"

// takeControllers has the groups of the workers get what there is of wanted, and
// notes what they lack and why.
func (g *Groups) takeControllers(base string, at place) {
	there := without(wanted, without(wanted, words(base, "cgroup.controllers")))
	if missing := without(wanted, there); len(missing) > 0 {
		g.lacks = fmt.Errorf("%s does not have the controllers %s", base, strings.Join(missing, ", "))
	}
	if at == inUnit && len(there) > 0 {
		g.lacks = fmt.Errorf("the hive is in the group of its unit, %s: say DelegateSubgroup=hive in the unit, systemd 254 knows it first", base)
		return
	}
	err := empty(base, at, len(there) > 0)
	if err == nil {
		err = handDown(base, there)
	}
	if err == nil {
		err = handDown(g.dir, there)
	}
	g.controllers = without(there, without(there, words(g.dir, "cgroup.subtree_control")))
	if err != nil {
		g.lacks = err
	}
}

// empty sees to it that no process is in base, if controllers are to be handed
// down from it. One that is there would not always be an error: the kernel may
// make base the root of a tree of threads instead, and then it is of no use.
func empty(base string, at place, handsDown bool) error {
	typed := words(base, "cgroup.type") // all groups but the root of the whole tree, which may have processes
	if len(typed) == 0 || !handsDown {
		return nil
	}
	if at == inBase {
		if err := enter(filepath.Join(base, leaf)); err != nil {
			return err
		}
	}
	others := words(base, "cgroup.procs")
	if len(others) == 0 {
		return nil
	}
	err := fmt.Errorf("controllers cannot be handed down while others than the hive are in %s: processes %s", base, strings.Join(others, ", "))
	if at == inBase {
		err = errors.Join(err, move(base)) // as it was
	}
	return err
}

// handDown has the groups below dir get the controllers.
func handDown(dir string, controllers []string) error {
	for _, c := range without(controllers, words(dir, "cgroup.subtree_control")) {
		if err := write(dir, "cgroup.subtree_control", "+"+c); err != nil {
			return err
		}
	}
	return nil
}

// enter makes a group and puts this process into it.
func enter(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return move(dir)
}

func move(dir string) error { return write(dir, "cgroup.procs", strconv.Itoa(os.Getpid())) }

// words are those in a file of a group; none if it cannot be read.
func words(dir, file string) []string {
	raw, _ := os.ReadFile(filepath.Join(dir, file))
	return strings.Fields(string(raw))
}

// write writes to a file of a group, which is there.
func write(dir, file, text string) error {
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// Limit bounds the group of a worker, best before somebody is in it. An error is
// ErrNoLimits and says why; what can be applied is.
func (g *Groups) Limit(id string, l Limits) error {
	if g == nil {
		return fmt.Errorf("%w: there are no control groups", ErrNoLimits)
	}
	var failed []string
	for _, s := range l.settings() {
		err := g.missing(s.controller)
		if err == nil {
			err = write(g.path(id), s.file, s.value)
		}
		if err != nil && !slices.Contains(failed, err.Error()) {
			failed = append(failed, err.Error())
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("%w: %s", ErrNoLimits, strings.Join(failed, "; "))
	}
	return nil
}

// Able says why limits cannot be, as ErrNoLimits; nil when they can, as far as the
// controllers go.
func (g *Groups) Able(l Limits) error {
	for _, s := range l.settings() {
		if err := g.missing(s.controller); err != nil {
			return fmt.Errorf("%w: %w", ErrNoLimits, err)
		}
	}
	return nil
}

// missing says why the groups of workers do not have a controller; nil: they have.
func (g *Groups) missing(controller string) error {
	switch {
	case slices.Contains(g.controllers, controller):
		return nil
	case g.lacks != nil:
		return g.lacks
	}
	return fmt.Errorf("%s does not have the controller %s", g.dir, controller)
}

// Usage returns what a worker's group used, and whether that is known. Memory is
// asked for only if wanted, since the kernel has to sum it up.
func (g *Groups) Usage(id string, memory bool) (u Usage, known bool) {
	if g == nil {
		return u, false
	}
	buf := make([]byte, 8<<10)
	cpu, err := readSmall(filepath.Join(g.path(id), "cpu.stat"), buf)
	if err != nil {
		return u, false
	}
	u.CPU = cpuTime(string(cpu))
	if memory && slices.Contains(g.controllers, "memory") {
		if raw, err := readSmall(filepath.Join(g.path(id), "memory.stat"), buf); err == nil {
			values := keyed(string(raw))
			u.HasMemory, u.Anonymous, u.Mapped = true, values["anon"], values["file_mapped"]
		}
	}
	if slices.Contains(g.controllers, "io") {
		if raw, err := readSmall(filepath.Join(g.path(id), "io.stat"), buf); err == nil {
			u.HasIO = true
			u.Read, u.Written = ioTotals(string(raw), g.isStacked)
		}
	}
	return u, true
}

// isStacked says whether a device is made of other devices.
func (g *Groups) isStacked(device string) bool {
	if known, ok := g.stacked.Load(device); ok {
		return known.(bool)
	}
	below, err := os.ReadDir(filepath.Join("/sys/dev/block", device, "slaves"))
	is := err == nil && len(below) > 0
	g.stacked.Store(device, is)
	return is
}

// OOM returns what a worker's group had of lacks of memory.
func (g *Groups) OOM(id string) OOM {
	if g == nil {
		return OOM{}
	}
	raw, _ := os.ReadFile(filepath.Join(g.path(id), "memory.events")) // none without the controller
	return parseOOM(string(raw))
}
