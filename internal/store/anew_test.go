package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func beginAnew(t *testing.T, path string) (*Store, error) {
	t.Helper()
	s, err := Open(t.Context(), path, discard, BeginAnew)
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return s, err
}

func TestANewStateKeepsWhatWasThere(t *testing.T) {
	garbage := bytes.Repeat([]byte{0xa5}, 9000)
	for name, lose := range map[string]func(t *testing.T, path string){
		"removed":           func(t *testing.T, path string) { t.Helper(); must(t, os.Remove(path)) },
		"emptied":           func(t *testing.T, path string) { t.Helper(); must(t, os.Truncate(path, 0)) },
		"overwritten":       func(t *testing.T, path string) { t.Helper(); writeFile(t, path, string(garbage)) },
		"damaged":           func(t *testing.T, path string) { t.Helper(); scribble(t, path, "hives") },
		"its log is a mess": func(t *testing.T, path string) { t.Helper(); writeFile(t, path+"-wal", string(garbage)) },
	} {
		t.Run(name, func(t *testing.T) {
			path := killed(t, "PRAGMA user_version = 4")
			id := strings.TrimSpace(string(readFile(t, path+".id")))
			lose(t, path)
			before := fingerprint(t, filepath.Dir(path))
			if err := tryOpen(t, path); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "--new-state") {
				t.Fatalf("Open: %v; want ErrRefused that names --new-state", err)
			}
			s, err := beginAnew(t, path)
			if err != nil {
				t.Fatal(err)
			}
			if s.QueenID == id {
				t.Error("the new state has the old id")
			}
			kept := map[string]bool{}
			for _, sum := range fingerprint(t, filepath.Dir(path)) {
				kept[sum] = true
			}
			for name, sum := range before {
				if !kept[sum] && name != "queen.db-shm" {
					t.Errorf("what was %s is nowhere in %s", name, filepath.Dir(path))
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := tryOpen(t, path); err != nil {
				t.Errorf("Open of the new state: %v", err)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestANewStateDoesNotReplaceAGoodOne(t *testing.T) {
	path := killed(t, "PRAGMA user_version = 4")
	foreign, newer := killed(t, "PRAGMA application_id = 42"), killed(t, "PRAGMA user_version = 99")
	text := filepath.Join(t.TempDir(), "letter.txt")
	writeFile(t, text, "Dear mother, ...")
	for name, path := range map[string]string{"healthy": path, "another program's": foreign, "newer": newer, "a letter": text} {
		before := fingerprint(t, filepath.Dir(path))
		if _, err := beginAnew(t, path); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: Open: %v, want ErrRefused", name, err)
		}
		after := fingerprint(t, filepath.Dir(path))
		delete(before, "queen.db-shm")
		delete(after, "queen.db-shm")
		if len(before) != len(after) {
			t.Errorf("%s: %v was changed to %v", name, before, after)
		}
		for file, sum := range before {
			if after[file] != sum {
				t.Errorf("%s: %s was changed", name, file)
			}
		}
	}
	if _, err := beginAnew(t, newPath(t)); err != nil {
		t.Errorf("where nothing stood: %v", err)
	}
}

// A log without its file: the file may be put back, and then has need of it.
func TestALogWithoutItsFileIsMissed(t *testing.T) {
	path := killed(t, "PRAGMA user_version = 4")
	file, log := readFile(t, path), readFile(t, path+"-wal")
	must(t, errors.Join(os.Remove(path), os.Remove(path+".id")))
	err := tryOpen(t, path)
	if !errors.Is(err, ErrRefused) {
		t.Fatalf("Open: %v, want ErrRefused", err)
	}
	kept, _ := filepath.Glob(path + "-wal.orphan-*")
	if len(kept) != 1 || !strings.Contains(err.Error(), kept[0]) || !bytes.Equal(readFile(t, kept[0]), log) {
		t.Fatalf("Open: %v; kept: %v", err, kept)
	}
	must(t, os.WriteFile(path, file, 0o600))
	must(t, os.Rename(kept[0], path+"-wal"))
	if got := len(openTest(t, path).QueenID); got == 0 {
		t.Error("the file is not what it was")
	}
}
