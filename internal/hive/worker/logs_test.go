package worker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

func texts(t *testing.T, path string, after int64) (lines []string, end int64) {
	t.Helper()
	for l, err := range readLog(t.Context(), path, after, func() bool { return false }) {
		if err != nil {
			t.Fatal(err)
		}
		lines, end = append(lines, l.Text), l.End
	}
	return lines, end
}

func TestLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	raw := "one\r\n10%\r50%\r100%\n\x1b[31mred\x1b[0m\x1b]0;title\x07\n\xff\u202e\x00x\n\n" + strings.Repeat("a", maxLine+10) + "\nlast"
	os.WriteFile(path, []byte(raw), 0o600)
	got, end := texts(t, path, 0)
	want := []string{"one", "100%", "red", "\uFFFDx", "", strings.Repeat("a", maxLine), strings.Repeat("a", 10), "last"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if end != int64(len(raw)) {
		t.Errorf("end %d, want %d", end, len(raw))
	}
	if got, _ := texts(t, path, 5); len(got) != len(want)-1 || got[0] != "100%" {
		t.Errorf("after the first line: %.20q", got)
	}
	if got, want := lastLines(path), "last"; !strings.HasSuffix(got, want) {
		t.Errorf("last lines %.40q, want …%s", got, want)
	}
}

// TestALogIsBounded has an engine write forty times what is kept, while the log
// is trimmed and followed: nobody meets a gap but the one at the beginning.
func TestALogIsBounded(t *testing.T) {
	b := newBed(t, "")
	s := b.spawn(wire.WorkerReady)
	path := filepath.Join(b.cfg.Dir, s.ID, logFile)
	text := strings.Repeat("x", 1000)
	const rounds, lines = 8, 5000
	for range rounds {
		b.ask(s, fmt.Sprintf("/say?lines=%d&text=%s", lines, text))
		if err := trimLog(path); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	used := info.Sys().(*syscall.Stat_t).Blocks * blockLen
	t.Logf("%d MiB written, %d MiB on disk", info.Size()>>20, used>>20)
	if info.Size() < rounds*lines*1000 {
		t.Skip("*** THIS FILE SYSTEM CANNOT PUNCH HOLES: the log is started anew instead, and the rest is not looked at ***")
	}
	if used > 2*logKept+rounds*4096 {
		t.Errorf("%d bytes on disk, want %d at most", used, 2*logKept)
	}
	got := b.log(s.ID)
	if len(got) < logKept/1100 || len(got) > logKept/1000 {
		t.Errorf("%d lines kept", len(got))
	}
	for n, line := range got {
		if !strings.HasPrefix(line, text) {
			t.Fatalf("line %d of %d is %.60q", n, len(got), line)
		}
	}
	if err := b.Kill(b.context(), s.ID); err != nil {
		t.Error(err)
	}
}

func TestALogIsFollowed(t *testing.T) {
	b := newBed(t, "")
	s := b.spawn(wire.WorkerReady)
	lines, err := b.Logs(b.context(), s.ID, 0, true)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 100)
	go func() {
		defer close(got)
		for l, err := range lines {
			if err == nil {
				got <- l.Text
			}
		}
	}()
	expect := func(want string) {
		t.Helper()
		select {
		case line := <-got:
			if !strings.HasPrefix(line, want) {
				t.Errorf("line %q, want %q…", line, want)
			}
		case <-time.After(patience):
			t.Fatalf("no line, want %q", want)
		}
	}
	expect("engine begins")
	b.ask(s, "/say?lines=2&text=hello")
	expect("hello 0")
	expect("hello 1")
	if err := b.Stop(b.context(), s.ID); err != nil {
		t.Fatal(err)
	}
	for range got { //revive:disable-line // it ends by itself
	}
	ctx, cancel := context.WithCancel(b.context())
	cancel()
	if _, err := b.Logs(ctx, "nobody", 0, true); err == nil {
		t.Error("the log of nobody")
	}
}

func TestALogStartedAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	os.WriteFile(path, []byte("new\n"), 0o600)
	if got, _ := texts(t, path, 1000); len(got) != 1 || got[0] != "new" {
		t.Errorf("behind the end of a log: %q", got)
	}
}
