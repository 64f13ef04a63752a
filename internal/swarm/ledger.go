package swarm

import (
	"fmt"
	"os"
)

// ledgerBuffer is how much is held back before it is written, in whole lines.
const ledgerBuffer = 64 << 10

// ledger is the list of accepted heartbeats, a line "hive_id sent_at" for each.
// It is complete once flushed. The loops share the file, which appends what each
// of them writes in one piece.
type ledger struct {
	file   *os.File // nil: nobody wants the list
	prefix string   // of ids
	stamp  stamp
	buf    []byte
	err    error // the first; nothing is written after it
}

// openLedger opens the file of the list, nil for no name.
func openLedger(name string) (*os.File, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // nobody wants the list
	}
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

// add appends a line.
func (l *ledger) add(number int32, unixMS int64) {
	if l.file == nil {
		return
	}
	if len(l.buf) > ledgerBuffer {
		_ = l.flush() // told at the end
	}
	l.buf = append(l.buf, l.prefix...)
	l.buf = append(l.buf, "000000 "+stampLayout+"\n"...)
	end := len(l.buf) - 1
	putDigits(l.buf[end-stampLen-1-idDigits:end-stampLen-1], uint64(number))
	l.stamp.put(l.buf[end-stampLen:end], unixMS)
}

// flush writes what is held back.
func (l *ledger) flush() error {
	if l.file == nil || l.err != nil {
		return l.err
	}
	if _, err := l.file.Write(l.buf); err != nil {
		l.err = fmt.Errorf("the list of accepted heartbeats is not complete: %w", err)
	}
	l.buf = l.buf[:0]
	return l.err
}
