package apitest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

const small = `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{
  "/things/{id}":{"get":{"operationId":"getThing","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{
    "200":{"description":"d","headers":{"X-More":{"schema":{"type":"string"}}},"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},
    "404":{"description":"d","content":{"application/problem+json":{"schema":{"properties":{"code":{"enum":["unknown_hive"]}}}}}}}}},
  "/stream":{"get":{"operationId":"stream","responses":{"200":{"description":"d","content":{"text/event-stream":{"schema":
    {"type":"array","items":{"required":["event"],"properties":{"data":{"contentMediaType":"application/json","contentSchema":{"$ref":"#/components/schemas/Thing"}}}}}}}}}}}},
  "components":{"schemas":{"Thing":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"},"at":{"type":"string","format":"date-time"}}}}}}`

func parse(t *testing.T) *Document {
	t.Helper()
	d, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDocumentsAreJudged(t *testing.T) {
	parse(t)
	for name, change := range map[string][2]string{
		"another version":          {`"3.1.0"`, `"3.0.0"`},
		"no title":                 {`"title":"t",`, ``},
		"a parameter from nowhere": {`"in":"path"`, `"in":"mind"`},
		"no description":           {`"description":"d",`, ``},
		"a schema of no type":      {`"type":"integer"`, `"type":"whole"`},
		"a schema that is missing": {`#/components/schemas/Thing`, `#/components/schemas/Nothing`},
	} {
		if _, err := Parse([]byte(strings.Replace(small, change[0], change[1], 1))); err == nil {
			t.Errorf("%s: it passes", name)
		}
	}
}

func TestAnswersAreJudged(t *testing.T) {
	d := parse(t)
	problem := func(code wire.Code, more string) string {
		i := code.Info()
		return `{"type":"t","title":"` + i.Title + `","status":404,"code":"` + string(code) + `","detail":"d","remedy":"r"` + more + `}`
	}
	const things, events = "/things/7", "/stream"
	for _, tt := range []struct {
		name, path, media, body string
		status                  int
		wrong                   string // "": nothing is
	}{
		{"right", things, "application/json", `{"n":1,"at":"2025-10-30T22:00:00Z","more":true}`, 200, ""},
		{"a missing field", things, "application/json", `{}`, 200, "missing property 'n'"},
		{"a wrong type", things, "application/json", `{"n":"1"}`, 200, "want integer"},
		{"no time", things, "application/json", `{"n":1,"at":"today"}`, 200, "date-time"},
		{"another media type", things, "text/plain", `{"n":1}`, 200, "media type text/plain"},
		{"a status that is not described", things, "application/json", `{"n":1}`, 201, "does not have that status"},
		{"a problem", things, wire.ContentTypeProblem, problem(wire.CodeUnknownHive, ""), 404, ""},
		{"a problem that is not described", things, wire.ContentTypeProblem, problem(wire.CodeUnknownJob, ""), 404, "value must be 'unknown_hive'"},
		{"a problem that contradicts its status", things, wire.ContentTypeProblem, problem(wire.CodeIDConflict, ""), 409, "says 404"},
		{"a route that is not there", "/other", wire.ContentTypeProblem, problem(wire.CodeNotFound, ""), 404, ""},
		{"a route that should not be there", "/other", "application/json", `{}`, 200, "want \"not_found\""},
		{"events", events, "text/event-stream", "event: a\ndata: {\"n\":1}\n\n: still here\n\nevent: a\ndata: {\"n\":2}\n\n", 200, ""},
		{"an event without a name", events, "text/event-stream", "data: {\"n\":1}\n\n", 200, "missing property 'event'"},
		{"an event with other data", events, "text/event-stream", "event: a\ndata: {\"n\":1}\n\nevent: a\ndata: {}\n\n", 200, "missing property 'n'"},
	} {
		header := http.Header{"Content-Type": {tt.media}, "X-More": {"1"}}
		err := d.Check("GET", tt.path, tt.status, header, []byte(tt.body))
		if (err == nil) != (tt.wrong == "") || err != nil && !strings.Contains(err.Error(), tt.wrong) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.wrong)
		}
	}
	if err := d.Check("GET", things, 200, http.Header{"Content-Type": {"application/json"}}, []byte(`{"n":1}`)); err == nil {
		t.Error("a missing header passes")
	}
	want := []string{"GET /stream 200", "GET /things/{id} 200", "GET /things/{id} 404 unknown_hive"}
	if diff := cmp.Diff(want, d.Promised()); diff != "" {
		t.Errorf("promised (-want +got):\n%s", diff)
	}
	if got := d.unseen(nil); len(got) != 0 {
		t.Errorf("got %v, though all was seen", got)
	}
	if got := d.unseen(map[string]string{"GET /stream 200": "why"}); len(got) != 1 {
		t.Errorf("got %v, want that an excuse is not needed", got)
	}
	if got := parse(t).unseen(map[string]string{"unknown_hive": "why"}); len(got) != 2 {
		t.Errorf("got %v, want two that were not seen", got)
	}
}
