package store

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"testing"
)

// mutant is a way to damage a state.
type mutant struct {
	name   string
	log    bool // of a queen that was killed: there is a log
	ends   bool // it may look like a log that a power cut left
	damage func(t *testing.T, path string, random *rand.Rand)
}

var mutants = []mutant{
	{name: "header", damage: func(t *testing.T, path string, random *rand.Rand) {
		edit(t, path, func(raw []byte) []byte {
			for range 1 + random.IntN(4) {
				raw[random.IntN(100)] = byte(random.Uint32())
			}
			return raw
		})
	}},
	{name: "pages of random bytes", damage: pages(func(page []byte, random *rand.Rand) { scramble(page, random) })},
	{name: "pages of zeros", damage: pages(func(page []byte, _ *rand.Rand) { clear(page) })},
	{name: "cut short", damage: func(t *testing.T, path string, random *rand.Rand) { edit(t, path, shorten(random)) }},
	{name: "zero length", damage: func(t *testing.T, path string, _ *rand.Rand) { writeFile(t, path, "") }},
	{name: "removed", damage: func(t *testing.T, path string, _ *rand.Rand) { remove(t, path) }},
	{name: "text", damage: func(t *testing.T, path string, random *rand.Rand) {
		writeFile(t, path, fmt.Sprintf("%d bottles\n%s", random.IntN(100), bytes.Repeat([]byte("hello\n"), random.IntN(1000))))
	}},
	{name: "foreign application_id", damage: func(t *testing.T, path string, random *rand.Rand) {
		execute(t, path, fmt.Sprintf("PRAGMA application_id = %d", random.Int32()))
	}},
	{name: "newer schema", damage: func(t *testing.T, path string, random *rand.Rand) {
		execute(t, path, fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, 1)", 100+random.IntN(1000)))
	}},
	{name: "log: random bytes", log: true, damage: onLog(func(raw []byte, random *rand.Rand) []byte { scramble(raw, random); return raw })},
	{name: "log: random header", log: true, damage: onLog(func(raw []byte, random *rand.Rand) []byte {
		scramble(raw[:min(len(raw), 1+random.IntN(logHeaderSize))], random)
		return raw
	})},
	{name: "log: header of zeros", log: true, damage: onLog(func(raw []byte, _ *rand.Rand) []byte {
		clear(raw[:min(len(raw), logHeaderSize)])
		return raw
	})},
	{name: "log: random middle", log: true, ends: true, damage: onLog(func(raw []byte, random *rand.Rand) []byte {
		from := random.IntN(len(raw))
		scramble(raw[from:min(len(raw), from+1+random.IntN(8192))], random)
		return raw
	})},
	{name: "log: cut short", log: true, ends: true, damage: onLog(func(raw []byte, random *rand.Rand) []byte { return shorten(random)(raw) })},
	{name: "log: removed", log: true, ends: true, damage: func(t *testing.T, path string, _ *rand.Rand) { remove(t, path+"-wal") }},
	{name: "log: text", damage: func(t *testing.T, path string, random *rand.Rand) {
		writeFile(t, path+"-wal", string(bytes.Repeat([]byte("hello\n"), random.IntN(1000))))
	}},
	{name: "index: random bytes", log: true, damage: func(t *testing.T, path string, random *rand.Rand) {
		raw := make([]byte, random.IntN(65536))
		scramble(raw, random)
		writeFile(t, path+"-shm", string(raw))
	}},
	{name: "index: removed", log: true, damage: func(t *testing.T, path string, _ *rand.Rand) { remove(t, path+"-shm") }},
}

// scramble writes random bytes.
func scramble(raw []byte, random *rand.Rand) {
	var word [8]byte
	for i := 0; i < len(raw); i += len(word) {
		binary.LittleEndian.PutUint64(word[:], random.Uint64())
		copy(raw[i:], word[:])
	}
}

// pages overwrites one to four pages.
func pages(change func(page []byte, random *rand.Rand)) func(*testing.T, string, *rand.Rand) {
	return func(t *testing.T, path string, random *rand.Rand) {
		t.Helper()
		edit(t, path, func(raw []byte) []byte {
			for range 1 + random.IntN(4) {
				at := random.IntN(len(raw)/4096) * 4096
				change(raw[at:at+4096], random)
			}
			return raw
		})
	}
}

// cut shortens a file, every other time to a whole page.
func shorten(random *rand.Rand) func(raw []byte) []byte {
	return func(raw []byte) []byte {
		n := random.IntN(len(raw))
		if random.IntN(2) == 0 {
			n -= n % 4096
		}
		return raw[:n]
	}
}

func onLog(change func(raw []byte, random *rand.Rand) []byte) func(*testing.T, string, *rand.Rand) {
	return func(t *testing.T, path string, random *rand.Rand) {
		t.Helper()
		edit(t, path+"-wal", func(raw []byte) []byte { return change(raw, random) })
	}
}

func edit(t *testing.T, path string, change func(raw []byte) []byte) {
	t.Helper()
	writeFile(t, path, string(change(readFile(t, path))))
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

// execute changes a state by SQL; its log is folded in.
func execute(t *testing.T, path, statement string) {
	t.Helper()
	conn, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = conn.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
}
