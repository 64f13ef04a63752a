package peer

import (
	"bufio"
	"bytes"
	"io"
)

// MaxEvent bounds one server-sent event, and so each of its lines.
const MaxEvent = 16 << 20

// ContentTypeEvents is the media type of a stream of server-sent events.
const ContentTypeEvents = "text/event-stream"

// Event is one server-sent event. Its data belongs to the reader and is good
// until the next one.
type Event struct {
	ID   string // "" when it has none
	Name string // "" for "message"
	Data []byte // without the last LF
}

// Append writes the event as the other side reads it.
func (e Event) Append(text []byte) []byte {
	field := func(name, value string) {
		if value != "" {
			text = append(append(append(append(text, name...), ": "...), value...), '\n')
		}
	}
	field("id", e.ID)
	field("event", e.Name)
	for line := range bytes.SplitSeq(e.Data, []byte("\n")) {
		text = append(append(append(text, "data: "...), line...), '\n')
	}
	return append(text, '\n')
}

// ReadEvents calls alive for each line, comments included, and each for each
// event, until the stream ends, which is io.EOF, or each fails. It reads what our
// programs write of the format: lines end with LF or CRLF.
func ReadEvents(from io.Reader, alive func(), each func(Event) error) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 64<<10), MaxEvent)
	var e Event
	begun := false // there is data, be it empty
	for lines.Scan() {
		alive()
		line := lines.Bytes()
		if bytes.IndexByte(line, '\r') >= 0 { // for others it ends a line: handed on, it would make one event two
			line = bytes.ReplaceAll(line, []byte("\r"), []byte(" "))
		}
		if len(line) > 0 {
			name, value, _ := bytes.Cut(line, []byte(":"))
			value = bytes.TrimPrefix(value, []byte(" "))
			switch string(name) {
			case "id":
				e.ID = string(value)
			case "event":
				e.Name = string(value)
			case "data":
				if begun {
					e.Data = append(e.Data, '\n')
				}
				if e.Data, begun = append(e.Data, value...), true; len(e.Data) > MaxEvent {
					return bufio.ErrTooLong
				}
			}
			continue
		}
		if begun {
			if err := each(e); err != nil {
				return err
			}
		}
		e, begun = Event{Data: e.Data[:0]}, false
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.EOF
}
