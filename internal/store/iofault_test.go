package store

import (
	"bytes"
	"context"
	"errors"
	goflag "flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rbee/internal/diskfault"
)

var (
	faultPositions = goflag.Int("faults.positions", 0, "how many faults to try, each at another place (0: 100, with the race detector 12; -1: every fault at every place)")
	faultSeed      = goflag.Uint64("faults.seed", 0, "which ones (0: other ones each time)")
)

// fault is how the disk fails, and from which call on.
type fault struct {
	scenario
	at    int
	errno syscall.Errno
	on    bool // from then on; else once
}

// scenario is in what life the disk fails. The last two are controls.
type scenario struct {
	old   bool // the file is there and of an old schema
	liar  bool // the child acknowledges before the commit
	lying bool // the disk does not fail: it syncs nothing any more, and says that it does
}

// kinds are the faults at one place.
func (s scenario) kinds(at int) []fault {
	if s.lying {
		return []fault{{s, at, diskfault.Lie, true}}
	}
	return []fault{
		{s, at, syscall.EIO, false},
		{s, at, syscall.EIO, true},
		{s, at, syscall.ENOSPC, false},
		{s, at, syscall.ENOSPC, true},
		{s, at, diskfault.Kill, false},
	}
}

func (f fault) String() string {
	what := map[syscall.Errno]string{syscall.EIO: "EIO", syscall.ENOSPC: "ENOSPC", diskfault.Kill: "kill", diskfault.Lie: "no sync"}[f.errno]
	if f.on {
		what += " from then on"
	}
	return what
}

// outcome is what came of a fault.
type outcome struct {
	fault
	op     diskfault.Op // that failed; zero: it was not reached
	calls  int
	phases counts   // calls in each
	said   []string // by the child
	finding
}

// try lets a child live with the fault, and looks for what was acknowledged: in
// the files as they are, and as a power cut at its end leaves them.
func (f fault) try(t *testing.T, dir string, template map[string][]byte) (o outcome) {
	defer os.RemoveAll(dir)
	o = outcome{fault: f, phases: counts{}}
	if err := diskfault.Write(dir, template); err != nil {
		o.broken = err.Error()
		return o
	}
	synced, err := o.live(t, dir)
	if err != nil {
		o.broken = "the child: " + err.Error()
		return o
	}
	want := acked{}
	if f.old {
		want.old = oldBeats
	}
	for _, line := range o.said {
		want.hear(line)
	}
	cutOff := dir + "-power-cut"
	defer os.RemoveAll(cutOff)
	if err := diskfault.Write(cutOff, synced, "state/queen.db-shm"); err != nil {
		o.broken = err.Error()
		return o
	}
	asIs := lookFor(t.Context(), filepath.Join(dir, "state", "queen.db"), want)
	asSynced := lookFor(t.Context(), filepath.Join(cutOff, "state", "queen.db"), want)
	o.lost = slices.Concat(asIs.lost, asSynced.lost)
	if o.broken = asIs.broken; asSynced.broken != "" {
		o.broken += " after a power cut: " + asSynced.broken
	}
	return o
}

// live runs the child and returns what of its files was synced in the end.
func (o *outcome) live(t *testing.T, dir string) (synced map[string][]byte, err error) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // it hangs: where?
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(os.Environ(), "STORE_TEST_IOFAULT="+filepath.Join(dir, "state", "queen.db"))
	for name, set := range map[string]bool{"ONCE": !o.on, "LIAR": o.liar, "OLD": o.old} {
		if set {
			cmd.Env = append(cmd.Env, "STORE_TEST_"+name+"=1")
		}
	}
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	calls, sure, err := diskfault.Supervise(cmd, dir, func(op diskfault.Op) syscall.Errno {
		o.phases[phases[op.Phase]]++
		if op.N == o.at {
			o.op = op
		}
		if op.N == o.at || o.on && op.N > o.at {
			return o.errno
		}
		return 0
	})
	o.calls, o.said = calls, strings.Split(out.String(), "\n")
	if errors.Is(err, diskfault.ErrUnable) || strings.Contains(stderr.String(), diskfault.ErrUnable.Error()) {
		t.Skipf("SKIPPED: faults of the disk are NOT tested: %v %s", err, stderr.String())
	}
	if killed := o.errno == diskfault.Kill && o.op.N > 0; err != nil && !killed {
		return nil, fmt.Errorf("%w: %.4000s", err, stderr.String())
	}
	return sure.Files()
}

