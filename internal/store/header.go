package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Everything here reads the file, or its log, before SQLite opens them, never
// after: closing a file drops the locks that SQLite holds on it.

// headerSize is the length of the header of a SQLite file.
const headerSize = 100

// header is what a SQLite file says of itself, in its first page.
type header []byte

func (h header) isSQLite() bool {
	return len(h) == headerSize && bytes.HasPrefix(h, []byte("SQLite format 3\x00"))
}
func (h header) applicationID() uint32 { return binary.BigEndian.Uint32(h[68:]) }
func (h header) userVersion() uint32   { return binary.BigEndian.Uint32(h[60:]) }

// readHeader returns the header as the last commit left it, which may still be
// in the log only; an empty one if there is no file, or nothing in it.
func readHeader(path string) (header, error) {
	h, err := readStart(path, headerSize)
	if err != nil || !header(h).isSQLite() {
		return h, err
	}
	log, err := os.Open(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	newer, err := headerInLog(log)
	if newer == nil {
		newer = h
	}
	return newer, err
}

// readStart reads the beginning of a file; nothing of one that is not there.
func readStart(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, most))
}

// errLog says that a log is none. SQLite would drop it without a word, and with
// it what was committed since the last checkpoint.
var errLog = errors.New("its log is damaged at its beginning")

// headerInLog reads a WAL as SQLite recovers one (https://sqlite.org/fileformat2.html#walformat),
// up to its last commit, and returns the header in the newest first page; nil
// if it has none.
func headerInLog(log io.Reader) (header, error) {
	start := make([]byte, 32)
	if _, err := io.ReadFull(log, start); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, nil // nothing was committed to it yet
	} else if err != nil {
		return nil, err
	}
	magic, size := binary.BigEndian.Uint32(start), binary.BigEndian.Uint32(start[8:])
	sum := walSum{order: binary.LittleEndian}
	if magic&1 == 1 {
		sum.order = binary.BigEndian
	}
	sum.add(start[:24])
	switch {
	case bytes.Equal(start, make([]byte, len(start))):
		return nil, nil // the power went before it was written
	case magic&^1 != 0x377f0682, size < 512 || size > 65536 || size&(size-1) != 0, !sum.is(start[24:]):
		return nil, errLog
	}
	var newest, committed header
	frame := make([]byte, 24+size)
	for {
		if _, err := io.ReadFull(log, frame); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return committed, nil
		} else if err != nil {
			return nil, err
		}
		sum.add(frame[:8])
		sum.add(frame[24:])
		if !bytes.Equal(frame[8:16], start[16:24]) || !sum.is(frame[16:24]) {
			return committed, nil // what follows was never committed, or is of an earlier round
		}
		if binary.BigEndian.Uint32(frame) == 1 {
			newest = bytes.Clone(frame[24 : 24+headerSize])
		}
		if binary.BigEndian.Uint32(frame[4:]) != 0 { // the last of a transaction
			committed = newest
		}
	}
}

// walSum is the running checksum of a WAL.
type walSum struct {
	order  binary.ByteOrder
	s0, s1 uint32
}

func (w *walSum) add(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		w.s0 += w.order.Uint32(b) + w.s1
		w.s1 += w.order.Uint32(b[4:]) + w.s0
	}
}

func (w *walSum) is(stored []byte) bool {
	return binary.BigEndian.Uint32(stored) == w.s0 && binary.BigEndian.Uint32(stored[4:]) == w.s1
}

// judge refuses a file that is not a queen's, or of a newer one.
func (h header) judge(path string) error {
	if !h.isSQLite() {
		if was := idBeside(path); was != "" {
			return lost("%s is no longer a SQLite database, but state %s stood there; %s", path, was, remedy(path))
		}
		return fmt.Errorf("%w: %s is not a SQLite database; name another file with --state", ErrRefused, path)
	}
	if id := h.applicationID(); id != applicationID {
		return fmt.Errorf("%w: %s belongs to another program (application_id %#x, not %#x); "+
			"name another file with --state", ErrRefused, path, id, uint32(applicationID))
	}
	return nil
}
