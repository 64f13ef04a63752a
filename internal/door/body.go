package door

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"

	"rbee/internal/wire"
)

// drainBytes is how much of a refused body is still read: an answer sent while
// the client is writing would be lost in the reset of the connection.
const drainBytes = 8 << 20

// DecodeJSON reads exactly one JSON value of at most limit bytes into v. What
// it returns is ready to be answered.
func DecodeJSON(r *http.Request, limit int64, v any) *wire.Problem {
	if mt, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mt != "application/json" {
		return wire.NewProblem(wire.CodeMediaType,
			fmt.Sprintf("the Content-Type %q is not application/json", wire.Printable(r.Header.Get("Content-Type"))),
			"send Content-Type: application/json")
	}
	raw, err := readBody(r, limit)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		_, _ = io.CopyN(io.Discard, r.Body, drainBytes)
		return wire.NewProblem(wire.CodeTooLarge,
			fmt.Sprintf("the body is larger than %d bytes", limit), "send less")
	case err != nil:
		return wire.NewProblem(wire.CodeInvalidRequest, "the body could not be read: "+err.Error(), "send it again")
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return wire.NewProblem(wire.CodeInvalidRequest, "the body is not valid: "+wire.Printable(inJSON(err)),
			"send one JSON value as "+PathOpenAPI+" describes it")
	}
	return nil
}

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

// readBody reads at most limit bytes; the body of r stays usable for draining.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	body := r.Body
	raw, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err == nil && int64(len(raw)) > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	return raw, err
}
