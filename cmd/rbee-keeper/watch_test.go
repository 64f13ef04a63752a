package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// paper is written by one goroutine and read by another.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// watching is a running `hives --watch`.
type watching struct {
	t              *testing.T
	queen          *fakeQueen
	stdout, stderr paper
	stop           context.CancelFunc
	code           chan int
}

func watch(t *testing.T, r rig, queen *fakeQueen) *watching {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	w := &watching{t: t, queen: queen, stop: stop, code: make(chan int, 1)}
	r.every = 5 * time.Millisecond
	go func() { w.code <- r.start(ctx, &w.stdout, &w.stderr, "hives", "--watch", "--queen", queen.URL) }()
	t.Cleanup(stop)
	return w
}

// until waits for a condition.
func (w *watching) until(what string, is func() bool) {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("no %s; stdout %q, stderr %q", what, w.stdout.String(), w.stderr.String())
		}
	}
}

// looks waits until the queen was asked a few times more.
func (w *watching) looks() {
	w.t.Helper()
	enough := len(w.queen.requests()) + 10
	w.until("further looks", func() bool { return len(w.queen.requests()) >= enough })
}

// ends stops the watch and returns its exit code.
func (w *watching) ends() int {
	w.t.Helper()
	w.stop()
	select {
	case code := <-w.code:
		return code
	case <-time.After(20 * time.Second):
		w.t.Fatal("does not end")
		return -1
	}
}

// hang up as a queen that was killed.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// eventLog answers as a queen with events 1 to n, honouring after and limit.
func eventLog(n int, id string) (events, info http.HandlerFunc) {
	events = func(w http.ResponseWriter, r *http.Request) {
		after, absent := strconv.Atoi(r.FormValue("after"))
		limit, err := strconv.Atoi(r.FormValue("limit"))
		if err != nil {
			http.Error(w, "every question has a limit", http.StatusBadRequest)
			return
		}
		first := after + 1
		if absent != nil {
			first = max(1, n-limit+1)
		}
		list := []string{}
		for i := first; i <= n && len(list) < limit; i++ {
			list = append(list, fmt.Sprintf(`{"id":%d,"at":"2025-10-30T22:00:%02dZ","epoch":1,"kind":"hive.down","hive_id":"nas","detail":{"queen":%q}}`, i, i%60, id))
		}
		_, _ = io.WriteString(w, `{"events":[`+strings.Join(list, ",")+`]}`)
	}
	return events, answer(http.StatusOK, "application/json", fmt.Sprintf(`{"queen_id":%q,"started_at":"2025-10-30T21:00:00Z"}`, id))
}

func line(n int, id string) string {
	return fmt.Sprintf("2025-10-30T22:00:%02dZ %d hive.down nas queen=%s\n", n%60, n, id)
}

func (w *watching) has(n int, id string) { w.queen.has(n, id) }

// has gives the queen the events 1 to n, and an id.
func (q *fakeQueen) has(n int, id string) {
	events, info := eventLog(n, id)
	q.on("GET /v1/events", events)
	q.on("GET /v1/info", info)
}