// faultTemplate is what a child begins with.
func faultTemplate(t *testing.T, old bool) map[string][]byte {
	t.Helper()
	if !old {
		return map[string][]byte{"state/": nil}
	}
	dir := ramDir(t)
	oldFile(t, filepath.Join(dir, "state", "queen.db"))
	data, err := os.ReadFile(filepath.Join(dir, "state", "queen.db")) // its log was folded in when it was closed
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"state/queen.db": data}
}

// faults is what came of many.
type faults struct {
	whole               outcome // without a fault
	kinds, where, calls counts
	tried, missed, acks, healed,
	lossy, broken int
}

func (f *faults) add(o outcome) {
	if f.tried++; o.op.N == 0 {
		f.missed++
	} else {
		f.kinds[o.fault.String()]++
		f.where[phases[o.op.Phase]]++
		f.calls[o.op.Kind]++
	}
	for _, line := range o.said {
		if strings.HasPrefix(line, "ack ") {
			f.acks++
		}
	}
	for what, count := range map[*int]bool{
		&f.healed: slices.Contains(o.said, "healed"), &f.lossy: len(o.lost) > 0, &f.broken: o.broken != "",
	} {
		if count {
			*what++
		}
	}
}

func (f *faults) String() string {
	return fmt.Sprintf("%d faults at %d calls (%v): %v; %v; %v; not reached %d; healed %d; "+
		"%d acknowledgements, some lost in %d lives, %d lives broken",
		f.tried, f.whole.calls, f.whole.phases, f.kinds, f.where, f.calls, f.missed, f.healed, f.acks, f.lossy, f.broken)
}

// tryFaults tries some of all faults there can be, or each of them.
func tryFaults(t *testing.T, s scenario, count int, seed uint64, wrong func(outcome)) *faults {
	t.Helper()
	dir, template := ramDir(t), faultTemplate(t, s.old)
	sum := &faults{whole: fault{scenario: s}.try(t, filepath.Join(dir, "whole"), template), kinds: counts{}, where: counts{}, calls: counts{}}
	if sum.whole.bad() {
		t.Fatalf("without a fault: %v", sum.whole.finding)
	}
	var all []fault
	for at := range sum.whole.calls {
		all = append(all, s.kinds(at+1)...)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if count >= 0 {
		all = all[:min(count, len(all))]
	}
	var mu sync.Mutex
	inParallel(len(all), runtime.GOMAXPROCS(0), func(i int) {
		o := all[i].try(t, filepath.Join(dir, fmt.Sprint(i)), template)
		mu.Lock()
		defer mu.Unlock()
		if sum.add(o); o.bad() {
			wrong(o)
		}
	})
	return sum
}

// Whatever write, sync or truncation fails or is the last: nothing acknowledged
// is lost, the file can be opened, errors are of our classes, and nobody hangs.
func TestFaultsOfTheDiskLoseNothingAcknowledged(t *testing.T) {
	count, seed := *faultPositions, *faultSeed
	if count == 0 {
		if count = 100; raceDetector {
			count = 12
			t.Logf("with the race detector %d faults only, and no control; make faults tries more", count)
		}
	}
	if seed == 0 {
		seed = rand.Uint64()
	}
	part := func(share int) int {
		if count < 0 {
			return count
		}
		return count * share / 100
	}
	for _, s := range []struct {
		name string
		scenario
		count int
	}{{"a-new-file", scenario{}, part(60)}, {"a-migrated-file", scenario{old: true}, part(40)}} {
		t.Run(s.name, func(t *testing.T) {
			said := 0
			sum := tryFaults(t, s.scenario, s.count, seed, func(o outcome) {
				if said++; said <= 10 {
					t.Errorf("%v at call %d, the %s of %s in phase %s: %v", o.fault, o.at, o.op.Kind, o.op.Name, phases[o.op.Phase], o.finding)
				}
			})
			t.Logf("faults, %s, seed %d: %v", s.name, seed, sum)
		})
	}
	for name, s := range map[string]scenario{"who-acknowledges-before-the-commit": {liar: true}, "a-disk-that-lies": {lying: true}} {
		t.Run("control-"+name, func(t *testing.T) {
			if raceDetector {
				t.Skip("SKIPPED: the control takes too long with the race detector; make faults runs it")
			}
			sum := tryFaults(t, s, max(40, part(10)), seed, func(outcome) {})
			t.Logf("faults, control with %s, seed %d: %v", name, seed, sum)
			if sum.lossy == 0 {
				t.Error("nothing was found: this harness finds nothing")
			}
		})
	}
}
