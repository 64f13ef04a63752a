package door

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"rbee/internal/wire"
)

// drainBytes is how much of a refused body is still read: an answer sent while
// the client is writing would be lost in the reset of the connection.
const drainBytes = 8 << 20

// DecodeJSON reads exactly one JSON value of at most limit bytes into v. What
// it returns is ready to be answered.
func DecodeJSON(r *http.Request, limit int64, v any) *wire.Problem {
	if !isJSON(r.Header.Get("Content-Type")) {
		return wire.NewProblem(wire.CodeMediaType,
			fmt.Sprintf("the Content-Type %q is not application/json", wire.Printable(r.Header.Get("Content-Type"))), "")
	}
	buffer := buffers.Get().(*bytes.Buffer) //nolint:forcetypeassert // nothing else is put there
	defer keep(buffer)
	err := readBody(r, limit, buffer)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		_, _ = io.CopyN(io.Discard, r.Body, drainBytes)
		return wire.NewProblem(wire.CodeTooLarge,
			fmt.Sprintf("the body is larger than %d bytes", limit), "")
	case err != nil:
		return wire.NewProblem(wire.CodeInvalidRequest, "the body could not be read: "+err.Error(), "send it again")
	}
	if p, ok := v.(parser); ok && p.ParseJSON(buffer.Bytes()) {
		return nil
	}
	if jsonv2.Unmarshal(buffer.Bytes(), v, lenient) == nil {
		return nil
	}
	// It may still be what encoding/json takes, and that says better what is wrong.
	if err := json.Unmarshal(buffer.Bytes(), v); err != nil {
		return wire.NewProblem(wire.CodeInvalidRequest, "the body is not valid: "+wire.Printable(inJSON(err)),
			"send one JSON value as "+PathOpenAPI+" describes it")
	}
	return nil
}

func isJSON(contentType string) bool {
	if contentType == mediaJSON { // as nearly all say
		return true
	}
	mt, _, err := mime.ParseMediaType(contentType)
	return err == nil && mt == mediaJSON
}

const mediaJSON = "application/json"

// inJSON says in JSON's words what encoding/json says in Go's.
func inJSON(err error) string {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err.Error()
	}
	where := "it"
	if wrong.Field != "" {
		where = wrong.Field
	}
	return fmt.Sprintf("%s is a %s, but must be %s", where, wrong.Value, kindOf(wrong.Type))
}

func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Float32, reflect.Float64:
		return "a number"
	default:
		return "a whole number that fits"
	}
}

// parser is what reads itself quickly where it can. It is left empty where not.
type parser interface{ ParseJSON(data []byte) bool }

// lenient takes what encoding/json does.
var lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// buffers are what bodies are read into. Large ones are not kept.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const keptBuffer = 64 << 10

func keep(b *bytes.Buffer) {
	if b.Cap() <= keptBuffer {
		b.Reset()
		buffers.Put(b)
	}
}

// readBody reads at most limit bytes; the body of r stays usable for draining.
func readBody(r *http.Request, limit int64, into *bytes.Buffer) error {
	if r.ContentLength > limit {
		return &http.MaxBytesError{Limit: limit}
	}
	if r.ContentLength >= 0 { // no more than that is read anyway
		into.Grow(int(min(r.ContentLength, keptBuffer)) + bytes.MinRead)
		_, err := into.ReadFrom(r.Body)
		return err
	}
	_, err := into.ReadFrom(io.LimitReader(r.Body, limit+1))
	if err == nil && int64(into.Len()) > limit {
		return &http.MaxBytesError{Limit: limit}
	}
	return err
}