// A pipe gets the hives once, then each event once, in order, while the queen
// comes, goes and is replaced.
func TestWatchLines(t *testing.T) {
	queen := newQueen(t)
	// One that is starting or stopping is waited for like one that is not there.
	queen.on("GET /v1/info", answer(http.StatusServiceUnavailable, "application/problem+json", `{"detail":"starting"}`))
	w := watch(t, rig{}, queen)
	w.until("word of the absent queen", func() bool { return w.stderr.String() != "" })
	w.looks()

	table := rig{}.run(t.Context(), "hives", "--queen", queen.URL).Stdout
	wantOut, wantErr := table, "waiting for the queen at "+queen.URL+": starting\n"+"the queen at "+queen.URL+" answers\n"
	check := func(when string) {
		t.Helper()
		w.until("output "+when, func() bool { return len(w.stdout.String()) >= len(wantOut) })
		w.looks()
		if diff := cmp.Diff(wantOut, w.stdout.String()); diff != "" {
			t.Errorf("%s, stdout: -want +got:\n%s", when, diff)
		}
		if diff := cmp.Diff(wantErr, w.stderr.String()); diff != "" {
			t.Errorf("%s, stderr: -want +got:\n%s", when, diff)
		}
	}
	w.has(2, "a")
	check("at first")

	w.has(4, "a")
	wantOut += line(3, "a") + line(4, "a")
	check("after two events")

	queen.on("GET /v1/info", hangUp)
	w.looks()
	w.has(4+2*maxFresh, "a")
	for n := 5; n <= 4+2*maxFresh; n++ {
		wantOut += line(n, "a")
	}
	wantErr += "waiting for the queen at " + queen.URL + ": EOF\n" + "the queen at " + queen.URL + " answers\n"
	check("after a pause")

	w.has(3, "b")
	w.looks()
	w.has(4, "b")
	wantOut += line(4, "b")
	check("with another queen, whose events begin anew")

	w.has(2, "b")
	w.looks()
	w.has(5, "b")
	wantOut += line(3, "b") + line(4, "b") + line(5, "b")
	check("with an older state file, whose events went on from there")

	if code := w.ends(); code != 0 {
		t.Errorf("exit %d, want 0", code)
	}
}

// The first events of a queen are not the fewer for coming all at once.
func TestFollowFromTheFirst(t *testing.T) {
	for _, known := range []int{0, 1} {
		queen := newQueen(t)
		w := &watching{t: t, queen: queen, code: make(chan int, 1)}
		w.has(known, "a")
		ctx, stop := context.WithCancel(t.Context())
		w.stop = stop
		t.Cleanup(stop)
		r := rig{every: 5 * time.Millisecond}
		go func() {
			w.code <- r.start(ctx, &w.stdout, &w.stderr, "events", "-f", "--limit", "5", "--queen", queen.URL)
		}()
		w.looks()
		want := ""
		for n := 1; n <= 2*maxFresh; n++ {
			want += line(n, "a")
		}
		w.has(2*maxFresh, "a")
		w.until("last event", func() bool { return strings.Contains(w.stdout.String(), line(2*maxFresh, "a")) })
		if diff := cmp.Diff(want, w.stdout.String()); diff != "" {
			t.Errorf("after %d: -want +got:\n%s", known, diff)
		}
		w.ends()
	}
}

