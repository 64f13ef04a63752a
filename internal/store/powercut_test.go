package store

import (
	"bytes"
	"errors"
	goflag "flag" // flag is a function here
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rbee/internal/diskfault"
)

var (
	powercutStates = goflag.Int("powercut.states", 0, "how many disk states to try (0: 300, with the race detector 24)")
	powercutSeed   = goflag.Uint64("powercut.seed", 0, "which ones (0: other ones each time)")
)

// powercutChild is a queen's store in a busy life: it makes the file or migrates
// it, several goroutines write, the log is folded into the file again and again,
// the file is copied, closed, opened and used once more.
func powercutChild(path string) error {
	for boot := range 2 {
		s, err := Open(background, path, discard)
		if err != nil {
			return err
		}
		for _, text := range append([]string{"journal_size_limit = 60000"}, strings.Fields(os.Getenv("STORE_TEST_PRAGMA"))...) {
			if err := pragma(s, text); err != nil {
				return err
			}
		}
		epoch, err := s.StartEpoch(background, time.Now(), "test")
		if err := say(err, "ack epoch %d", epoch); err != nil {
			return err
		}
		if err := s.StartHistory(background, time.Now()); err != nil {
			return err
		}
		var all sync.WaitGroup
		failed := make([]error, 5)
		for i := range failed {
			all.Go(func() { failed[i] = powercutWriter(s, boot, i) })
		}
		all.Wait()
		if err := errors.Join(failed...); err != nil {
			return err
		}
		if err := s.StopEpoch(background, time.Now(), epoch); err != nil {
			return err
		}
		if err := say(s.Close(), "closed"); err != nil {
			return err
		}
	}
	return nil
}

