package door

import (
	"io"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// appender is an answer that writes itself, as encoding/json would.
type appender interface {
	AppendJSON(b []byte) ([]byte, error)
}

// jsonFormat is huma's, but for answers that write themselves.
var jsonFormat = huma.Format{Marshal: writeJSON, Unmarshal: huma.DefaultJSONFormat.Unmarshal}

// answers is room to write them in. That of the largest is not kept.
var answers = sync.Pool{New: func() any { return new([]byte) }}

const keptAnswer = 4 << 20

func writeJSON(w io.Writer, v any) error {
	a, ok := v.(appender)
	if !ok {
		return huma.DefaultJSONFormat.Marshal(w, v)
	}
	room, _ := answers.Get().(*[]byte)
	text, err := a.AppendJSON((*room)[:0])
	if err != nil {
		return err
	}
	if _, err = w.Write(append(text, '\n')); cap(text) <= keptAnswer {
		*room = text
		answers.Put(room)
	}
	return err
}
