package download_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rbee/internal/hive/model/download"
)

func TestACutDownloadIsResumed(t *testing.T) {
	h, dir := newHub(t), t.TempDir()
	raw := large(8 << 20)
	h.add("m.gguf", raw)
	h.cut = []int64{3 << 20, 0, 2 << 20}
	if _, err := h.downloader(dir).Download(t.Context(), "hf:org/repo:m.gguf", "", nil); err != nil {
		t.Fatal(err)
	}
	mustHave(t, dir, "org/repo/m.gguf", raw)
	var resumed int
	for _, r := range h.requests() {
		if r.cdn && r.rng != "" {
			resumed++
			if r.ifRange != `"cdn-1"` {
				t.Errorf("%+v: a range without If-Range may be one of another file", r)
			}
		}
	}
	if resumed != 3 {
		t.Errorf("%d requests had a range, want 3", resumed)
	}
}

func TestACancelledDownloadIsResumedByAnother(t *testing.T) {
	h, dir := newHub(t), t.TempDir()
	raw := large(4 << 20)
	h.add("m.gguf", raw)
	h.cut, h.stall = []int64{1 << 20}, make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	var cancelled time.Time
	time.AfterFunc(time.Second, func() { cancelled = time.Now(); cancel() })
	_, err := h.downloader(dir).Download(ctx, "hf:org/repo:m.gguf", "", nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
	took := time.Since(cancelled)
	t.Logf("it ended %s after it was cancelled", took)
	if took > 10*time.Second { // less than it takes to call the server silent
		t.Error("the cancellation did not end it")
	}
	if left := parts(t, dir); len(left) != 2 {
		t.Fatalf("left over: %v, want the part and its record", left)
	}
	// What a crash can leave: bytes that were never known to be on the disk.
	found, err := filepath.Glob(filepath.Join(dir, ".downloads", "*.part"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	f, err := os.OpenFile(found[0], os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(make([]byte, 100_000))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	before := len(h.requests())
	if _, err := h.downloader(dir).Download(t.Context(), "hf:org/repo:m.gguf", "", nil); err != nil {
		t.Fatal(err)
	}
	mustHave(t, dir, "org/repo/m.gguf", raw)
	if r := h.requests()[before+1]; !r.cdn || r.rng == "" || r.rng == "bytes=0-" {
		t.Errorf("the second one began at the beginning: %+v", r)
	}
}

func TestAStalledDownloadIsTriedAgain(t *testing.T) {
	h, dir := newHub(t), t.TempDir()
	raw := large(4 << 20)
	h.add("m.gguf", raw)
	h.cut, h.stall = []int64{1 << 20, 1 << 20}, make(chan struct{})
	var notes []string
	d := h.downloader(dir, func(c *download.Config) { c.Stall = 300 * time.Millisecond })
	_, err := d.Download(t.Context(), "hf:org/repo:m.gguf", "", func(p download.Progress) {
		if p.Step == download.StepWaiting {
			notes = append(notes, p.Note)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	mustHave(t, dir, "org/repo/m.gguf", raw)
	if len(notes) < 2 || !strings.Contains(notes[0], "the server went silent for 300ms") {
		t.Errorf("notes: %q", notes)
	}
}

func TestAServerThatNeverGivesAnythingIsGivenUp(t *testing.T) {
	h, dir := newHub(t), t.TempDir()
	h.add("m.gguf", large(1<<20))
	h.cut = make([]int64, 100)
	_, err := h.downloader(dir).Download(t.Context(), "hf:org/repo:m.gguf", "", nil)
	if err == nil || !strings.Contains(err.Error(), "given up after 5 tries") || len(h.cut) != 95 {
		t.Errorf("got %v after %d requests, want 5", err, 100-len(h.cut))
	}
	h.instead = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "0")
		http.Error(w, "", http.StatusServiceUnavailable)
		return true
	}
	_, err = h.downloader(dir).Download(t.Context(), "hf:org/repo:Q8_0", "", nil)
	if err == nil || !strings.Contains(err.Error(), "given up after 5 tries") || !strings.Contains(err.Error(), "answers 503") {
		t.Errorf("got %v, want the 503", err)
	}
}

// The file changes while a download is interrupted: whatever tells so, the two
// halves never become one file.
func TestAFileThatChangedIsBegunAfresh(t *testing.T) {
	older, newer := large(4<<20), large(5<<20)
	for name, change := range map[string]func(h *hub){
		"etag":                 func(h *hub) { h.etag = `"cdn-2"` },
		"weak etag":            func(h *hub) { h.etag = `W/"x"` },
		"identity alone":       func(*hub) {}, // the CDN answers 206 as if nothing had happened
		"a server of no range": func(h *hub) { h.mangle = func(_ bool, hd http.Header) { hd.Set("Etag", "") } },
	} {
		t.Run(name, func(t *testing.T) {
			h, dir := newHub(t), t.TempDir()
			h.add("m.gguf", older)
			h.cut = []int64{2 << 20, 0, 0, 0, 0, 0}
			_, err := h.downloader(dir).Download(t.Context(), "hf:org/repo:m.gguf", "", nil)
			if err == nil {
				t.Fatal("the cut download came to an end")
			}
			h.cut = nil
			h.add("m.gguf", newer)
			change(h)
			if _, err := h.downloader(dir).Download(t.Context(), "hf:org/repo:m.gguf", "", nil); err != nil {
				t.Fatal(err)
			}
			mustHave(t, dir, "org/repo/m.gguf", newer)
		})
	}
}
