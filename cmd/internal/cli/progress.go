package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/term"
)

// Progress shows how far something is, once it takes long: on a terminal in one
// line that is written over, elsewhere in a line now and then.
type Progress struct {
	w           io.Writer
	terminal    bool
	began, last time.Time
	shown       bool // in a line that is not ended
}

// When progress is shown: from then on, on a terminal, elsewhere.
const (
	ProgressAfter = time.Second
	progressEvery = 100 * time.Millisecond
	progressLines = 10 * time.Second
)

// NewProgress returns one that begins now and is shown on w.
func NewProgress(w io.Writer) *Progress {
	file, isFile := w.(*os.File)
	return &Progress{w: w, terminal: isFile && term.IsTerminal(int(file.Fd())), began: time.Now()}
}

// Tell says what is done, and how many bytes of how many; 0 of 0 is not known.
func (p *Progress) Tell(what string, done, total int64) {
	now, every := time.Now(), progressLines
	if p.terminal {
		every = progressEvery
	}
	if now.Sub(p.began) < ProgressAfter || now.Sub(p.last) < every {
		return
	}
	p.last = now
	if total > 0 {
		what += fmt.Sprintf(": %s of %s", FileSize(done), FileSize(total))
	}
	if p.terminal {
		p.shown = true
		fmt.Fprintf(p.w, "\r%s\x1b[K", what)
		return
	}
	fmt.Fprintln(p.w, what)
}

// End clears the line.
func (p *Progress) End() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// FileSize writes bytes as people read them.
func FileSize(bytes int64) string { return humanize.IBytes(uint64(max(0, bytes))) }
