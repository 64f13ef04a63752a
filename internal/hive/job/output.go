package job

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"rbee/internal/wire"
)

// What is kept of what one job said.
const (
	keepEvents = 2000
	keepBytes  = 1 << 20
	maxLine    = 16 << 10
)

// Kind tells the events of a job apart.
type Kind int

// The kinds of event: a line for people, a result as JSON, the marker that ends
// the job, and a note that earlier events are gone.
const (
	Line Kind = iota
	Data
	End
	Gap
)

// Event is one thing that a job said.
type Event struct {
	Number int64 // from 1; 0 for Gap
	Kind   Kind
	Text   string // one line
}

// Output is what a job says. Its methods may be called from any goroutine.
type Output struct {
	mu     sync.Mutex
	events []Event
	bytes  int
	next   int64
	ended  bool
	news   chan struct{} // closed and replaced when there is more
}

func newOutput() *Output { return &Output{next: 1, news: make(chan struct{})} }

// Printf says one or more lines.
func (o *Output) Printf(format string, args ...any) {
	for line := range strings.Lines(fmt.Sprintf(format, args...)) {
		line = strings.TrimRight(line, "\r\n")
		if len(line) > maxLine {
			line = strings.ToValidUTF8(line[:maxLine], "") + " …"
		}
		if looksFinal(line) {
			line = " " + line // what an engine logs shall not end the job for its readers
		}
		o.add(Line, line)
	}
}

func looksFinal(line string) bool {
	return strings.HasPrefix(line, wire.JobMarkerDone) || strings.HasPrefix(line, wire.JobMarkerError) ||
		strings.HasPrefix(line, wire.JobMarkerCancelled)
}

// Result says something for programs.
func (o *Output) Result(v any) error {
	raw, err := json.Marshal(v)
	if err == nil {
		o.add(Data, string(raw))
	}
	return err
}

// end says the last thing; what comes after it is not heard.
func (o *Output) end(state wire.JobState, reason string) {
	text := wire.JobMarkerDone
	switch state {
	case wire.JobFailed:
		text = wire.JobMarkerError + " " + oneLine(reason)
	case wire.JobCancelled:
		text = wire.JobMarkerCancelled
	case wire.JobQueued, wire.JobRunning, wire.JobCompleted:
	}
	o.add(End, text)
}

// oneLine joins the lines of a text.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func (o *Output) add(kind Kind, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return
	}
	// A carriage return would end a line of the stream.
	text = strings.ReplaceAll(text, "\r", " ")
	o.events = append(o.events, Event{Number: o.next, Kind: kind, Text: text})
	o.next++
	o.bytes += len(text)
	o.ended = kind == End
	drop := 0
	for len(o.events)-drop > keepEvents || o.bytes > keepBytes && len(o.events)-drop > 1 {
		o.bytes -= len(o.events[drop].Text)
		drop++
	}
	o.events = slices.Delete(o.events, 0, drop)
	close(o.news)
	o.news = make(chan struct{})
}

// after returns the events behind a number, whether the last of them ends the
// job, and what to wait for when it does not.
func (o *Output) after(number int64) (events []Event, ended bool, news <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.events) == 0 {
		return nil, o.ended, o.news
	}
	first := o.events[0].Number
	if number+1 < first {
		gone := first - number - 1
		events = append(events, Event{Kind: Gap, Text: fmt.Sprintf("(%d earlier lines are no longer kept)", gone)})
		number = first - 1
	}
	return append(events, o.events[min(int(number+1-first), len(o.events)):]...), o.ended, o.news // a copy
}

// Follow yields the events behind a number, and those that come, until the job
// has ended or ctx does.
func (o *Output) Follow(ctx context.Context, number int64) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for {
			events, ended, news := o.after(number)
			for _, e := range events {
				if !yield(e) {
					return
				}
				number = max(number, e.Number)
			}
			if ended {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-news:
			}
		}
	}
}

// Ended tells whether the event of a number, or one before it, was the last.
func (o *Output) Ended(number int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ended && number >= o.next-1
}
