package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// The layout of a write-ahead log: https://sqlite.org/fileformat2.html#walformat
const (
	logHeaderSize = 32
	frameHeadSize = 24
	logMagic      = 0x377f0682 // or one more: then checksums are of big-endian words
	logVersion    = 3007000
	lockPage      = 1 << 30 // where the page is that SQLite locks and never writes
)

// logReport is what a log says.
type logReport struct {
	commits int
	first   header // in the newest committed first page; nil if there is none in the log
	pages   int64  // the last page that is not in the log: so many are in the file
	damage  string // what SQLite would drop without a word although it was committed
}

// readLog reads the log of a file as SQLite recovers one.
//
// Some damage nobody can tell: a log that is missing or cut short, or damaged in
// one of its last two commits, looks like one that a power cut left.
func readLog(log, file io.ReaderAt) (r logReport, err error) {
	l := &walLog{log: log}
	if _, err := log.ReadAt(l.header[:], 0); errors.Is(err, io.EOF) {
		return r, nil // nothing was committed to it yet
	} else if err != nil {
		return r, err
	}
	start := make(header, headerSize)
	if _, err := file.ReadAt(start, 0); err != nil {
		return r, err
	}
	size := int(start.pageSize())
	if size < 512 || bits.OnesCount(uint(size)) != 1 {
		return r, nil // the file is worse
	}
	l.frame = make([]byte, frameHeadSize+size)
	if l.readable() {
		return l.recover()
	}
	r.damage, err = l.dropped(file)
	return r, err
}

// walLog is a log that is read frame by frame.
type walLog struct {
	log    io.ReaderAt
	header [logHeaderSize]byte
	order  binary.ByteOrder
	frame  []byte  // read last
	n      int64   // frames read
	sum    [8]byte // that the checksum of the next frame continues
}

func (l *walLog) page() []byte      { return l.frame[frameHeadSize:] }
func (l *walLog) pageNumber() int64 { return int64(binary.BigEndian.Uint32(l.frame)) }
func (l *walLog) fileSize() int64   { return int64(binary.BigEndian.Uint32(l.frame[4:])) } // in pages; 0 but for the last frame of a commit
func (l *walLog) salt() [8]byte     { return [8]byte(l.frame[8:]) }

// readable tells whether SQLite will take the header.
func (l *walLog) readable() bool {
	h := l.header[:]
	l.order = binary.LittleEndian
	if h[3]&1 == 1 {
		l.order = binary.BigEndian
	}
	l.sum = [8]byte(h[24:])
	return binary.BigEndian.Uint32(h)&^1 == logMagic && binary.BigEndian.Uint32(h[4:]) == logVersion &&
		int(binary.BigEndian.Uint32(h[8:])) == len(l.page()) && l.checksum([8]byte{}, h[:24]) == l.sum
}

// checksum continues one with more data.
func (l *walLog) checksum(seed [8]byte, data ...[]byte) (sum [8]byte) {
	s0, s1 := binary.BigEndian.Uint32(seed[:]), binary.BigEndian.Uint32(seed[4:])
	for _, d := range data {
		for ; len(d) >= 8; d = d[8:] {
			s0 += l.order.Uint32(d) + s1
			s1 += l.order.Uint32(d[4:]) + s0
		}
	}
	binary.BigEndian.PutUint32(sum[:], s0)
	binary.BigEndian.PutUint32(sum[4:], s1)
	return sum
}

// next reads a frame, and tells whether it continues the one before.
func (l *walLog) next() (follows bool, err error) {
	if _, err := l.log.ReadAt(l.frame, l.at(l.n)); err != nil {
		return false, err
	}
	l.n++
	want := l.checksum(l.sum, l.frame[:8], l.page())
	l.sum = [8]byte(l.frame[16:])
	return l.pageNumber() != 0 && l.sum == want, nil
}

// at is where the frame begins that comes after n others.
func (l *walLog) at(n int64) int64 { return logHeaderSize + n*int64(len(l.frame)) }

