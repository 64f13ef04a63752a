package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"rbee/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, path string) *Table {
	t.Helper()
	table, err := Open(path, map[string]int{"download": 2}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	return table
}

func newPath(t *testing.T) string { return filepath.Join(t.TempDir(), "jobs.jsonl") }

func start(t *testing.T, table *Table, r Request) string {
	t.Helper()
	id, err := table.Start(r)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// said is everything a job says until it ends, as its stream has it.
func said(t *testing.T, table *Table, id string, after int64) (all []string) {
	t.Helper()
	_, out, err := table.Get(id)
	if err != nil {
		t.Fatal(err)
	}
	for e := range out.Follow(t.Context(), after) {
		all = append(all, fmt.Sprintf("%d %d %s", e.Number, e.Kind, e.Text))
	}
	return all
}

func says(lines ...string) func(context.Context, *Output) error {
	return func(_ context.Context, out *Output) error {
		for _, line := range lines {
			out.Printf("%s", line)
		}
		return nil
	}
}

func untilCancelled(ctx context.Context, _ *Output) error {
	<-ctx.Done()
	return ctx.Err()
}

func state(t *testing.T, table *Table, id string) wire.JobState {
	t.Helper()
	j, _, err := table.Get(id)
	if err != nil {
		t.Fatal(err)
	}
	return j.State
}

func TestAJobRunsAtOnceAndEndsWithOneMarker(t *testing.T) {
	table := open(t, newPath(t))
	tests := map[string]struct {
		run  func(context.Context, *Output) error
		want []string
		end  wire.JobState
	}{
		"done": {
			func(_ context.Context, out *Output) error {
				out.Printf("one\ntwo\r\nthr\ree")
				return out.Result(map[string]int{"n": 1})
			},
			[]string{"1 0 one", "2 0 two", "3 0 thr ee", `4 1 {"n":1}`, "5 2 [DONE]"},
			wire.JobCompleted,
		},
		"failed": {
			func(context.Context, *Output) error { return errors.New("no\nroom") },
			[]string{"1 2 [ERROR] no room"},
			wire.JobFailed,
		},
	}
	for name, tt := range tests {
		id := start(t, table, Request{Operation: name, Run: tt.run})
		if diff := cmp.Diff(tt.want, said(t, table, id, 0)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if got := state(t, table, id); got != tt.end {
			t.Errorf("%s: state %s, want %s", name, got, tt.end)
		}
	}
	id := start(t, table, Request{Operation: "panic", Run: func(context.Context, *Output) error { panic("oops") }})
	if got := said(t, table, id, 0); len(got) != 1 || !strings.Contains(got[0], "[ERROR] the program made a mistake: oops") {
		t.Errorf("a panic: %q", got)
	}
}

func TestAReaderResumesWhereItWas(t *testing.T) {
	table := open(t, newPath(t))
	id := start(t, table, Request{Operation: "x", Run: says("a", "b", "c")})
	all := said(t, table, id, 0)
	for after := range int64(5) {
		if diff := cmp.Diff(all[min(int(after), 4):], said(t, table, id, after), nilIsEmpty); diff != "" {
			t.Errorf("after %d (-want +got):\n%s", after, diff)
		}
	}
	_, out, _ := table.Get(id)
	if out.Ended(3) || !out.Ended(4) {
		t.Error("the end is not where it is")
	}
}

var nilIsEmpty = cmp.Transformer("empty", func(s []string) []string { return append([]string{}, s...) })

func TestManyReadersWhileAJobSpeaks(t *testing.T) {
	table := open(t, newPath(t))
	const lines = keepEvents - 1
	id := start(t, table, Request{Operation: "x", Run: func(_ context.Context, out *Output) error {
		for n := range lines {
			out.Printf("%d", n)
		}
		return nil
	}})
	other := start(t, table, Request{Operation: "y", Run: says("mine")})
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			if got := said(t, table, id, 0); len(got) != lines+1 || got[0] != "1 0 0" || got[lines] != fmt.Sprintf("%d 2 [DONE]", lines+1) {
				t.Errorf("got %d events from %q to %q, want all", len(got), got[0], got[len(got)-1])
			}
		})
	}
	group.Wait()
	if diff := cmp.Diff([]string{"1 0 mine", "2 2 [DONE]"}, said(t, table, other, 0)); diff != "" {
		t.Errorf("the other job's stream (-want +got):\n%s", diff)
	}
}

func TestALateReaderIsToldWhatIsGone(t *testing.T) {
	table := open(t, newPath(t))
	id := start(t, table, Request{Operation: "x", Run: func(_ context.Context, out *Output) error {
		for n := range 3 * keepEvents {
			out.Printf("%d", n)
		}
		out.Printf("%s", strings.Repeat("x", 2*maxLine))
		return nil
	}})
	_, out, _ := table.Get(id)
	for range out.Follow(t.Context(), 0) { // until it has ended
	}
	got := said(t, table, id, 0)
	want := fmt.Sprintf("0 3 (%d earlier lines are no longer kept)", 2*keepEvents+2)
	if got[0] != want || len(got) != keepEvents+1 {
		t.Errorf("got %d events from %q on, want %d from %q on", len(got), got[0], keepEvents+1, want)
	}
	if n := len(got[len(got)-2]); n > maxLine+20 {
		t.Errorf("a line of %d bytes, want it cut at %d", n, maxLine)
	}
	id = start(t, table, Request{Operation: "x", Run: func(_ context.Context, out *Output) error {
		for range 5 {
			if err := out.Result(strings.Repeat("x", keepBytes/2)); err != nil {
				return err
			}
		}
		return nil
	}})
	_, out, _ = table.Get(id)
	for range out.Follow(t.Context(), 0) { // until it has ended
	}
	if got := said(t, table, id, 0); len(got) > 4 {
		t.Errorf("%d events of half of what is kept", len(got))
	}
}

