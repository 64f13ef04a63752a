package store

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rbee/internal/wire"
)

// originals are a good state as a killed queen left it and the same without a
// log, with rows in every table.
type originals struct {
	dir            string // for what is tried
	killed, folded state
	rows           []string          // of all views
	earlier        map[[32]byte]bool // what they read after each commit in the log
}

// state is the files of one, by suffix.
type state map[string][]byte

func (s state) write(t *testing.T, path string) {
	t.Helper()
	for suffix, raw := range s {
		writeFile(t, path+suffix, string(raw))
	}
}

func readState(t *testing.T, path string) state {
	t.Helper()
	s := state{}
	for _, suffix := range []string{"", "-wal", "-shm", ".id"} {
		if raw, err := os.ReadFile(path + suffix); err == nil {
			s[suffix] = raw
		}
	}
	return s
}

// damageChild makes the state of a killed queen.
func damageChild(path string) error {
	b := newBed(child{}, path, time.Date(2026, 3, 4, 5, 57, 0, 0, time.UTC), 3)
	for _, pragma := range []string{"PRAGMA synchronous = OFF"} {
		if _, err := b.s.conn.ExecContext(background, pragma); err != nil {
			return err
		}
	}
	b.run(6*time.Minute, 2*time.Second, 0, 1, 2) // into the next hour
	b.rebuild()
	for _, hive := range b.hives {
		if err := b.s.Write(background, func(tx *Tx) error { return everything(tx, &hive.Hive, b.epoch, b.now) }); err != nil {
			return err
		}
	}
	if _, err := b.s.conn.ExecContext(background, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return err
	}
	b.run(2*time.Minute, 10*time.Second, 0, 1, 2)
	for _, hive := range b.hives {
		if err := b.s.Write(background, func(tx *Tx) error { return everything(tx, &hive.Hive, b.epoch, b.now) }); err != nil {
			return err
		}
	}
	return unix.Kill(os.Getpid(), unix.SIGKILL)
}

// everything writes what heartbeats do not.
func everything(tx *Tx, h *Hive, epoch int64, at time.Time) error {
	h.Aliases = append(h.Aliases, fmt.Sprint("alias-", len(h.Aliases)))
	if err := tx.SaveAliases(h); err != nil {
		return err
	}
	devices := []wire.Device{{ID: "GPU-0", Name: "RTX", DeviceType: "gpu", VRAMGB: ptr[int64](24)}, {ID: "CPU-0", Name: "CPU", DeviceType: "cpu"}}
	if err := tx.SetDevices(h.PK, devices, epoch, at); err != nil {
		return err
	}
	for range 20 {
		if _, err := tx.Event(at, epoch, wire.EventHiveRegistered, h.ID, map[string]any{"address": h.Address}); err != nil {
			return err
		}
		d := wire.Discovery{Alias: h.ID, Hostname: h.ID, Port: 1, Source: "ssh", Outcome: "failed", Error: "refused", AttemptedAt: at, Epoch: epoch}
		if err := tx.Discovery(d); err != nil {
			return err
		}
	}
	return nil
}

func newOriginals(t *testing.T) *originals {
	t.Helper()
	o := &originals{dir: memoryDir(t), earlier: map[[32]byte]bool{}}
	path := filepath.Join(o.dir, "queen.db")
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_DAMAGE="+path)
	if out, err := cmd.CombinedOutput(); err == nil || len(out) > 0 {
		t.Fatalf("the child ended with %v: %s", err, out)
	}
	o.killed = readState(t, path)
	o.rows = o.dumpOf(t, o.killed)
	if len(o.rows) < 500 || len(o.killed["-wal"]) < 100_000 {
		t.Fatalf("%d rows and %d bytes of log are too few to damage", len(o.rows), len(o.killed["-wal"]))
	}
	execute(t, path, "PRAGMA wal_checkpoint(TRUNCATE)")
	o.folded = readState(t, path)
	delete(o.folded, "-wal") // it is empty
	for _, end := range commitsIn(t, o.killed["-wal"]) {
		short := state{"": o.killed[""], "-wal": o.killed["-wal"][:end], ".id": o.killed[".id"]}
		o.earlier[digest(o.dumpOf(t, short))] = true
	}
	t.Logf("%d rows, %d bytes, %d bytes of log with %d states", len(o.rows), len(o.folded[""]), len(o.killed["-wal"]), len(o.earlier))
	return o
}

// commitsIn returns where the commits in a log end, and its beginning.
func commitsIn(t *testing.T, log []byte) (ends []int64) {
	t.Helper()
	l := &walLog{log: bytes.NewReader(log), frame: make([]byte, frameHeadSize+4096)}
	copy(l.header[:], log)
	if !l.readable() {
		t.Fatal("the log's header is not understood")
	}
	ends = append(ends, 0)
	for {
		follows, err := l.next()
		if errors.Is(err, io.EOF) {
			return ends
		}
		if err != nil || !follows {
			t.Fatalf("frame %d: %t, %v", l.n, follows, err)
		}
		if l.fileSize() > 0 {
			ends = append(ends, l.at(l.n))
		}
	}
}

// memoryDir is a directory where syncs cost nothing, if there is one.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "rbee-damage-") //nolint:usetesting // t.TempDir is on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (o *originals) dumpOf(t *testing.T, files state) []string {
	t.Helper()
	path := filepath.Join(o.dir, "short", "queen.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(filepath.Dir(path)) }()
	files.write(t, path)
	s := openTest(t, path)
	defer func() { _ = s.Close() }()
	rows, err := dump(s)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// dump reads every row of every view.
func dump(s *Store) (rows []string, err error) {
	views, err := query(s, "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY 1")
	if err != nil {
		return nil, err
	}
	for _, view := range views {
		found, err := query(s, "SELECT * FROM "+view)
		if err != nil {
			return nil, err
		}
		for _, row := range found {
			rows = append(rows, view+" "+row)
		}
	}
	return rows, nil
}

func query(s *Store, text string) (lines []string, err error) {
	rows, err := s.readDB.QueryContext(background, text)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		var line strings.Builder
		for _, v := range values {
			fmt.Fprintf(&line, "%q ", v.String)
		}
		lines = append(lines, strings.TrimSuffix(line.String(), " "))
	}
	return lines, rows.Err()
}

func digest(rows []string) [32]byte { return sha256.Sum256([]byte(strings.Join(rows, "\n"))) }
