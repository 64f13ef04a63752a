package peer

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, text string) (events []string, lines int, err error) {
	t.Helper()
	err = ReadEvents(strings.NewReader(text), func() { lines++ }, func(e Event) error {
		events = append(events, e.ID+"|"+e.Name+"|"+string(e.Data))
		return nil
	})
	return events, lines, err
}

func TestReadEvents(t *testing.T) {
	got, lines, err := read(t, ": here\n\nid: 1\ndata: one\n\nevent:data\r\nid:2\r\ndata:a\r\ndata:  b\r\n\r\n"+
		"retry: 5\nid\n\ndata\n\nid: 9\ndata: broken off")
	want := []string{"1||one", "2|data|a\n b", "||"}
	if diff := cmp.Diff(want, got); diff != "" || !errors.Is(err, io.EOF) || lines != 17 {
		t.Errorf("%d lines, %v (-want +got):\n%s", lines, err, diff)
	}
	if _, _, err := read(t, "data: "+strings.Repeat("x", MaxEvent)); !errors.Is(err, bufio.ErrTooLong) {
		t.Errorf("an endless line: %v", err)
	}
	enough := errors.New("enough")
	if err := ReadEvents(strings.NewReader("data: a\n\n"), func() {}, func(Event) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("a reader that fails: %v", err)
	}
}

func TestEventsAreWrittenAsTheyAreRead(t *testing.T) {
	var text []byte
	for _, e := range []Event{
		{}, {ID: "7", Name: "data", Data: []byte(`{"a":1}`)}, {Data: []byte("two\nlines\n")}, {ID: "9", Data: []byte("data: x")},
	} {
		text = e.Append(text)
	}
	got, _, _ := read(t, string(text))
	if diff := cmp.Diff([]string{"||", `7|data|{"a":1}`, "||two\nlines\n", "9||data: x"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever comes, what is handed on reads the same again: no event of one side
// becomes another, or several, on the other.
func FuzzEvents(f *testing.F) {
	f.Add("id: 1\nevent: data\ndata: one\ndata: two\n\n: x\n\ndata\n\n")
	f.Add("data: a\rdata: b\r\n\r\n\x00")
	f.Fuzz(func(t *testing.T, text string) {
		first, _, _ := read(t, text)
		var again []byte
		_ = ReadEvents(strings.NewReader(text), func() {}, func(e Event) error { again = e.Append(again); return nil })
		second, _, _ := read(t, string(again))
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("%q (-first +second):\n%s", text, diff)
		}
	})
}
