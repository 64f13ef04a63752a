package store

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rbee/internal/wire"
)

// crashLimits are so small that something is pruned all the time.
var crashLimits = Retention{Raw: Limit{Bytes: 256 << 10}, Minute: Limit{Bytes: 64 << 10}, Hour: Limit{Bytes: 1 << 10}}

// child is a bed's reporter in a process of its own.
type child struct{}

func (child) Helper()                           {}
func (child) Errorf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
func (child) Fatal(args ...any)                 { fmt.Fprintln(os.Stderr, args...); os.Exit(1) }
func (c child) Fatalf(format string, args ...any) {
	c.Fatal(fmt.Sprintf(format, args...))
}

// crashChild goes through virtual time as fast as it can, until it is killed,
// and tells of each heartbeat that was acknowledged.
func crashChild(path string) error {
	var wall int64
	if _, err := fmt.Sscan(os.Getenv("STORE_TEST_WALL"), &wall); err != nil {
		return err
	}
	b := newBed(child{}, path, time.Unix(wall, 0).UTC(), 3)
	for n := 0; ; n++ {
		b.second(beats(5*time.Second, 0, 1, 2)...)
		if _, err := fmt.Println(timeText(b.now.Add(-time.Second).UnixMilli() + 500)); err != nil {
			return err
		}
		for range 4 {
			b.second()
		}
		if n%10 == 0 {
			b.prune(crashLimits)
		}
	}
}

// Killed at whatever moment, while minutes and hours are written, made again or
// deleted: what was acknowledged is there, and every minute and hour is right
// again when the next queen has run for a minute.
func TestAfterCrashesTheHistoryIsRight(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queen.db")
	wall := time.Date(2026, 3, 4, 5, 6, 0, 0, time.UTC)
	for round := range 6 {
		acked := crash(t, path, wall, time.Duration(100+rand.IntN(700))*time.Millisecond)
		s := openTest(t, path)
		newest, err := parseTime(byDriver(t, s, "SELECT max(received_at) FROM heartbeats"))
		if err != nil {
			t.Fatal(err)
		}
		if timeText(newest.UnixMilli()) < acked {
			t.Errorf("round %d: %s was acknowledged, the newest heartbeat in the file is of %s", round, acked, timeText(newest.UnixMilli()))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		wall = newest.Truncate(time.Second).Add(7 * time.Second)
	}
	b := newBed(t, path, wall, 3)
	defer func() { _ = b.s.Close() }()
	b.run(time.Hour+65*time.Second, 5*time.Second, 0, 1, 2)
	b.rebuild()
	over := b.now.Add(-10 * time.Second) // the rows of a minute come two seconds after it
	pruned := max(lastPruned(b.s.tiers[wire.TierRaw], 1), lastPruned(b.s.tiers[wire.TierMinute], together))
	since := startText(wire.TierMinute, pruned+1)
	if wrong := countRows(t, b.s, sprintfTime(wrongMinutes, over.Truncate(time.Minute))+" AND r.at >= '"+since+"'"); wrong != 0 {
		t.Errorf("%d minutes are not what the heartbeats say", wrong)
	}
	since = startText(wire.TierHour, max(pruned/60, b.s.tiers[wire.TierHour].list[0].start)+1)
	if wrong := countRows(t, b.s, sprintfTime(wrongHours, over.Truncate(time.Hour))+" AND r.at >= '"+since+"'"); wrong != 0 {
		t.Errorf("%d hours are not what the heartbeats say", wrong)
	}
	t.Logf("%d heartbeats, %d minutes and %d hours are left of the time to %s", countRows(t, b.s, "SELECT count(*) FROM heartbeats"),
		len(b.s.tiers[wire.TierMinute].list), len(b.s.tiers[wire.TierHour].list), timeText(b.now.UnixMilli()))
	checkBlocks(t, b.s)
}

// lastPruned is the newest block of which rows may have been deleted: the last
// of those that lie with the oldest one that has any.
func lastPruned(tier *blocks, beside int64) int64 {
	for _, block := range tier.list {
		if block.rows > 0 {
			return block.start - block.start%beside + beside - 1
		}
	}
	return 0
}

// crash lets a child run for some time and kills it. It returns the last
// heartbeat that the child said was acknowledged.
func crash(t *testing.T, path string, wall time.Time, after time.Duration) (acked string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_CRASH="+path, fmt.Sprint("STORE_TEST_WALL=", wall.Unix()))
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("the child wrote nothing: %s", said.String())
	}
	kill := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	for acked = lines.Text(); lines.Scan(); {
		if len(lines.Text()) == len(acked) {
			acked = lines.Text()
		}
	}
	_, _ = io.Copy(io.Discard, out)
	_ = cmd.Wait() // killed
	if said.Len() > 0 {
		t.Errorf("the child said %s", said.String())
	}
	return acked
}
