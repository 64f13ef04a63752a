package apitest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed testdata/openapi-3.1-2022-10-07.json
var openAPI31 []byte

// Document is an OpenAPI document. It is safe for concurrent use.
type Document struct {
	root  map[string]any
	paths []path

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema // by their place in the document
	seen     map[string]bool               // see Seen
}

// path is one path of a document, as the router matches it.
type path struct {
	template string
	match    *regexp.Regexp
}

const base = "https://rbee.internal/openapi.json"

// Parse reads a document, and judges it and every schema in it.
func Parse(raw []byte) (*Document, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	root, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the document is no object but a %T", value)
	}
	if err := judge(root); err != nil {
		return nil, fmt.Errorf("no OpenAPI 3.1: %w", err)
	}
	d := &Document{root: root, compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}, seen: map[string]bool{}}
	d.compiler.AssertFormat()
	d.compiler.AssertContent()
	if err := d.compiler.AddResource(base, root); err != nil {
		return nil, err
	}
	for template := range d.object("paths") {
		grammar := regexp.MustCompile(`\\\{[^}]*\\\}`).ReplaceAllString(regexp.QuoteMeta(template), "[^/]+")
		d.paths = append(d.paths, path{template, regexp.MustCompile("^" + grammar + "$")})
	}
	slices.SortFunc(d.paths, func(a, b path) int { // what is spelled out goes before what has a parameter
		return strings.Compare(strings.ReplaceAll(a.template, "{", "~"), strings.ReplaceAll(b.template, "{", "~"))
	})
	return d, d.compileAll("", root)
}

// judge holds a document against the schema of OpenAPI.
func judge(root map[string]any) error {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(openAPI31))
	if err != nil {
		return err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	const id = "https://spec.openapis.org/oas/3.1/schema/2022-10-07"
	if err := c.AddResource(id, schema); err != nil {
		return err
	}
	compiled, err := c.Compile(id)
	if err != nil {
		return err
	}
	return compiled.Validate(root)
}

// compileAll compiles each schema of the document, which judges it: those of
// components, and whatever stands under a key "schema".
func (d *Document) compileAll(pointer string, value any) error {
	switch v := value.(type) {
	case map[string]any:
		for key, child := range v {
			at := pointer + "/" + escape(key)
			if key == "schema" || pointer == "/components/schemas" {
				if _, err := d.schema(at); err != nil {
					return err
				}
				continue
			}
			if err := d.compileAll(at, child); err != nil {
				return err
			}
		}
	case []any:
		for n, child := range v {
			if err := d.compileAll(fmt.Sprintf("%s/%d", pointer, n), child); err != nil {
				return err
			}
		}
	}
	return nil
}

// schema returns the one at a place in the document.
func (d *Document) schema(pointer string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.schemas[pointer]; s != nil {
		return s, nil
	}
	s, err := d.compiler.Compile(base + "#" + pointer)
	if err != nil {
		return nil, fmt.Errorf("the schema at %s: %w", pointer, err)
	}
	d.schemas[pointer] = s
	return s, nil
}

func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "%", "%25", "{", "%7B", "}", "%7D").Replace(key)
}

// object walks down to an object; nil when there is none.
func (d *Document) object(keys ...string) map[string]any {
	at := d.root
	for _, k := range keys {
		at, _ = at[k].(map[string]any)
	}
	return at
}

// Operations lists what the document describes, as "GET /v1/hives".
func (d *Document) Operations() []string {
	var all []string
	for template, item := range d.object("paths") {
		for method := range item.(map[string]any) { //nolint:forcetypeassert // judged by Parse
			all = append(all, strings.ToUpper(method)+" "+template)
		}
	}
	slices.Sort(all)
	return all
}

// Promised lists the answers that the document describes, as "GET /v1/hives 200";
// a status with several problem codes has a line for each, as "GET /v1/hives/{id}
// 404 unknown_hive".
func (d *Document) Promised() []string {
	var all []string
	for _, op := range d.Operations() {
		method, template, _ := strings.Cut(op, " ")
		for status, answer := range d.object("paths", template, strings.ToLower(method), "responses") {
			codes := codesOf(answer)
			for _, code := range codes {
				all = append(all, op+" "+status+" "+code)
			}
			if codes == nil {
				all = append(all, op+" "+status)
			}
		}
	}
	slices.Sort(all)
	return all
}

// codesOf lists the problem codes that an answer may have.
func codesOf(answer any) (codes []string) {
	for _, key := range []string{"content", "application/problem+json", "schema", "properties", "code"} {
		m, _ := answer.(map[string]any)
		answer = m[key]
	}
	m, _ := answer.(map[string]any)
	enum, _ := m["enum"].([]any)
	for _, code := range enum {
		codes = append(codes, fmt.Sprint(code))
	}
	return codes
}

// Seen lists which of the promised answers have passed through Check.
func (d *Document) Seen() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	for s := range d.seen {
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}

// find returns the path that is meant, "" when the document has none.
func (d *Document) find(urlPath string) string {
	for _, p := range d.paths {
		if p.match.MatchString(urlPath) {
			return p.template
		}
	}
	return ""
}

// updateVariable has Golden write the file instead of reading it.
const updateVariable = "OPENAPI_UPDATE"

// Golden compares a document with its committed copy, whatever version it is of.
func Golden(t *testing.T, raw []byte, file string) {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	if info, ok := document["info"].(map[string]any); ok {
		info["version"] = "VERSION"
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(document); err != nil {
		t.Fatal(err)
	}
	if os.Getenv(updateVariable) != "" {
		if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil { //nolint:gosec // a document for everybody
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(want, text.Bytes()) {
		return
	}
	was, is := strings.Split(string(want), "\n"), strings.Split(text.String(), "\n")
	for n := range min(len(was), len(is)) {
		if was[n] != is[n] {
			t.Fatalf("what is served is not %s: line %d is %q, but the file has %q: make openapi writes it anew", file, n+1, is[n], was[n])
		}
	}
	t.Fatalf("what is served is not %s: make openapi writes it anew", file)
}

// Exit ends a test program that has run all its tests: with a failure if an
// answer that the document promises was not seen, unless never has a reason for
// it. The code is that of the tests.
func Exit(code int, d *Document, never map[string]string) {
	some := slices.ContainsFunc(os.Args, func(arg string) bool {
		return strings.HasPrefix(arg, "-test.run") || strings.HasPrefix(arg, "-test.skip") || strings.HasPrefix(arg, "-test.short")
	})
	if !some && code == 0 {
		for _, line := range d.unseen(never) {
			fmt.Fprintln(os.Stderr, line)
			code = 1
		}
	}
	os.Exit(code)
}

// unseen says which promises no test has seen kept, and which were kept though
// never has a reason why not.
func (d *Document) unseen(never map[string]string) (complaints []string) {
	seen, promised := d.Seen(), d.Promised()
	for _, p := range promised {
		code := p[strings.LastIndexByte(p, ' ')+1:]
		_, excused := never[p]
		_, always := never[code]
		switch {
		case slices.Contains(seen, p) && excused:
			complaints = append(complaints, p+" was seen: take it off the list of what cannot be")
		case slices.Contains(seen, p) || excused || always:
		default:
			complaints = append(complaints, p+" is promised by the OpenAPI document, but no test has seen it")
		}
	}
	return complaints
}
