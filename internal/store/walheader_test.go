package store

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// logOf makes a file and its log with so many commits of one row each.
func logOf(t testing.TB, commits int) (file, log []byte) {
	t.Helper()
	path := newPath(t)
	s := openTest(t, path)
	if _, err := s.conn.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	for n := range commits {
		hive := testHive(fmt.Sprint("h", n))
		if err := s.Write(t.Context(), func(tx *Tx) error { return tx.SaveHive(hive) }); err != nil {
			t.Fatal(err)
		}
	}
	return readFile(t, path), readFile(t, path+"-wal")
}

func TestWhatALogHidesIsFound(t *testing.T) {
	file, log := logOf(t, 5)
	ends := commitsIn(t, log)
	// The file as a checkpoint of this log leaves it.
	folded := bytes.Clone(file)
	for at := logHeaderSize; at < len(log); at += frameHeadSize + 4096 {
		l := walLog{frame: log[at : at+frameHeadSize+4096]}
		if end := int(l.pageNumber()) * 4096; end > len(folded) {
			folded = append(folded, make([]byte, end-len(folded))...)
		}
		copy(folded[(l.pageNumber()-1)*4096:], l.page())
	}
	flip := func(at int64) []byte {
		raw := bytes.Clone(log)
		raw[at] ^= 0x5a
		return raw
	}
	zeros := func(n int) []byte { return append(make([]byte, n), log[n:]...) }
	for _, tt := range []struct {
		name      string
		file, log []byte
		found     bool
	}{
		{"a good log", file, log, false},
		{"no log", file, nil, false},
		{"cut short within a commit", file, log[:ends[3]-100], false},
		{"a page of the first commit", file, flip(logHeaderSize + frameHeadSize + 7), true},
		{"the checksum of the third commit's last frame", file, flip(ends[3] - 4096 - 1), true},
		{"a page of the commit before the last", file, flip(ends[4] - 7), false}, // as if it had not been synced
		{"a page of the last commit", file, flip(ends[5] - 7), false},
		{"the header", file, flip(0), true},
		{"the header's salt", file, flip(17), true},
		{"zeros for a header", file, zeros(logHeaderSize), true},
		{"a header half written", file, zeros(20), true},
		{"a header half written when all is in the file", folded, zeros(20), false},
		{"zeros only", file, make([]byte, len(log)), false},
		{"text", file, bytes.Repeat([]byte("hello\n"), 1000), true},
	} {
		r, err := readLog(bytes.NewReader(tt.log), bytes.NewReader(tt.file))
		if err != nil || (r.damage != "") != tt.found {
			t.Errorf("%s: %q, %v; want damage: %t", tt.name, r.damage, err, tt.found)
		}
	}
}

// A log that is played into another file leaves pages that are nowhere.
func TestTheLogOfAnotherFileIsFound(t *testing.T) {
	file, log := logOf(t, 2)
	r, err := readLog(bytes.NewReader(log), bytes.NewReader(file))
	if err != nil || r.pages == 0 || r.pages > int64(len(file)/4096) {
		t.Fatalf("%+v, %v: the file has %d pages", r, err, len(file)/4096)
	}
	path := newPath(t)
	if err := openTest(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	edit(t, path, func(raw []byte) []byte { return raw[:4096*(r.pages-1)] })
	writeFile(t, path+"-wal", string(log))
	before := readFile(t, path)
	if err := tryOpen(t, path); !errors.Is(err, ErrRefused) || !bytes.Equal(before, readFile(t, path)) {
		t.Errorf("Open: %v, want a refusal that leaves the file as it is", err)
	}
}