// powercutWriter is one of those who write at the same time.
func powercutWriter(s *Store, boot, i int) error {
	h := testHive(fmt.Sprintf("h%d-%d", boot, i))
	if err := register(s, h); err != nil {
		return err
	}
	for n := range 16 {
		if err := item(s, h, boot*1000+i*100+n); err != nil {
			return err
		}
		var err error
		switch {
		case n%4 == 0:
			select {
			case s.wal.due <- struct{}{}: // as after a thousand pages
			default:
			}
		case i == 1 && n == 10:
			err = backup(s, fmt.Sprint(".copy-", boot))
		case i == 2 && n == 13:
			err = beside(s, "PRAGMA wal_checkpoint(TRUNCATE)")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// recorded is the life of a child, to be cut off anywhere.
type recorded struct {
	history *diskfault.History
	old     int // heartbeats in the file before
}

// life is what a child does and on which disk.
type life struct {
	name   string
	old    bool   // the file is there and of an old schema
	pragma string // for the writer
	lying  bool   // the disk syncs nothing and says that it did
}

// record has a child live under strace.
func record(t *testing.T, l life) recorded {
	t.Helper()
	top := ramDir(t)
	path := filepath.Join(top, "state", "queen.db")
	r := recorded{}
	if l.old {
		oldFile(t, path)
		r.old = oldBeats
	}
	var err error
	if r.history, err = diskfault.Snapshot(top); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_POWERCUT="+path, "STORE_TEST_PRAGMA="+l.pragma)
	var said bytes.Buffer
	cmd.Stderr = &said
	trace := filepath.Join(ramDir(t), "trace")
	switch err := diskfault.Record(t.Context(), cmd, trace); {
	case errors.Is(err, diskfault.ErrUnable):
		t.Skipf("SKIPPED: power cuts are NOT tested: %v", err)
	case err != nil:
		t.Fatalf("%v\n%s", err, said.String())
	}
	f, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	calls, err := diskfault.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	if l.lying {
		calls = slices.DeleteFunc(calls, func(c diskfault.Call) bool { return c.Name == "fsync" })
	}
	if err := r.history.Replay(calls, top, "-shm"); err != nil { // the index is made anew
		t.Fatal(err)
	}
	return r
}

// cut is what came of one power cut.
type cut struct {
	fate  diskfault.Fate
	files map[string][]byte
	want  acked
	finding
}

// cutOff tries one disk state, which the seed and the number choose.
func (r *recorded) cutOff(t *testing.T, dir string, seed uint64, number int) cut {
	random := rand.New(rand.NewPCG(seed, uint64(number)))
	at := r.history.Cuts[random.IntN(len(r.history.Cuts))]
	c := cut{fate: diskfault.Fate(number % int(diskfault.Fates)), want: acked{old: r.old}}
	for _, mark := range r.history.Marks {
		if mark.Start <= at {
			c.want.hear(mark.Text)
		}
	}
	c.files = r.history.State(at, c.fate, random)
	dir = filepath.Join(dir, fmt.Sprint(number))
	if err := diskfault.Write(dir, c.files); err != nil {
		c.broken = err.Error()
		return c
	}
	c.finding = lookFor(t.Context(), filepath.Join(dir, "state", "queen.db"), c.want)
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
	return c
}

// cuts is what came of many.
type cuts struct {
	states, places, writes int
	fates                  counts
	lost, lossy, broken    int
}

func (c cuts) String() string {
	return fmt.Sprintf("%d disk states (%v) at %d places: %d acknowledged writes looked for, %d lost in %d states, %d states broken",
		c.states, c.fates, c.places, c.writes, c.lost, c.lossy, c.broken)
}

// cutOften tries many disk states.
func (r *recorded) cutOften(t *testing.T, seed uint64, states int, wrong func(number int, c cut)) cuts {
	dir := ramDir(t)
	var mu sync.Mutex
	sum := cuts{states: states, places: len(r.history.Cuts), fates: counts{}}
	inParallel(states, runtime.GOMAXPROCS(0), func(number int) {
		c := r.cutOff(t, dir, seed, number)
		mu.Lock()
		defer mu.Unlock()
		sum.fates[c.fate.String()]++
		sum.writes += len(c.want.hives) + len(c.want.items)
		sum.lost += len(c.lost)
		if len(c.lost) > 0 {
			sum.lossy++
		}
		if c.broken != "" {
			sum.broken++
		}
		if c.bad() {
			wrong(number, c)
		}
	})
	return sum
}

// After a power cut, whatever the disk kept of what was not synced, everything
// acknowledged is there and the file is whole.
func TestPowerCutsLoseNothingAcknowledged(t *testing.T) {
	states, seed := *powercutStates, *powercutSeed
	if states == 0 {
		if states = 300; raceDetector {
			states = 24
			t.Logf("with the race detector %d disk states only, and no control; make powercut tries more", states)
		}
	}
	if seed == 0 {
		seed = rand.Uint64()
	}
	for _, l := range []life{{name: "a-new-file"}, {name: "a-migrated-file", old: true}} {
		t.Run(l.name, func(t *testing.T) {
			r, said := record(t, l), 0
			share := states - states/3
			if l.old {
				share = states / 3
			}
			sum := r.cutOften(t, seed, share, func(number int, c cut) {
				if said++; said <= 5 {
					t.Errorf("state %d, %v: %v\n(the files stand in %s)", number, c.fate, c.finding, evidence(t, fmt.Sprint("state-", number), c.files))
				}
			})
			t.Logf("power cuts, %s, seed %d: %v", l.name, seed, sum)
		})
	}
	for _, l := range []life{{name: "synchronous=NORMAL", pragma: "synchronous=NORMAL"}, {name: "a-disk-that-lies", lying: true}} {
		t.Run("control-"+l.name, func(t *testing.T) {
			if raceDetector {
				t.Skip("SKIPPED: the control takes too long with the race detector; make powercut runs it")
			}
			r := record(t, l)
			sum := r.cutOften(t, seed, max(50, states/6), func(int, cut) {})
			t.Logf("power cuts, control with %s, seed %d: %v", l.name, seed, sum)
			if sum.lossy == 0 || l.lying && sum.broken == 0 {
				t.Error("nothing was found: this harness finds nothing")
			}
		})
	}
}