// recover reads what SQLite takes, and goes on behind the frame at which it
// stops. One commit there may be of the transaction that a power cut ended: its
// frames reach the disk in any order. Each is synced before the next begins, so
// two may not.
func (l *walLog) recover() (r logReport, err error) {
	var newest header
	pages, pending := map[int64]bool{}, []int64{}
	stopped, behind := int64(0), 0
	for {
		follows, err := l.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r, err
		}
		follows = follows && l.salt() == [8]byte(l.header[16:])
		if stopped == 0 && !follows {
			stopped = l.n
		}
		if stopped != 0 {
			if follows && l.fileSize() > 0 {
				behind++
			}
			continue
		}
		pending = append(pending, l.pageNumber())
		if l.pageNumber() == 1 {
			newest = bytes.Clone(l.page()[:headerSize])
		}
		if l.fileSize() > 0 {
			for _, page := range pending {
				pages[page] = true
			}
			r.commits++
			r.first, r.pages, pending = newest, l.fileSize(), pending[:0]
		}
	}
	for pages[r.pages] || r.pages == lockPage/int64(len(l.page()))+1 {
		r.pages--
	}
	if behind > 1 {
		r.damage = fmt.Sprintf("frame %d cannot be read, and %d commits come after it", stopped, behind)
	}
	return r, nil
}

// dropped looks for commits in a log whose header SQLite does not take, so that
// it takes nothing. A power cut may tear the header while it is written anew,
// which begins when all of the log is in the file.
func (l *walLog) dropped(file io.ReaderAt) (string, error) {
	for _, l.order = range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		commits, newest, err := l.committed()
		if err != nil {
			return "", err
		}
		for page, frame := range newest {
			if same, err := l.inFile(file, page, frame); err != nil || !same {
				return fmt.Sprintf("its header cannot be read, and %d commits come after it", commits), err
			}
		}
		if commits > 0 {
			return "", nil
		}
	}
	if !l.torn() {
		return "it is no write-ahead log of this file", nil
	}
	return "", nil
}

// committed reads the frames that continue each other from the first, whose own
// checksum nobody can tell without the header. It returns the number of commits,
// and of each page the frame that was committed last.
func (l *walLog) committed() (commits int, newest map[int64]int64, err error) {
	newest = map[int64]int64{}
	pending := map[int64]int64{}
	var salt [8]byte
	for l.n = 0; ; {
		follows, err := l.next()
		if errors.Is(err, io.EOF) || (err == nil && l.n > 1 && (!follows || l.salt() != salt)) {
			return commits, newest, nil
		}
		if err != nil {
			return 0, nil, err
		}
		salt = l.salt()
		pending[l.pageNumber()] = l.n - 1
		if size := l.fileSize(); size > 0 && l.n > 1 { // nothing says that the first is a frame
			for page, frame := range pending {
				newest[page] = frame
			}
			clear(pending)
			commits++
			for page := range newest {
				if page > size {
					delete(newest, page)
				}
			}
		}
	}
}

// inFile tells whether the file has the page that a frame has.
func (l *walLog) inFile(file io.ReaderAt, page, frame int64) (bool, error) {
	if _, err := l.log.ReadAt(l.frame, l.at(frame)); err != nil {
		return false, err
	}
	stored := make([]byte, len(l.page()))
	if _, err := file.ReadAt(stored, (page-1)*int64(len(stored))); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return bytes.Equal(stored, l.page()), nil
}

// torn tells whether the header may be one that was not written to its end: over
// nothing, or over the header of an earlier round, which began alike.
func (l *walLog) torn() bool {
	var want [12]byte
	binary.BigEndian.PutUint32(want[:], logMagic|uint32(l.header[3]&1))
	binary.BigEndian.PutUint32(want[4:], logVersion)
	binary.BigEndian.PutUint32(want[8:], uint32(len(l.page())))
	for i, b := range want {
		if l.header[i] != b && l.header[i] != 0 {
			return false
		}
	}
	return true
}
