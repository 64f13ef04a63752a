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
func (h header) pageSize() int64 {
	if size := int64(binary.BigEndian.Uint16(h[16:])); size > 1 {
		return size
	}
	return 65536
}

// pages is how many the file has; 0: it does not tell.
func (h header) pages() int64 {
	if !bytes.Equal(h[24:28], h[92:96]) { // written by a program that does not know better
		return 0
	}
	return int64(binary.BigEndian.Uint32(h[28:]))
}

// readHeader returns the header as the last commit left it, which may still be
// in the log only; an empty one if there is no file, or nothing in it.
func readHeader(path string) (header, error) {
	start, err := readStart(path, headerSize)
	h := header(start)
	if err != nil || !h.isSQLite() {
		return h, err
	}
	r, err := readLogBeside(path)
	if err != nil {
		return nil, fmt.Errorf("read %s-wal: %w", path, err)
	}
	if r.damage != "" {
		return nil, fmt.Errorf("%w: %s", errLog, r.damage)
	}
	if r.first == nil {
		r.first = h
	}
	if r.commits == 0 {
		r.pages = h.pages()
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() < r.pages*h.pageSize() {
		return nil, fmt.Errorf("%w before the end of page %d, which is not in its log either", errShort, r.pages)
	}
	return r.first, nil
}

func readLogBeside(path string) (r logReport, err error) {
	log, err := os.Open(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	defer func() { _ = log.Close() }()
	file, err := os.Open(path)
	if err != nil {
		return r, err
	}
	defer func() { _ = file.Close() }()
	return readLog(log, file)
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

// errLog says that SQLite would drop some of a log without a word.
var errLog = errors.New("what was committed last is in it and cannot be read")

// errShort says that the end of a file is gone, or that its log is another
// file's. SQLite would read what is missing as zeros, which may pass for rows.
var errShort = errors.New("it ends")

// judge refuses a file that is not a queen's, or of a newer one.
func (h header) judge(path string) error {
	if !h.isSQLite() {
		if was := idBeside(path); was != "" {
			return lost("%s is no longer a SQLite database, but state %s stood there; %s", path, was, remedy(path))
		}
		return fmt.Errorf("%w: %s is not a SQLite database; name another file with --state", ErrRefused, path)
	}
	if format := max(h[18], h[19]); format > 2 { // SQLite would open it, and then not write
		return lost("%s is damaged: its header asks for file format %d of SQLite, and there are two; %s", path, format, remedy(path))
	}
	if id := h.applicationID(); id != applicationID {
		return fmt.Errorf("%w: %s belongs to another program (application_id %#x, not %#x); "+
			"name another file with --state", ErrRefused, path, id, uint32(applicationID))
	}
	return nil
}
