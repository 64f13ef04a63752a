package e2e

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rbee/internal/wire"
)

// The size of TestOrphans; `make orphans` asks for more than the default.
var (
	orphanKills = flag.Int("orphans.kills", 4, "kill the hive `N` times")
	orphanSeed  = flag.Uint64("orphans.seed", 0, "make the choices of an earlier run; 0 is a new seed")
)

// herdSize is how many workers the hive has.
const herdSize = 8

// In these shares of the rounds the hive is killed while workers start and stop,
// and the next one once more in its boot.
const (
	moveShare    = 0.5
	rebirthShare = 0.25
)

// runner is the first process of a worker.
type runner struct {
	pid   int
	start uint64 // ticks since boot
	port  int    // 0 where nobody asked
}

// herd is a hive with eight workers that is killed again and again.
type herd struct {
	*workshop
	random  *rand.Rand
	settled map[string]runner // those that served, and that nobody told to stop since
	round   int

	adopted, moving, reborn int
	boots                   []time.Duration // from the start of the program to all adopted
}

// A hive that is killed at any moment leaves its workers serving, and the next
// one knows each of them: same process, same port, same log, none twice.
func TestOrphans(t *testing.T) {
	t.Parallel()
	seed := *orphanSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	if _, err := binaries(); err != nil { // or the first boot would take longer
		t.Fatal(err)
	}
	h := &herd{workshop: newWorkshop(t, "22800-22899", lifeVariable+"=1h"), random: rand.New(rand.NewPCG(seed, 2)), settled: map[string]runner{}}
	t.Logf("%d kills, -orphans.seed %d", *orphanKills, seed)
	h.start()
	h.settle()
	for h.round = range *orphanKills {
		h.kill()
		h.next()
		h.settle()
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("killed %d times, of these %d while workers started and stopped; %d more times in a boot", *orphanKills, h.moving, h.reborn)
	t.Logf("%d times a worker was adopted, none was lost or there twice; to all adopted: %s", h.adopted, spread(h.boots))
	h.controls()
	for id := range h.settled {
		h.order("worker_process_delete", id)
	}
	eventually(t, 20*time.Second, func() error {
		if left := h.carriers(); len(left) > 0 {
			return fmt.Errorf("after all were stopped, these are left: %v", left)
		}
		return nil
	})
}

// kill kills the hive at a random moment, in half of the rounds one at which
// workers come and go. Meanwhile nobody is there, each worker says a word.
func (h *herd) kill() {
	h.t.Helper()
	if h.random.Float64() < moveShare {
		h.moving++
		ids := slices.Sorted(maps.Keys(h.settled))
		h.random.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		for n := range 1 + h.random.IntN(2) {
			delete(h.settled, ids[n])
			h.order("worker_process_delete", ids[n])
			h.order("worker_spawn", "")
		}
	}
	time.Sleep(time.Duration(h.random.Float64() * float64(400*time.Millisecond)))
	h.hive.kill()
	for id, r := range h.settled {
		if _, err := ask(r.port, "/say?text="+h.word()); err != nil {
			h.t.Errorf("round %d: worker %s does not serve without a hive: %v", h.round, id, err)
		}
	}
}

// order posts a job and does not wait for what comes of it.
func (h *herd) order(operation, id string) {
	h.t.Helper()
	body := fmt.Sprintf(`{"operation":%q,"worker":"fake","device":"CPU-0"}`, operation)
	if id != "" {
		body = fmt.Sprintf(`{"operation":%q,"worker_id":%q}`, operation, id)
	}
	if _, err := post(h.url, body); err != nil {
		h.t.Errorf("round %d: %v", h.round, err)
	}
}

func (h *herd) word() string { return "alone-" + strconv.Itoa(h.round) }

// next starts the next hive, now and then one more before it that is killed in
// its boot, and waits until it has adopted all that ran.
func (h *herd) next() {
	h.t.Helper()
	before := h.roots()
	for id, r := range h.settled {
		if got := before[id]; len(got) != 1 || got[0].pid != r.pid || got[0].start != r.start {
			h.t.Errorf("round %d: without a hive, worker %s runs as %v, want %v", h.round, id, got, r)
		}
	}
	if h.random.Float64() < rebirthShare {
		h.reborn++
		p := startProgram(h.t, h.home, "rbee-hive", append([]string{"--port", strconv.Itoa(h.port), "--hive-id", "box", "--state-dir", h.state}, h.args...)...)
		time.Sleep(time.Duration(h.random.Float64() * float64(200*time.Millisecond)))
		p.kill()
	}
	began := time.Now()
	h.start()
	var all []wire.WorkerProcess
	eventually(h.t, 10*time.Second, func() (err error) {
		if all, err = workersOf(h.url); err == nil {
			err = h.notAdopted(all)
		}
		return err
	})
	h.boots = append(h.boots, time.Since(began))
	h.adopted += len(h.settled)
	for id := range h.settled {
		log := h.log(id)
		if !strings.HasPrefix(log, "engine begins: ") || !strings.Contains(log, "\n"+h.word()+"\n") {
			h.t.Errorf("round %d: the log of worker %s is %.200q, want its beginning and %s", h.round, id, log, h.word())
		}
	}
}

// notAdopted names a settled worker that the hive does not have as it was.
func (h *herd) notAdopted(all []wire.WorkerProcess) error {
	listed := map[string]wire.WorkerProcess{}
	for _, w := range all {
		listed[w.WorkerID] = w
	}
	for id, r := range h.settled {
		w := listed[id]
		if !w.Adopted || int(w.PID) != r.pid || w.Port != r.port || (w.State != wire.WorkerReady && w.State != wire.WorkerBusy) {
			return fmt.Errorf("round %d: worker %s is %+v, want it adopted as %+v", h.round, id, w, r)
		}
	}
	return nil
}

// settle waits until every worker serves or has ended, starts what is missing
// to eight, and compares what the hive says with what runs.
func (h *herd) settle() {
	h.t.Helper()
	var serving map[string]runner
	quiet := func() (err error) {
		serving, err = h.serving()
		return err
	}
	eventually(h.t, 30*time.Second, quiet)
	var spawns sync.WaitGroup
	for range herdSize - len(serving) {
		spawns.Go(func() {
			if err := h.spawn(); err != nil {
				h.t.Errorf("round %d: %v", h.round, err)
			}
		})
	}
	spawns.Wait()
	eventually(h.t, 30*time.Second, quiet)
	before := h.settled
	h.settled = serving
	for _, fault := range append(faults(before, serving), astray(serving, h.roots())...) {
		h.t.Errorf("round %d: %s", h.round, fault)
	}
}

// serving returns the workers that serve, with what /proc and the ports say, or
// an error while one is on its way somewhere.
func (h *herd) serving() (map[string]runner, error) {
	all, err := workersOf(h.url)
	if err != nil {
		return nil, err
	}
	roots, serving := h.roots(), map[string]runner{}
	for _, w := range all {
		if w.Ended {
			continue
		}
		if w.State != wire.WorkerReady && w.State != wire.WorkerBusy {
			return nil, fmt.Errorf("worker %s is %s: %s", w.WorkerID, w.State, w.Reason)
		}
		who, err := ask(w.Port, "/pid")
		if err != nil || who != strconv.FormatInt(w.PID, 10) {
			return nil, fmt.Errorf("on the port of worker %s answers pid %s, %w; want %d", w.WorkerID, who, err, w.PID)
		}
		r := runner{pid: int(w.PID), port: w.Port}
		for _, root := range roots[w.WorkerID] {
			if root.pid == r.pid {
				r.start = root.start
			}
		}
		serving[w.WorkerID] = r
	}
	return serving, nil
}

// roots are the first processes of all workers: those that lead a session.
func (h *herd) roots() map[string][]runner {
	found := map[string][]runner{}
	for id, processes := range h.carriers() {
		for _, p := range processes {
			if p.Session == p.PID {
				found[id] = append(found[id], runner{pid: p.PID, start: p.Start})
			}
		}
	}
	return found
}

func (h *herd) log(id string) string {
	text, err := ask(h.port, wire.PathWorkers+"/"+id+"/logs")
	if err != nil {
		h.t.Errorf("round %d: %v", h.round, err)
	}
	return text
}

// faults are the workers that are not what they were.
func faults(before, now map[string]runner) (found []string) {
	for id, was := range before {
		if is, there := now[id]; !there {
			found = append(found, fmt.Sprintf("worker %s with %+v is lost", id, was))
		} else if is != was {
			found = append(found, fmt.Sprintf("worker %s was %+v and is %+v", id, was, is))
		}
	}
	return found
}

// astray are the processes that are not those of the workers that the hive has,
// and the workers without one.
func astray(serving map[string]runner, roots map[string][]runner) (found []string) {
	for id, r := range serving {
		if !slices.ContainsFunc(roots[id], func(root runner) bool { return root.pid == r.pid }) {
			found = append(found, fmt.Sprintf("worker %s has pid %d, and no such process carries its token", id, r.pid))
		}
	}
	for id, all := range roots {
		if _, known := serving[id]; !known {
			found = append(found, fmt.Sprintf("worker %s runs as %+v, and the hive does not know it", id, all))
		} else if len(all) > 1 {
			found = append(found, fmt.Sprintf("worker %s is there %d times: %+v", id, len(all), all))
		}
	}
	return found
}

// controls shows that a loss and a duplicate would have been found: of three real
// processes, one worker is killed behind the back of a dead hive, one carries the
// token of another, one that of nobody.
func (h *herd) controls() {
	h.t.Helper()
	ids := slices.Sorted(maps.Keys(h.settled))
	double, stray := h.impostor(ids[0]), h.impostor("fake-0000dead")
	found := astray(h.settled, h.roots())
	slices.Sort(found)
	if len(found) != 2 || !strings.Contains(found[0], "fake-0000dead runs as") || !strings.Contains(found[1], ids[0]+" is there 2 times") {
		h.t.Errorf("control: with a duplicate and a stray %q were found", found)
	}
	double()
	stray()
	h.hive.kill()
	if err := syscall.Kill(h.settled[ids[1]].pid, syscall.SIGKILL); err != nil {
		h.t.Fatal(err)
	}
	h.start()
	var serving map[string]runner
	eventually(h.t, 30*time.Second, func() (err error) {
		if serving, err = h.serving(); err == nil && len(serving) != len(h.settled) {
			err = fmt.Errorf("%d workers serve", len(serving)) // not adopted yet
		}
		return err
	})
	if found := faults(h.settled, serving); len(found) != 1 || !strings.Contains(found[0], "worker "+ids[1]+" was") {
		h.t.Errorf("control: with a worker killed %q were found", found)
	}
	h.settled = serving
}

// impostor starts a process with a token that is not its own, and returns its end.
func (h *herd) impostor(id string) (end func()) {
	h.t.Helper()
	var token string
	for _, p := range h.carriers() {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p[0].PID))
		if err != nil {
			h.t.Fatal(err)
		}
		for variable := range strings.SplitSeq(string(raw), "\x00") {
			if _, dir, ok := strings.Cut(variable, ":"); ok && strings.HasPrefix(variable, "RBEE_WORKER=") {
				token = "RBEE_WORKER=" + id + ":" + dir
			}
		}
	}
	cmd := exec.Command("sleep", "1000")
	cmd.Env = []string{token}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	return func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // how it ended is known
	}
}
