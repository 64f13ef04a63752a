package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/cmd/internal/cli"
	"rbee/internal/wire"
)

// stateFile is what a keeper can tell of a state file: its header.
func stateFile() []byte {
	file := make([]byte, 600<<10)
	copy(file, "SQLite format 3\x00")
	copy(file[68:], "rbee")
	return file
}

const aboutState = `{"queen_id":"q","schema_version":4,"bytes":614400,"epochs":7,"hives":3,"newest_heartbeat":"2025-10-30T22:00:00Z","newest_event":null}`

// sends answers with a state file; digest "" is the right one.
func sends(body []byte, digest string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if digest == "" {
			sum := sha256.Sum256(body)
			digest = wire.ReprDigest(sum[:])
		}
		w.Header().Set(wire.HeaderReprDigest, digest)
		w.Header().Set(wire.HeaderStateFile, aboutState)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}
}

func TestBackup(t *testing.T) {
	queen := newQueen(t)
	queen.on("POST /v1/backups", sends(stateFile(), ""))
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(file+".part", []byte("of a keeper that was killed"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := rig{}.run(t.Context(), "backup", file, "--queen", queen.URL)
	want := ran{Stdout: file + ": 600 KiB, 7 epochs, 3 hives, newest heartbeat 2025-10-30T22:00:00Z\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	only(t, file, stateFile())
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", info.Mode())
	}

	asked := len(queen.requests())
	got = rig{}.run(t.Context(), "backup", file, "--queen", queen.URL)
	if got.Code != 1 || !strings.Contains(got.Stderr, "exists") || !strings.Contains(got.Stderr, "--force") || len(queen.requests()) != asked {
		t.Errorf("a second time: %+v, asked %v", got, queen.requests()[asked:])
	}
	other := stateFile()
	other[200] = 1
	queen.on("POST /v1/backups", sends(other, ""))
	got = rig{}.run(t.Context(), "backup", file, "--force", "-o", "json", "--queen", queen.URL)
	var told, about map[string]any
	if err := json.Unmarshal([]byte(got.Stdout), &told); got.Code != 0 || err != nil {
		t.Fatalf("with --force: %+v", got)
	}
	_ = json.Unmarshal([]byte(aboutState), &about)
	about["file"] = file
	if diff := cmp.Diff(about, told); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	only(t, file, other)
}

// only fails unless the file's folder has that file with that content only.
func only(t *testing.T, file string, content []byte) {
	t.Helper()
	entries, _ := os.ReadDir(filepath.Dir(file))
	got, err := os.ReadFile(file)
	if len(entries) != 1 || err != nil || !bytes.Equal(got, content) {
		t.Errorf("there is %v; %d bytes, %v", entries, len(got), err)
	}
}

// Whatever goes wrong, nothing broken has the name, and what had it stays.
func TestABackupThatFails(t *testing.T) {
	queen := newQueen(t)
	breaks := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "614400")
		w.Header().Set(wire.HeaderStateFile, aboutState)
		_, _ = w.Write(stateFile()[:300<<10])
		panic(http.ErrAbortHandler)
	}
	refuses := func(code wire.Code) http.HandlerFunc {
		raw, _ := json.Marshal(wire.NewProblem(code, "no", "do that"))
		return answer(wire.NewProblem(code, "", "").Status, wire.ContentTypeProblem, string(raw))
	}
	for name, tt := range map[string]struct {
		handle http.HandlerFunc
		says   string
	}{
		"damaged on its way":  {sends(stateFile(), wire.ReprDigest(make([]byte, 32))), "damaged on its way"},
		"no digest":           {sends(stateFile(), "none"), "damaged on its way"},
		"something else":      {sends([]byte("hello"), ""), "is it a queen?"},
		"a page":              {answer(http.StatusOK, "text/html", "<html>"), "is it a queen?"},
		"it breaks off":       {breaks, "unexpected EOF"},
		"from another place":  {refuses(wire.CodeLoopbackOnly), "no: do that"},
		"another one is made": {refuses(wire.CodeBackupRunning), "no: do that"},
	} {
		t.Run(name, func(t *testing.T) {
			queen.on("POST /v1/backups", tt.handle)
			file := filepath.Join(t.TempDir(), "copy.db")
			got := rig{}.run(t.Context(), "backup", file, "--queen", queen.URL)
			if got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, tt.says) || strings.Count(got.Stderr, "\n") != 1 {
				t.Errorf("got %+v, want %q", got, tt.says)
			}
			if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) != 0 {
				t.Errorf("%v is left", entries)
			}
			if err := os.WriteFile(file, []byte("dear"), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := (rig{}).run(t.Context(), "backup", file, "--force", "--queen", queen.URL); got.Code != 1 {
				t.Errorf("with --force: %+v", got)
			}
			only(t, file, []byte("dear"))
		})
	}
	if got := (rig{}).run(t.Context(), "backup", t.TempDir(), "--force", "--queen", queen.URL); got.Code != 1 || !strings.Contains(got.Stderr, "regular file") {
		t.Errorf("into a folder: %+v", got)
	}
	if got := (rig{}).run(t.Context(), "backup"); got.Code != 2 {
		t.Errorf("without a file: %+v", got)
	}
}

// A backup that takes long tells how far it is, and may be interrupted.
func TestABackupThatTakesLong(t *testing.T) {
	queen := newQueen(t)
	begun, end := make(chan struct{}), make(chan struct{})
	queen.on("POST /v1/backups", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(cli.ProgressAfter + 50*time.Millisecond)
		w.Header().Set(wire.HeaderProgress, `{"written_bytes":1048576,"total_bytes":2097152}`)
		w.WriteHeader(http.StatusProcessing)
		close(begun)
		<-end
	})
	defer close(end)
	ctx, stop := context.WithCancel(t.Context())
	go func() { <-begun; time.Sleep(50 * time.Millisecond); stop() }()
	file := filepath.Join(t.TempDir(), "copy.db")
	got := rig{}.run(ctx, "backup", file, "--queen", queen.URL)
	want := ran{Code: 1, Stderr: "the queen makes the copy: 1.0 MiB of 2.0 MiB\nrbee-keeper: interrupted\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) != 0 {
		t.Errorf("%v is left", entries)
	}
}
