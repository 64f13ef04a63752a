package proc

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(openerVariable) != "" {
		os.Exit(opener())
	}
	goleak.VerifyTestMain(m)
}

func TestParseStat(t *testing.T) {
	const rest = " S 7 42 41 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 3 0 987654 1000000 25 18446744073709551615\n"
	want := Process{PID: 42, Parent: 7, Session: 41, Start: 987654, CPUTicks: 200, RSSBytes: 25 * pageSize}
	for _, name := range []string{"cat", "a) S 1 1 1", "x\ny", "((", ""} {
		got, err := parseStat([]byte("42 (" + name + ")" + rest))
		if err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
	}
	for _, bad := range []string{"", "42", "42 (x", "42 (x) S 1", "x (x)" + rest, "42 (x) S a" + rest[4:]} {
		if got, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q: %+v, want an error", bad, got)
		}
	}
}

// sleeper starts a process in a session of its own.
func sleeper(t *testing.T) (*exec.Cmd, Identity) {
	t.Helper()
	cmd := exec.Command("sleep", "60")
	cmd.SysProcAttr = OwnSession(nil)
	cmd.Env = []string{"A=1", "A=2", "B="}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); _ = cmd.Wait() })
	id, err := Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return cmd, id
}

func TestAProcessFromItsStartToItsEnd(t *testing.T) {
	cmd, id := sleeper(t)
	if !id.Alive() || id.Uptime() < 0 || id.Uptime() > time.Minute {
		t.Errorf("%v: alive %v, up %v", id, id.Alive(), id.Uptime())
	}
	table, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	p, ok := table.Find(id.PID)
	if !ok || p.Parent != os.Getpid() || p.Session != id.PID || table.Identity(p) != id || !table.Lives(id) {
		t.Errorf("in the table: %+v", p)
	}
	for Variable(id.PID, "A") == "" && id.Alive() { // a process is born before its environment
		time.Sleep(time.Millisecond)
	}
	if got := Variable(id.PID, "A"); got != "2" {
		t.Errorf("variable %q, want the last of two", got)
	}
	later := id
	later.Start++
	if later.Alive() || table.Lives(later) {
		t.Error("one with its pid that started later lives")
	}
	if err := later.Signal(syscall.SIGKILL); err != nil || !id.Alive() {
		t.Errorf("signal to another: %v, alive %v", err, id.Alive())
	}
	if err := Wait(t.Context(), later); err != nil {
		t.Errorf("the end of another: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := Wait(ctx, id); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait for one that lives: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- Wait(t.Context(), id) }()
	if err := id.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if id.Alive() {
		t.Error("a zombie lives")
	}
	if table, _ = Read(); table.Lives(id) {
		t.Error("a zombie lives in the table")
	}
	_ = cmd.Wait()
	if err := id.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("signal to one that ended: %v", err)
	}
}

func TestKin(t *testing.T) {
	process := func(pid, parent, session int) Process {
		return Process{PID: pid, Parent: parent, Session: session, Start: uint64(pid)}
	}
	table := func(all ...Process) *Table {
		tab := &Table{Boot: "b", byID: map[int]int{}}
		for _, p := range all {
			tab.byID[p.PID] = len(tab.All)
			tab.All = append(tab.All, p)
		}
		return tab
	}
	pids := func(all []Process) (found []int) {
		for _, p := range all {
			found = append(found, p.PID)
		}
		return found
	}
	root := map[string]Identity{"w": {PID: 10, Start: 10, Boot: "b"}}
	var kin Kin
	look := func(what string, tab *Table, want ...int) {
		t.Helper()
		if got := pids(kin.Sort(tab, root)["w"]); !slices.Equal(got, want) {
			t.Errorf("%s: kin %v, want %v", what, got, want)
		}
	}
	// 5 has the pid of its child's child before it; 20 is a stranger with a child.
	look("by descent and session", table(process(1, 0, 1), process(5, 30, 5), process(10, 1, 10), process(11, 10, 10),
		process(20, 1, 20), process(21, 20, 20), process(30, 1, 10)), 5, 10, 11, 30)
	look("known, though alone now", table(process(1, 0, 1), process(5, 1, 5), process(6, 5, 5), process(20, 1, 20)), 5, 6)
	look("by the session of one known", table(process(1, 0, 1), process(6, 1, 5), process(7, 1, 5)), 6, 7)
	older := table()
	older.At = time.Unix(0, 0).Add(-time.Hour)
	kin.last = time.Unix(0, 0)
	look("an older look forgets nobody", older)
	kin.last = time.Time{}
	look("an older look has forgotten nobody", table(process(7, 1, 9)), 7)
	look("all gone", table(process(1, 0, 1)))
	// Of a hive in the session 20, a child that is not yet in a session of its own.
	kin.Learn(process(50, 40, 20), "w")
	look("born in the hive's session", table(process(1, 0, 1), process(20, 1, 20), process(21, 20, 20), process(40, 20, 20), process(50, 40, 20)), 50)
	look("in its own", table(process(1, 0, 1), process(20, 1, 20), process(21, 20, 20), process(40, 20, 20), process(50, 40, 50), process(51, 1, 50)), 50, 51)
	look("which ended, and its number is another's", table(process(1, 0, 1), Process{PID: 50, Parent: 1, Session: 50, Start: 99}, process(52, 50, 50)))
	reused := process(10, 1, 10)
	reused.Start = 99
	child := process(12, 10, 10)
	look("a stranger with the root's pid", table(process(1, 0, 1), reused, child))
	self := table(process(1, 0, 1), Process{PID: os.Getpid(), Parent: 1, Session: 10, Start: 3}, process(10, 1, 10))
	look("not this process itself", self, 10)
}

func TestPunch(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Write(make([]byte, 1<<20))
	f.WriteString("end")
	if err := Punch(f, 1<<20); errors.Is(err, ErrUnsupported) {
		t.Skip("*** THIS FILE SYSTEM CANNOT PUNCH HOLES ***")
	} else if err != nil {
		t.Fatal(err)
	}
	info, _ := f.Stat()
	if info.Size() != 1<<20+3 || info.Sys().(*syscall.Stat_t).Blocks*512 > 64<<10 {
		t.Errorf("%d bytes in %d blocks", info.Size(), info.Sys().(*syscall.Stat_t).Blocks)
	}
}
