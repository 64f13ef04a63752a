package gguf

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf8"
)

// Bounds on a header. Those of real models stay far below: the largest
// vocabularies take 20 MB, the largest models have some thousand tensors.
const (
	maxHeader  = 128 << 20 // bytes from the magic to the end of the tensor infos
	maxKeys    = 64 << 10
	maxTensors = 64 << 10
	maxKey     = 1 << 10   // bytes of a key
	maxName    = 1 << 10   // bytes of a tensor's name
	maxText    = 4 << 10   // bytes of a text that is kept
	maxKept    = 128       // values that are kept
	maxArray   = maxLayers // elements of a list that is kept
	maxTypes   = 64        // packings in one file
	maxDims    = 4
	bufferSize = 64 << 10
)

// Error says what is wrong with a file, and where.
type Error struct {
	Offset int64 // byte of the file
	Reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("not a usable GGUF: byte %d: %s", e.Offset, e.Reason)
}

// reader reads little-endian values and knows where it is. It never reads
// beyond end, and never trusts a length that leads there.
type reader struct {
	file *io.SectionReader
	buf  *bufio.Reader
	off  int64
	end  int64
	size int64 // of the whole file
}

func newReader(r io.ReaderAt, size int64) *reader {
	end := min(size, maxHeader)
	section := io.NewSectionReader(r, 0, end)
	return &reader{file: section, buf: bufio.NewReaderSize(section, bufferSize), end: end, size: size}
}

func (r *reader) fail(format string, args ...any) error {
	return &Error{Offset: r.off, Reason: fmt.Sprintf(format, args...)}
}

// need fails unless n more bytes of header can follow.
func (r *reader) need(n uint64, what string) error {
	left := r.end - r.off
	if n <= uint64(left) {
		return nil
	}
	if r.end < r.size {
		return r.fail("%s needs %d bytes, and a header may have %d in all", what, n, r.end)
	}
	return r.fail("%s needs %d bytes, and the file has %d left: is it whole?", what, n, left)
}

// bytes reads n bytes, which the caller has bounded.
func (r *reader) bytes(n uint64, what string) ([]byte, error) {
	if err := r.need(n, what); err != nil {
		return nil, err
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r.buf, b); err != nil {
		return nil, fmt.Errorf("read %s at byte %d: %w", what, r.off, err)
	}
	r.off += int64(n)
	return b, nil
}

// skip goes on n bytes without reading them if they are many.
func (r *reader) skip(n uint64, what string) error {
	if err := r.need(n, what); err != nil {
		return err
	}
	if n <= bufferSize {
		if _, err := r.buf.Discard(int(n)); err != nil {
			return fmt.Errorf("read %s at byte %d: %w", what, r.off, err)
		}
		r.off += int64(n)
		return nil
	}
	r.off += int64(n)
	if _, err := r.file.Seek(r.off, io.SeekStart); err != nil {
		return fmt.Errorf("seek over %s to byte %d: %w", what, r.off, err)
	}
	r.buf.Reset(r.file)
	return nil
}

func (r *reader) u32(what string) (uint32, error) {
	v, err := r.uint(4, what)
	return uint32(v), err
}

func (r *reader) u64(what string) (uint64, error) { return r.uint(8, what) }

// uint reads an unsigned number of 1 to 8 bytes without allocating.
func (r *reader) uint(width int, what string) (uint64, error) {
	if err := r.need(uint64(width), what); err != nil {
		return 0, err
	}
	b, err := r.buf.Peek(width)
	if err != nil {
		return 0, fmt.Errorf("read %s at byte %d: %w", what, r.off, err)
	}
	var full [8]byte
	copy(full[:], b)
	_, _ = r.buf.Discard(width) // was peeked
	r.off += int64(width)
	return binary.LittleEndian.Uint64(full[:]), nil
}

// text reads a string of at most most bytes.
func (r *reader) text(most uint64, what string) (string, error) {
	n, err := r.u64(what)
	if err != nil {
		return "", err
	}
	if n > most {
		return "", r.fail("%s claims %d bytes, %d are allowed", what, n, most)
	}
	b, err := r.bytes(n, what)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(b) {
		return "", r.fail("%s is not UTF-8", what)
	}
	return string(b), nil
}

// skipText goes over a string of any length that fits.
func (r *reader) skipText(what string) error {
	n, err := r.u64(what)
	if err != nil {
		return err
	}
	return r.skip(n, what)
}
