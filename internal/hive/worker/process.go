package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

const (
	lookAgain  = 20 * time.Millisecond // between two rounds of a sweep
	sweepSlow  = 5 * time.Second       // a sweep that takes longer says so
	freeWithin = 2 * time.Second       // what a port and memory may take to be free
)

// start runs the program. The record says so before and after: whatever happens
// in between, the token in the environment tells whose the process is.
func (w *worker) start(ctx context.Context) error {
	port, err := w.fleet.ports.take(ctx, w.rec.ID, w.rec.Port)
	if err != nil {
		return err
	}
	w.rec.Port, w.rec.Process, w.rec.Ready = port, nil, false
	v := w.fleet.values(&w.rec)
	args, err := w.rec.Kind.CommandLine(v)
	if err != nil {
		return err
	}
	env, err := w.rec.Kind.Variables(w.fleet.cfg.Env, v, w.rec.ID+w.fleet.token)
	if err != nil {
		return err
	}
	if err := w.save(); err != nil {
		return err
	}
	log, err := openLog(w.logPath())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	defer func() { _ = log.Close() }() // the process has its own
	cmd, err := w.launch(args, env, log)
	if err != nil {
		return fmt.Errorf("%w: %s cannot be started: %w", ErrNotInstalled, w.rec.Program, err)
	}
	w.cmd = cmd
	id, err := proc.Identify(cmd.Process.Pid) // not reaped, so the pid is still its own
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return fmt.Errorf("process %d cannot be looked at, so it was killed: %w", cmd.Process.Pid, err)
	}
	w.rec.Process = &id
	w.saveOrWarn()
	w.watch(ctx)
	return nil
}

// launch starts the program, in a control group and within its limits if it can be.
func (w *worker) launch(args, env []string, log *os.File) (*exec.Cmd, error) {
	begin := func(group *os.File) (*exec.Cmd, error) {
		cmd := exec.Command(w.rec.Program, args...) //nolint:noctx // it outlives every context of this hive
		cmd.Dir, cmd.Env, cmd.SysProcAttr = w.dir, env, proc.OwnSession(group)
		cmd.Stdout, cmd.Stderr = log, log // files: no pipe that breaks when the hive ends
		return cmd, cmd.Start()
	}
	groups, why := w.fleet.groups, w.fleet.noLimits(w.rec.Kind.Limits)
	group, err := groups.Make(w.rec.ID)
	if err == nil {
		defer func() { _ = group.Close() }()
		if failed := groups.Limit(w.rec.ID, proc.Limits(w.rec.Kind.Limits)); failed != nil && why == "" {
			why = failed.Error()
		}
		var cmd *exec.Cmd
		if cmd, err = begin(group); err == nil {
			w.unlimited(why)
			return cmd, nil
		}
		_ = groups.Remove(w.rec.ID) // what is there counts as the worker's
	}
	if groups != nil {
		w.log.Debug("Worker not started in its control group", "error", err)
		if why == "" && w.rec.Kind.Limits != (catalog.Limits{}) {
			why = fmt.Sprintf("%v: it cannot be started in its control group: %v", proc.ErrNoLimits, err)
		}
	}
	w.unlimited(why)
	return begin(nil)
}

// watch has gone closed when the process ends.
func (w *worker) watch(ctx context.Context) {
	gone, id := make(chan struct{}), *w.rec.Process
	w.gone = gone
	w.watchers.Go(func() {
		if proc.Wait(ctx, id) == nil {
			close(gone)
		}
	})
}

// exit is how a process ended.
type exit struct {
	clean bool
	what  string
}

// reap learns how the process ended, which has. Until then its pid is nobody
// else's, if it is our child.
func (w *worker) reap() exit {
	if w.cmd == nil {
		return exit{what: "its exit status is unknown, because an earlier hive started it"}
	}
	err := w.cmd.Wait()
	if err == nil {
		return exit{clean: true, what: "exit status 0"}
	}
	return exit{what: err.Error()}
}

// sweep kills what there is of the worker, its first process too, until nothing
// is found twice in a row. It says no when ctx ended before.
func (w *worker) sweep(ctx context.Context) bool {
	began, told := time.Now(), false
	for empty := 0; empty < 2; {
		living, err := w.living()
		if err != nil {
			w.log.Warn("Processes of a worker cannot be looked for", "error", err)
			return ctx.Err() == nil
		}
		if empty++; len(living) > 0 {
			empty = 0
		}
		if err := w.fleet.groups.Kill(w.rec.ID); err != nil {
			w.log.Debug("Control group of a worker cannot be killed", "error", err)
		}
		for _, id := range living {
			if err := id.Signal(syscall.SIGKILL); err != nil {
				w.log.Debug("Process of a worker cannot be killed", "pid", id.PID, "error", err)
			}
		}
		if !told && time.Since(began) > sweepSlow {
			told = true
			w.publish(wire.WorkerStopping, fmt.Sprintf("these do not end, which only a driver or a disk can cause: %v", living))
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(lookAgain):
		}
	}
	return true
}

// living returns the processes of the worker that have not ended.
func (w *worker) living() ([]proc.Identity, error) {
	t, err := proc.Read()
	if err != nil {
		return nil, err
	}
	marked := map[string][]proc.Process{w.rec.ID: w.fleet.marked(t)[w.rec.ID]}
	roots := map[string]proc.Identity{}
	if w.rec.Process != nil {
		roots[w.rec.ID] = *w.rec.Process
	}
	var living []proc.Identity
	for _, p := range w.fleet.sortKin(t, marked, roots)[w.rec.ID] {
		if !p.Ended {
			living = append(living, t.Identity(p))
		}
	}
	return living, nil
}

// end is the end for good. It looks whether what the worker held is free again.
func (w *worker) end(ctx context.Context, state wire.WorkerState, reason string) stateFunc {
	if w.cmd != nil {
		_ = w.cmd.Wait() // an error says that it was reaped before, or how it ended, which was said
	}
	if err := w.fleet.groups.Remove(w.rec.ID); err != nil {
		w.log.Debug("Control group of a worker not removed", "error", err)
	}
	w.next = time.Time{}
	note := w.stillHeld(ctx)
	if note != "" {
		w.log.Warn("Worker left something behind", "note", note)
	}
	w.rec.Process, w.cmd = nil, nil
	w.rec.Ended = &ending{At: time.Now().UTC(), State: state, Reason: wire.Printable(reason), Note: note}
	w.saveOrWarn()
	w.fleet.ports.giveBack(w.rec.Port, w.rec.ID)
	w.publish(state, reason)
	return nil
}

// stillHeld says what the worker's end did not free. Of VRAM it says nothing if
// the drivers have not been asked since: nvidia-smi is asked less often.
func (w *worker) stillHeld(ctx context.Context) string {
	var held []string
	ended := time.Now()
	if w.rec.Port != 0 && !w.fleet.ports.becomesFree(ctx, w.rec.Port, freeWithin) {
		held = append(held, fmt.Sprintf("port %d is held by a process that is not the worker's", w.rec.Port))
	}
	vram, asOf := w.fleet.vramOf(w.rec.ID)
	for end := time.Now().Add(freeWithin); vram > 0 && time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(lookAgain)
		vram, asOf = w.fleet.vramOf(w.rec.ID)
	}
	if vram > 0 && !asOf.Before(ended) {
		held = append(held, fmt.Sprintf("%d MiB of VRAM are still held by its processes, which have ended", vram))
	}
	return strings.Join(held, "; ")
}

// isThere says whether a path exists.
func isThere(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
