package worker

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"regexp"
	"strings"
	"syscall"
	"time"
	"unicode"

	"rbee/internal/hive/worker/proc"
)

const (
	logKept  = 8 << 20  // bytes of a log that can be read; twice that is on disk at most
	maxLine  = 16 << 10 // bytes; a longer line comes in pieces
	lookLog  = 200 * time.Millisecond
	lastLog  = 4 << 10 // bytes looked at for the last lines
	lastFew  = 5       // lines that tell why a worker failed
	lastMost = 300     // bytes of them
	blockLen = 512     // bytes of what stat calls a block
)

// Line is one line of a worker's log.
type Line struct {
	// End is the offset behind the line. It never changes, and names the line.
	End int64
	// Text is without control characters and colours; of a line that was drawn
	// again and again, what it was last.
	Text string
}

// openLog opens the log for a process to append to. Neither a reader nor the
// hive's end nor trimLog disturbs it.
func openLog(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}

// trimLog gives the beginning of a log that has grown back to the disk. Where
// the file system can make no hole the log starts anew, and lines are lost.
func trimLog(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Blocks*blockLen < 2*logKept {
		return nil
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	err = proc.Punch(f, info.Size()-logKept)
	if errors.Is(err, proc.ErrUnsupported) {
		err = f.Truncate(0)
	}
	return err
}

// awaitLog opens a log, which is not there before the first process is.
func awaitLog(ctx context.Context, path string, running func() bool) (*os.File, error) {
	for {
		f, err := os.Open(path)
		if !errors.Is(err, os.ErrNotExist) || !running() {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(lookLog):
		}
	}
}

// readLog yields the lines from the offset after on, or from the first that is
// kept. When it meets the end it waits for more until running says no.
func readLog(ctx context.Context, path string, after int64, running func() bool) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		f, err := awaitLog(ctx, path, running)
		if err != nil {
			yield(Line{}, err)
			return
		}
		defer func() { _ = f.Close() }()
		for {
			more := running() // asked before the read, so that no last line is missed
			var ok bool
			if after, ok = readLines(f, after, !more, yield); !ok || !more {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(lookLog):
			}
		}
	}
}

// readLines yields the whole lines from after on, at the end of a log also one
// without its line end, and returns the offset that it came to.
func readLines(f *os.File, after int64, last bool, yield func(Line, error) bool) (int64, bool) {
	info, err := f.Stat()
	if err != nil {
		return after, yield(Line{}, err)
	}
	size := info.Size()
	if after > size {
		after = 0 // it was started anew
	}
	skip := false // the rest of a line whose beginning is gone
	if size-after > logKept {
		after, skip = size-logKept, true
	}
	r := bufio.NewReaderSize(io.NewSectionReader(f, after, size-after), maxLine)
	for {
		raw, err := r.ReadSlice('\n')
		if len(raw) == 0 || (errors.Is(err, io.EOF) && !last) {
			return after, true
		}
		after += int64(len(raw))
		if skip || raw[0] == 0 { // the blocks of a slow reader's line may be given back
			skip = err != nil
			continue
		}
		if !yield(Line{End: after, Text: clean(string(raw))}, nil) {
			return after, false
		}
	}
}

// lastLines are the last few lines of a log, in one.
func lastLines(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	var lines []string
	from := max(0, info.Size()-lastLog)
	readLines(f, from, true, func(l Line, err error) bool {
		if err == nil && strings.TrimSpace(l.Text) != "" {
			lines = append(lines, l.Text)
		}
		return err == nil
	})
	if from > 0 && len(lines) > 1 {
		lines = lines[1:] // it may have lost its beginning
	}
	said := strings.Join(lines[max(0, len(lines)-lastFew):], " | ")
	if cut := len(said) - lastMost; cut > 0 {
		said = "…" + strings.ToValidUTF8(said[cut:], "")
	}
	return said
}

// escapes are what programs send to colour a terminal, or to name its window.
var escapes = regexp.MustCompile("\x1b(\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)?|.)")

func clean(line string) string {
	line = strings.ToValidUTF8(strings.TrimRight(line, "\r\n"), "\uFFFD")
	line = line[strings.LastIndexByte(line, '\r')+1:]
	if strings.IndexFunc(line, unfit) < 0 {
		return line
	}
	return strings.Map(func(r rune) rune {
		if unfit(r) {
			return -1
		}
		return r
	}, escapes.ReplaceAllString(line, ""))
}

func unfit(r rune) bool {
	return r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r))
}