func TestWatchWithoutHives(t *testing.T) {
	queen := newQueen(t)
	queen.on("GET /v1/hives", answer(http.StatusOK, "application/json", `{"hives":[]}`))
	queen.on("GET /v1/events", answer(http.StatusOK, "application/json", `{"events":[]}`))
	w := watch(t, rig{}, queen)
	w.until("hint", func() bool { return w.stderr.String() != "" })
	w.has(1, "q-1") // the first event of all is new
	w.until("event", func() bool { return w.stdout.String() != "" })
	w.looks()
	if diff := cmp.Diff(line(1, "q-1"), w.stdout.String()); diff != "" {
		t.Errorf("stdout: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(noHives+"\n", w.stderr.String()); diff != "" {
		t.Errorf("stderr: -want +got:\n%s", diff)
	}
	w.ends()
}

// What is no queen does not become one by waiting.
func TestWatchOfSomethingElse(t *testing.T) {
	queen := newQueen(t)
	for contentType, body := range map[string]string{"text/html": "<h1>", "application/json": `{"hive":{"id":"a"},"queen_id":"q","epoch":2}`} {
		queen.on("GET /v1/info", answer(http.StatusOK, contentType, body))
		got := rig{width: 80, height: 24, every: 1}.run(t.Context(), "hives", "--watch", "--queen", queen.URL)
		want := "rbee-keeper: " + queen.URL + " answered 200 with something else than the JSON expected: is it a queen? check --queen URL or RBEE_KEEPER_QUEEN\n"
		if diff := cmp.Diff(ran{1, "", want}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", body, diff)
		}
	}
}

func TestWatchScreen(t *testing.T) {
	queen := newQueen(t)
	for _, size := range []rig{{width: 80, height: 24}, {width: 100, height: 12}, {width: 33, height: 6}, {width: 1, height: 1}} {
		t.Run(fmt.Sprintf("%dx%d", size.width, size.height), func(t *testing.T) {
			queen.on("GET /v1/events", answer(http.StatusOK, "application/json", canned(t, "events")))
			w := watch(t, size, queen)
			w.until("second frame", func() bool { return strings.Count(w.stdout.String(), toTop) >= 2 })
			queen.on("GET /v1/events", hangUp)
			w.looks()
			w.until("frame that waits", func() bool {
				frames := w.stdout.String()
				return size.height < 3 || strings.Contains(frames[strings.LastIndex(frames, toTop):], "wai")
			})
			if code := w.ends(); code != 0 || w.stderr.String() != "" {
				t.Errorf("exit %d, stderr %q", code, w.stderr.String())
			}
			out, found := strings.CutPrefix(w.stdout.String(), enterScreen)
			frames, left, restored := strings.Cut(out, leaveScreen)
			if !found || !restored || strings.Contains(left, "\x1b") {
				t.Fatalf("the terminal is not given back: %q", w.stdout.String())
			}
			drawn := strings.Split(frames, toTop)[1:]
			for _, frame := range drawn {
				body, whole := strings.CutSuffix(frame, clearLine+clearBelow)
				if !whole {
					t.Errorf("frame %q leaves something below", frame)
				}
				lines := strings.Split(body, clearLine+"\r\n")
				if len(lines) > size.height {
					t.Errorf("%d lines on a screen of %d", len(lines), size.height)
				}
				for _, line := range lines {
					harmless(t, line)
					if textWidth(line) > size.width {
						t.Errorf("%d columns on a screen of %d: %q", textWidth(line), size.width, line)
					}
				}
			}
			last := strings.TrimSuffix(drawn[len(drawn)-1], clearLine+clearBelow)
			if diff := cmp.Diff(strings.ReplaceAll(last, clearLine+"\r\n", "\n")+"\n", left); diff != "" {
				t.Errorf("what stays is not what was seen last: -want +got:\n%s", diff)
			}
		})
	}
}

func TestFrames(t *testing.T) {
	k := newKeeper(rigProcess())
	k.queen = "http://127.0.0.1:7833"
	v := &screenView{keeper: k}
	seen := cannedSnapshot(t)
	golden(t, "screen-80x24.txt", strings.Join(v.frame(seen, sheet{width: 80}, 24), "\n")+"\n")
	golden(t, "screen-80x12.txt", strings.Join(v.frame(seen, sheet{width: 80}, 12), "\n")+"\n")
	seen.list = &queenError{text: "long", brief: "connection refused"}
	golden(t, "screen-away.txt", strings.Join(v.frame(seen, sheet{width: 80}, 24), "\n")+"\n")
	golden(t, "screen-empty.txt", strings.Join(v.frame(snapshot{at: seen.at, met: true}, sheet{width: 80}, 24), "\n")+"\n")
	golden(t, "screen-never.txt", strings.Join(v.frame(snapshot{at: seen.at, list: seen.list}, sheet{width: 80}, 24), "\n")+"\n")
}

// A tall screen shows the last ten events, not all that were ever seen.
func TestWatchScreenForgets(t *testing.T) {
	queen := newQueen(t)
	w := watch(t, rig{width: 80, height: 60}, queen)
	for _, n := range []int{8, 16, 24} {
		w.has(n, "a")
		w.until("frame with the event", func() bool { return strings.Contains(w.stdout.String(), fmt.Sprintf("\n%2d  ", n)) })
	}
	w.ends()
	_, left, _ := strings.Cut(w.stdout.String(), leaveScreen)
	if got := strings.Count(left, "hive.down"); got != recentEvents || !strings.Contains(left, "\n24  ") {
		t.Errorf("got %d events, want the last %d:\n%s", got, recentEvents, left)
	}
}

// A terminal that understands nothing is written to as a pipe is.
func TestWatchDumbTerminal(t *testing.T) {
	queen := newQueen(t)
	w := watch(t, rig{width: 80, height: 24, env: map[string]string{"TERM": "dumb"}}, queen)
	w.until("hives", func() bool { return w.stdout.String() != "" })
	w.ends()
	harmless(t, w.stdout.String())
}
