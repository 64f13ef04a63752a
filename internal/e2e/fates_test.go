package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rbee/internal/wire"
)

// A worker that is killed is reported at once, to the queen too, and another
// process serves on the same port within two seconds.
func TestAKilledWorkerServesAgain(t *testing.T) {
	needSqlite3(t)
	const within, tries = 2 * time.Second, 3 // this machine may be busy
	w := newWorkshop(t, "22600-22649")
	q := startQueen(t, w.home, filepath.Join(w.home, "queen.db"), freePorts(t, 1)[0], "--discovery-delay", "9h")
	w.args = append(w.args, "--queen-url", q.url, "--stop-workers")
	w.start()
	t.Cleanup(func() { w.hive.end() })
	was := w.one()
	for try := range tries {
		if err := syscall.Kill(int(was.PID), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		killed := time.Now()
		var failed, now wire.WorkerProcess
		eventually(t, 5*time.Second, func() error {
			all, err := workersOf(w.url)
			if err != nil || len(all) != 1 {
				return fmt.Errorf("workers %+v: %w", all, err)
			}
			if now = all[0]; now.State == wire.WorkerFailed {
				failed = now
			}
			if now.State != wire.WorkerReady || now.PID == was.PID || failed.PID != 0 {
				return fmt.Errorf("the worker is %+v", now)
			}
			return nil
		})
		took := time.Since(killed)
		t.Logf("it serves again %v after it was killed", took.Round(time.Millisecond))
		if !strings.Contains(failed.Reason, "signal: killed") || failed.NextStart == nil {
			t.Errorf("meanwhile it was %+v, want it failed, with the reason and the time of the next start", failed)
		}
		if who, err := ask(now.Port, "/pid"); err != nil || who != strconv.FormatInt(now.PID, 10) || now.Port != was.Port || now.Restarts != try+1 {
			t.Errorf("on port %d answers %s, %v; the worker is %+v", was.Port, who, err, now)
		}
		eventually(t, 3*time.Second, func() error {
			got, err := tryAudit(q.state, "SELECT json_extract(workers, '$[0].pid') FROM audit_heartbeats ORDER BY received_at DESC LIMIT 1")
			if want := strconv.FormatInt(now.PID, 10); err == nil && got != want {
				err = fmt.Errorf("the queen's pid is %q, want %s", got, want)
			}
			return err
		})
		if took <= within {
			return
		}
		was = now
	}
	t.Errorf("%d times it took longer than %v", tries, within)
}

// A worker that ignores SIGTERM ends with all its family, also those in a session
// of their own.
func TestADeafWorkerEndsWithItsFamily(t *testing.T) {
	w := newWorkshop(t, "22650-22699", deafVariable+"=1")
	w.shorten("1s")
	w.start()
	one := w.one()
	var family []int
	eventually(t, 5*time.Second, func() error {
		family = family[:0]
		sessions := map[int]bool{}
		for _, p := range w.carriers()[one.WorkerID] {
			family, sessions[p.Session] = append(family, p.PID), true
		}
		if len(family) < 6 || len(sessions) != 2 { // the engine, sh, sleep, sleep in its session, sh, sleep
			return fmt.Errorf("family %v in %d sessions", family, len(sessions))
		}
		return nil
	})
	w.hive.kill() // and a hive that is not their parent ends them too
	w.start()
	eventually(t, 5*time.Second, func() error {
		all, err := workersOf(w.url)
		if err == nil && (len(all) != 1 || all[0].State != wire.WorkerReady) {
			err = fmt.Errorf("workers %+v", all)
		}
		return err
	})
	if said := job(t, w.url, `{"operation":"worker_process_delete","worker_id":"`+one.WorkerID+`"}`); !strings.HasSuffix(said, "\ndata: [DONE]\n\n") {
		t.Fatalf("delete: %s", said)
	}
	for _, pid := range family {
		if lives(int64(pid)) {
			t.Errorf("of the family %v, pid %d lives", family, pid)
		}
	}
	if left := w.carriers(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// shorten sets the grace of the kind.
func (w *workshop) shorten(grace string) {
	w.t.Helper()
	file := filepath.Join(w.state, "workers.d", "fake.toml")
	raw, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, append([]byte("stop_grace = \""+grace+"\"\n"), raw...), 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// A process that the kernel gave the pid of a worker is not taken for it, and
// outlives whatever becomes of the worker.
func TestAPidUsedAgainIsNotTheWorker(t *testing.T) {
	w := newWorkshop(t, "22550-22599")
	w.start()
	was := w.one()
	// The orphans of the hive become children of this process, so that their pids
	// are free as soon as it says so.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Skipf("SKIPPED: orphans cannot be taken over here, so no pid is used again: %v", err)
	}
	defer func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) }()
	w.hive.kill()
	if err := syscall.Kill(int(was.PID), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Wait4(int(was.PID), nil, 0, nil); err != nil {
		t.Fatal(err)
	}
	stranger := withPID(t, int(was.PID))
	w.start()
	var now wire.WorkerProcess
	eventually(t, 10*time.Second, func() error {
		all, err := workersOf(w.url)
		if err != nil || len(all) != 1 {
			return fmt.Errorf("workers %+v: %w", all, err)
		}
		if now = all[0]; now.Adopted || now.PID == was.PID {
			t.Fatalf("the stranger was adopted: %+v", now)
		}
		if now.State != wire.WorkerReady {
			return fmt.Errorf("the worker is %+v", now)
		}
		return nil
	})
	if now.WorkerID != was.WorkerID || now.Restarts != 1 {
		t.Errorf("worker %+v, want that of %+v started again", now, was)
	}
	if said := job(t, w.url, `{"operation":"worker_process_delete","worker_id":"`+was.WorkerID+`"}`); !strings.HasSuffix(said, "\ndata: [DONE]\n\n") {
		t.Errorf("delete: %s", said)
	}
	if !lives(int64(stranger)) {
		t.Error("the stranger was killed")
	}
}

// withPID starts a process that has this pid and a session of its own.
func withPID(t *testing.T, pid int) int {
	t.Helper()
	const last = "/proc/sys/kernel/ns_last_pid"
	before, _ := os.ReadFile(last)                       // where there is none, the next line says so
	defer func() { _ = os.WriteFile(last, before, 0) }() // or all that is new would get pids just given back
	for range 500 {
		err := os.WriteFile(last, []byte(strconv.Itoa(pid-1)), 0)
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EROFS) {
			t.Skipf("SKIPPED: pids cannot be chosen here, so none is used again (that needs root): %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sleep", "1000")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		end := func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // how it ended is known
		}
		if cmd.Process.Pid == pid {
			t.Cleanup(end)
			return pid
		}
		end()
	}
	t.Fatalf("no process got the pid %d", pid)
	return 0
}
