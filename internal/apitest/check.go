package apitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"rbee/internal/peer"
	"rbee/internal/wire"
)

// Check holds one answer against the document. A path or a method that the
// document does not have has to be answered as the document says of those.
func (d *Document) Check(method, urlPath string, status int, header http.Header, body []byte) error {
	if err := d.check(method, urlPath, status, header, body); err != nil {
		return fmt.Errorf("%s %s, answered %d: %w", method, urlPath, status, err)
	}
	return nil
}

func (d *Document) check(method, urlPath string, status int, header http.Header, body []byte) error {
	var problem wire.Problem
	isProblem := header.Get("Content-Type") == wire.ContentTypeProblem
	if isProblem && method != http.MethodHead {
		if err := d.checkProblem(status, header, body, &problem); err != nil {
			return err
		}
	}
	verb := strings.ToLower(method)
	if method == http.MethodHead {
		verb = "get"
	}
	template := d.find(urlPath)
	operation := d.object("paths", template, verb)
	switch {
	case problem.Code == wire.CodeCrossOrigin || problem.Code == wire.CodeHostNotAllowed: // whatever was asked for
	case template == "":
		return want(problem.Code, wire.CodeNotFound)
	case operation == nil:
		if header.Get("Allow") == "" {
			return errors.New("there is no Allow")
		}
		return want(problem.Code, wire.CodeMethodNotAllowed)
	}
	if operation == nil {
		return nil
	}
	answer := d.object("paths", template, verb, "responses", strconv.Itoa(status))
	if answer == nil {
		return fmt.Errorf("the document does not have that status: %s", body)
	}
	name := strings.ToUpper(verb) + " " + template + " " + strconv.Itoa(status)
	if isProblem {
		name += " " + string(problem.Code)
	}
	if method != http.MethodHead {
		if err := d.checkBody("/paths/"+escape(template)+"/"+verb+"/responses/"+strconv.Itoa(status), answer, header, body); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen[name] = true
	return nil
}

func want(got, want wire.Code) error {
	if got != want {
		return fmt.Errorf("got the code %q, want %q", got, want)
	}
	return nil
}

// checkProblem holds a problem against the table of codes.
func (d *Document) checkProblem(status int, header http.Header, body []byte, p *wire.Problem) error {
	if err := json.Unmarshal(body, p); err != nil {
		return err
	}
	info := p.Code.Info()
	after, err := strconv.Atoi(header.Get("Retry-After"))
	switch {
	case info.Status != status || p.Status != status || p.Title != info.Title:
		return fmt.Errorf("the problem says %d %q, its code %q stands for %d %q", p.Status, p.Title, p.Code, info.Status, info.Title)
	case p.Detail == "" || p.Remedy == "":
		return fmt.Errorf("the problem has no detail or no remedy: %s", body)
	case info.RetryAfterS > 0 && (err != nil || after < 1):
		return fmt.Errorf("%s comes with Retry-After %q", p.Code, header.Get("Retry-After"))
	}
	return nil
}

func (d *Document) checkBody(pointer string, answer map[string]any, header http.Header, body []byte) error {
	content, _ := answer["content"].(map[string]any)
	if content == nil {
		if len(body) > 0 {
			return fmt.Errorf("the document has no body here, but there is %.200q", body)
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return err
	}
	if content[media] == nil {
		return fmt.Errorf("the document does not have the media type %s", media)
	}
	if headers, _ := answer["headers"].(map[string]any); headers != nil && status(pointer) == "200" {
		for name := range headers {
			if header.Get(name) == "" {
				return fmt.Errorf("the header %s is missing", name)
			}
		}
	}
	schema, err := d.schema(pointer + "/content/" + escape(media) + "/schema")
	if err != nil {
		return err
	}
	value, err := decode(media, body)
	if err != nil {
		return err
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("%w\nin %.2000s", err, body)
	}
	return nil
}

func status(pointer string) string { return pointer[strings.LastIndexByte(pointer, '/')+1:] }

// decode makes of a body what its schema is about.
func decode(media string, body []byte) (any, error) {
	switch media {
	case "application/json", "application/openapi+json", wire.ContentTypeProblem:
		return jsonschema.UnmarshalJSON(bytes.NewReader(body))
	case peer.ContentTypeEvents:
		list := []any{}
		err := peer.ReadEvents(bytes.NewReader(body), func() {}, func(e peer.Event) error {
			event := map[string]any{"data": string(e.Data)}
			if e.ID != "" {
				event["id"] = e.ID
			}
			if e.Name != "" {
				event["event"] = e.Name
			}
			list = append(list, event)
			return nil
		})
		if !errors.Is(err, io.EOF) {
			return nil, err
		}
		return list, nil
	default:
		return string(body), nil
	}
}

// Watch passes requests on to next and holds each answer against the document,
// once it is read to its end. What is wrong goes to complain.
func (d *Document) Watch(next http.RoundTripper, complain func(error)) http.RoundTripper {
	return watcher{d, next, complain}
}

type watcher struct {
	document *Document
	next     http.RoundTripper
	complain func(error)
}

// RoundTrip is http.RoundTripper's.
func (w watcher) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(r)
	if err != nil {
		return resp, err
	}
	resp.Body = &watched{ReadCloser: resp.Body, done: func(body []byte) {
		if err := w.document.Check(r.Method, r.URL.EscapedPath(), resp.StatusCode, resp.Header, body); err != nil {
			w.complain(err)
		}
	}}
	return resp, nil
}

// watched keeps what is read.
type watched struct {
	io.ReadCloser
	kept bytes.Buffer
	done func([]byte)
}

// Read is io.Reader's.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	w.kept.Write(p[:n])
	if errors.Is(err, io.EOF) && w.done != nil {
		w.done(w.kept.Bytes())
		w.done = nil
	}
	return n, err
}