func TestCancel(t *testing.T) {
	table := open(t, newPath(t))
	ended := make(chan struct{})
	id := start(t, table, Request{Operation: "x", Run: func(ctx context.Context, out *Output) error {
		defer close(ended)
		<-ctx.Done()
		out.Printf("nobody hears this")
		return ctx.Err()
	}})
	if err := table.Cancel(id); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 2 [CANCELLED]"}, said(t, table, id, 0)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	<-ended
	if got := state(t, table, id); got != wire.JobCancelled {
		t.Errorf("state %s, want cancelled", got)
	}
	for _, id := range []string{id, "job-00000000-0000-0000-0000-000000000000", ""} {
		if err := table.Cancel(id); !errors.Is(err, ErrUnknown) {
			t.Errorf("Cancel(%q): %v, want ErrUnknown", id, err)
		}
	}
}

func TestAClassHasItsSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := open(t, newPath(t))
		var ids []string
		for range 4 {
			ids = append(ids, start(t, table, Request{Operation: "x", Class: "download", Run: untilCancelled}))
		}
		states := func() (all []wire.JobState) {
			synctest.Wait()
			for _, id := range ids {
				all = append(all, state(t, table, id))
			}
			slices.Sort(all)
			return all
		}
		want := []wire.JobState{wire.JobQueued, wire.JobQueued, wire.JobRunning, wire.JobRunning}
		if diff := cmp.Diff(want, states()); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		for _, id := range ids {
			if state(t, table, id) == wire.JobQueued {
				if err := table.Cancel(id); err != nil { // gives no slot back that it has not had
					t.Fatal(err)
				}
				break
			}
		}
		for _, id := range ids {
			if state(t, table, id) == wire.JobRunning {
				if err := table.Cancel(id); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		want = []wire.JobState{wire.JobCancelled, wire.JobCancelled, wire.JobRunning, wire.JobRunning}
		if diff := cmp.Diff(want, states()); diff != "" {
			t.Errorf("after one ended (-want +got):\n%s", diff)
		}
	})
}

func TestAKeyMakesOneJob(t *testing.T) {
	table := open(t, newPath(t))
	r := Request{Operation: "x", Body: "{}", Key: "k", Run: says("a")}
	first := start(t, table, r)
	if again := start(t, table, r); again != first {
		t.Errorf("the same request made %s and %s", first, again)
	}
	r.Body = `{"other":1}`
	if _, err := table.Start(r); !errors.Is(err, ErrKeyReused) || !strings.Contains(err.Error(), first) {
		t.Errorf("another request with the same key: %v, want ErrKeyReused naming %s", err, first)
	}
	r.Key = ""
	if one, other := start(t, table, r), start(t, table, r); one == other {
		t.Error("without a key two requests made one job")
	}
}

func TestRecordsSurviveTheHive(t *testing.T) {
	path := newPath(t)
	table := open(t, path)
	done := start(t, table, Request{Operation: "a", Run: says("x")})
	said(t, table, done, 0)
	cancelled := start(t, table, Request{Operation: "b", Run: untilCancelled})
	if err := table.Cancel(cancelled); err != nil {
		t.Fatal(err)
	}
	running := start(t, table, Request{Operation: "c", Run: untilCancelled})
	for state(t, table, running) != wire.JobRunning {
		time.Sleep(time.Millisecond)
	}
	// A hive that was killed: what it wrote is all there is, the last line cut.
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	killed := newPath(t)
	if err := os.WriteFile(killed, append(raw, `{"job_id":"job-`...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Start(Request{Operation: "d", Run: says("x")}); !errors.Is(err, ErrStopping) {
		t.Errorf("Start after Close: %v, want ErrStopping", err)
	}
	for path, reason := range map[string]string{path: "the hive is stopping", killed: "the hive ended while it ran"} {
		next := open(t, path)
		var got []string
		for _, j := range next.List() {
			got = append(got, fmt.Sprintf("%s %s %s", j.Operation, j.State, j.Error))
		}
		if diff := cmp.Diff([]string{"a completed ", "b cancelled ", "c failed " + reason}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
		if diff := cmp.Diff([]string{"1 2 [ERROR] " + reason}, said(t, next, running, 0)); diff != "" {
			t.Errorf("the stream of a job of an earlier hive (-want +got):\n%s", diff)
		}
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		table := open(t, path)
		for range keepJobs + 50 {
			said(t, table, start(t, table, Request{Operation: "x", Run: says("x")}), 0)
		}
		if got := len(table.List()); got != keepJobs {
			t.Errorf("%d jobs are kept, want %d", got, keepJobs)
		}
		for range 2 * compactAfter / 3 {
			said(t, table, start(t, table, Request{Operation: "x", Run: says("x")}), 0)
		}
		if raw, err := os.ReadFile(path); err != nil || strings.Count(string(raw), "\n") > compactAfter+keepJobs+1 {
			t.Errorf("the file has %d lines (%v)", strings.Count(string(raw), "\n"), err)
		}
		time.Sleep(keepFor + time.Second)
		if got := len(table.List()); got != 0 {
			t.Errorf("%d jobs are kept after a day, want none", got)
		}
		for range mostOpen {
			start(t, table, Request{Operation: "x", Run: untilCancelled})
		}
		if _, err := table.Start(Request{Operation: "x", Run: says("x")}); !errors.Is(err, ErrBusy) {
			t.Errorf("job %d at once: %v, want ErrBusy", mostOpen+1, err)
		}
	})
}
