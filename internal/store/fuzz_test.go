package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What anybody may put in the place of a state file: a header, and the log of
// another or none. Reading them ends, and an answer is of the file.
func FuzzLog(f *testing.F) {
	file, log := logOf(f, 2)
	small := func(raw []byte) []byte { return raw[:min(len(raw), 3*(frameHeadSize+4096)+logHeaderSize)] }
	f.Add(file[:headerSize], small(log))
	f.Add(file[:headerSize], log[:logHeaderSize])
	f.Add(bytes.Repeat([]byte{0xff}, headerSize), bytes.Repeat([]byte{0xa5}, 200))
	tiny := bytes.Clone(file[:headerSize])
	copy(tiny[16:], []byte{2, 0}) // pages of 512 bytes, so that many fit
	f.Add(tiny, bytes.Repeat([]byte{1}, logHeaderSize+3*(frameHeadSize+512)))
	f.Fuzz(func(t *testing.T, file, log []byte) {
		if len(log) > 1<<20 {
			return
		}
		began := time.Now()
		r, err := readLog(bytes.NewReader(log), bytes.NewReader(file))
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%d bytes took %v", len(log), took)
		}
		if err != nil {
			if len(file) >= headerSize {
				t.Errorf("a log that can be read: %v", err)
			}
			return
		}
		frames := len(log) / (frameHeadSize + 512)
		if r.commits < 0 || r.commits > frames || r.pages < 0 || (r.first != nil && len(r.first) != headerSize) {
			t.Errorf("a log of at most %d frames reads as %+v", frames, r)
		}
		if r.commits == 0 && r.first != nil {
			t.Errorf("nothing was committed, and the header is %x", r.first)
		}
		if h := header(file[:min(len(file), headerSize)]); h.isSQLite() {
			if size := h.pageSize(); size < 1 || size > 65536 || h.pages() < 0 {
				t.Errorf("pages of %d bytes, %d of them", size, h.pages())
			}
			if err := h.judge(filepath.Join("nowhere", "queen.db")); err != nil && !errors.Is(err, ErrRefused) {
				t.Errorf("an error of no class: %v", err)
			}
		}
	})
}

// A state file in which a stranger changed something, in its header, its schema
// or its rows, is taken or refused with a reason, and a refusal leaves it as it was.
func FuzzInspect(f *testing.F) {
	path := filepath.Join(f.TempDir(), "queen.db")
	if err := makeFile(f.Context(), path); err != nil {
		f.Fatal(err)
	}
	s, err := Open(f.Context(), path, discard)
	if err != nil {
		f.Fatal(err)
	}
	if _, err := s.StartEpoch(f.Context(), testTime, "test"); err != nil {
		f.Fatal(err)
	}
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	meta := bytes.LastIndex(whole, []byte("queen_id"))
	for _, seed := range []struct {
		at   int
		over string
	}{
		{0, "SQLite format 3\x00"},
		{16, "\x02\x00"},
		{18, "\x03\x03"},
		{28, "\x7f\xff\xff\xff"},
		{60, "\x00\x00\x00\x63"},
		{68, "\x00\x00\x00\x2a"},
		{100, "\x0d\xff\xff\xff\xff"},
		{meta, "queen\x00id"},
		{meta - 6, "\xff\xff\xff"},
		{bytes.Index(whole, []byte("CREATE")), "DELETE FROM meta"},
		{len(whole) - 1, "\x00and more than there was"},
	} {
		f.Add(seed.at, []byte(seed.over), 0)
	}
	f.Add(0, []byte(nil), 4096)
	f.Add(0, []byte(nil), len(whole)-1)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, at int, over []byte, cut int) {
		raw := bytes.Clone(whole)
		if at >= 0 && at < len(raw) {
			copy(raw[at:], over)
		}
		if cut > 0 && cut < len(raw) {
			raw = raw[:len(raw)-cut]
		}
		path := filepath.Join(dir, "queen.db")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		found, err := inspect(ctx, path)
		if ctx.Err() != nil {
			t.Fatal("it does not end")
		}
		if err = (&Store{path: path}).classify(err); err != nil && !errors.Is(err, ErrRefused) && !errors.Is(err, ErrUnavailable) {
			t.Errorf("an error of no class: %v", err)
		}
		if err == nil && found.stands && found.version < 0 {
			t.Errorf("found %+v", found)
		}
		left, readErr := os.ReadFile(path)
		if readErr != nil || sha256.Sum256(left) != sha256.Sum256(raw) {
			t.Errorf("the file was changed by a look (%v), which said %v", readErr, err)
		}
	})
}
