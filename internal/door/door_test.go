package door

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/goleak"

	"rbee/internal/wire"
)

func TestMain(m *testing.M) {
	if os.Getenv("DOOR_TEST_LIMIT") != "" {
		if problem := limitChild(); problem != "" {
			fmt.Fprintln(os.Stderr, problem)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

var quiet = slog.New(slog.DiscardHandler)

func ok(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

func problemOf(t *testing.T, body io.Reader) wire.Problem {
	t.Helper()
	var p wire.Problem
	if err := json.NewDecoder(body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	if p.Code == "" || p.Detail == "" || p.Remedy == "" {
		t.Errorf("the problem lacks a code, a detail or a remedy: %+v", p)
	}
	return p
}

func TestGuardByHost(t *testing.T) {
	h := NewGuard("My-Box.Example.com", "proxy.example.org.").Wrap(http.HandlerFunc(ok))
	for host, want := range map[string]int{
		"127.0.0.1":                  200,
		"127.0.0.1:7833":             200,
		"8.8.8.8:1":                  200,
		"[::1]:7833":                 200,
		"[::1]":                      200,
		"localhost:7833":             200,
		"LOCALHOST":                  200,
		"gaming-pc":                  200,
		"gaming-pc.local:7833":       200,
		"gaming-pc.lan":              200,
		"x.home.arpa":                200,
		"x.internal.":                200,
		"my-box.example.com:7833":    200,
		"MY-BOX.example.com.":        200,
		"proxy.example.org":          200,
		"":                           421,
		"evil.com":                   421,
		"evil.com:7833":              421,
		"my-box.example.com.evil.de": 421,
		"local.evil.com":             421,
		"127.0.0.1.evil.com":         421,
		"xlan.de":                    421,
		"1.2.3":                      421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("Host %q got %d, want %d", host, w.Code, want)
		}
		if want == 421 && problemOf(t, w.Body).Code != wire.CodeHostNotAllowed {
			t.Errorf("Host %q got another problem", host)
		}
	}
}

func TestGuardByOrigin(t *testing.T) {
	h := NewGuard().Wrap(http.HandlerFunc(ok))
	for _, tt := range []struct {
		origin, site string
		want         int
	}{
		{"", "", 200},
		{"", "none", 200},
		{"http://127.0.0.1:7833", "same-origin", 200},
		{"http://127.0.0.1:7833", "", 200},
		{"", "cross-site", 403},
		{"", "same-site", 403},
		{"http://evil.com", "", 403},
		{"http://127.0.0.1:1234", "", 403},
		{"null", "", 403},
		{"http://127.0.0.1:7833", "cross-site", 403},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := httptest.NewRequest(method, "/", nil)
			r.Host = "127.0.0.1:7833"
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			if tt.site != "" {
				r.Header.Set("Sec-Fetch-Site", tt.site)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("%s from origin %q, site %q got %d, want %d", method, tt.origin, tt.site, w.Code, tt.want)
			}
		}
	}
}

func TestRouterAnswersWithProblems(t *testing.T) {
	r := NewRouter(quiet)
	r.Get("/thing/{id}", ok)
	r.Delete("/thing/{id}", ok)
	r.Get("/mistake", func(http.ResponseWriter, *http.Request) { panic("oh") })
	for _, tt := range []struct {
		method, path string
		status       int
		code         wire.Code
	}{
		{http.MethodGet, "/nothing", 404, wire.CodeNotFound},
		{http.MethodPost, "/thing/1", 405, wire.CodeMethodNotAllowed},
		{http.MethodGet, "/mistake", 500, wire.CodeInternal},
	} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, nil))
		if p := problemOf(t, w.Body); w.Code != tt.status || p.Code != tt.code || w.Header().Get("Content-Type") != wire.ContentTypeProblem {
			t.Errorf("%s %s got %d %s, want %d %s", tt.method, tt.path, w.Code, p.Code, tt.status, tt.code)
		}
		if tt.status == 405 && w.Header().Get("Allow") != "GET, DELETE" {
			t.Errorf("Allow is %q, want GET, DELETE", w.Header().Get("Allow"))
		}
	}
}

func TestDecodeJSON(t *testing.T) {
	const limit = 64
	for _, tt := range []struct {
		name, contentType, body string
		code                    wire.Code
	}{
		{"one value", "application/json", `{"take":true}`, ""},
		{"with a charset and space around", "application/json; charset=utf-8", " {\"take\":true}\n", ""},
		{"exactly the limit", "application/json", `{"take":true}` + strings.Repeat(" ", limit-13), ""},
		{"no content type", "", `{"take":true}`, wire.CodeMediaType},
		{"a form", "application/x-www-form-urlencoded", `{"take":true}`, wire.CodeMediaType},
		{"nothing", "application/json", ``, wire.CodeInvalidRequest},
		{"not JSON", "application/json", `take`, wire.CodeInvalidRequest},
		{"a second value", "application/json", `{"take":true}{}`, wire.CodeInvalidRequest},
		{"a wrong type", "application/json", `{"take":1}`, wire.CodeInvalidRequest},
		{"cut short", "application/json", `{"take":tr`, wire.CodeInvalidRequest},
		{"too large", "application/json", `{"take":true}` + strings.Repeat(" ", limit), wire.CodeTooLarge},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body))
		r.Header.Set("Content-Type", tt.contentType)
		var v wire.DiscoveryRequest
		p := DecodeJSON(r, limit, &v)
		switch {
		case tt.code == "" && (p != nil || !v.Take):
			t.Errorf("%s: %v, take %t", tt.name, p, v.Take)
		case tt.code != "" && (p == nil || p.Code != tt.code):
			t.Errorf("%s: got %v, want %s", tt.name, p, tt.code)
		}
	}
}

// serve runs Serve on a real socket and returns its URL and how to end it.
func serve(t *testing.T, h http.Handler, drain time.Duration) (url string, end func() error) {
	t.Helper()
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, ln, h, drain, quiet) }()
	var result error
	ended := false
	end = func() error {
		if !ended {
			cancel()
			result, ended = <-done, true
		}
		return result
	}
	t.Cleanup(func() { _ = end() })
	return "http://" + ln.Addr().String(), end
}

func TestARefusedBodyStillGetsItsAnswer(t *testing.T) {
	url, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var v any
		WriteProblem(w, DecodeJSON(r, 1024, &v))
	}), time.Second)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for _, chunked := range []bool{false, true} {
		var body io.Reader = bytes.NewReader(bytes.Repeat([]byte(" "), 2<<20))
		if chunked {
			body = io.MultiReader(body) // hides the length
		}
		resp, err := client.Post(url, "application/json", body)
		if err != nil {
			t.Fatalf("chunked %t: the answer was lost: %v", chunked, err)
		}
		if p := problemOf(t, resp.Body); resp.StatusCode != http.StatusRequestEntityTooLarge || p.Code != wire.CodeTooLarge {
			t.Errorf("chunked %t: got %d %s", chunked, resp.StatusCode, p.Code)
		}
		_ = resp.Body.Close()
	}
}

func TestServeFinishesWhatItHasTaken(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	url, end := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = io.WriteString(w, "done")
	}), 10*time.Second)
	type answer struct {
		body string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Get(url)
		if err != nil {
			got <- answer{err: err}
			return
		}
		raw, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		got <- answer{string(raw), err}
	}()
	<-entered
	ended := make(chan error, 1)
	go func() { ended <- end() }()
	for { // no new connection is admitted while the old one is finished
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			break
		}
		_ = conn.Close()
		time.Sleep(time.Millisecond)
	}
	close(leave)
	if a := <-got; a.err != nil || a.body != "done" {
		t.Errorf("the request in flight got %q, %v", a.body, a.err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestServeGivesUpOnAStuckRequest(t *testing.T) {
	entered := make(chan struct{})
	url, end := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	}), 10*time.Millisecond)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		if resp, err := client.Get(url); err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-entered
	if err := end(); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestListenSaysWhichAddress(t *testing.T) {
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	if _, err := Listen(t.Context(), ln.Addr().String()); err == nil || !strings.Contains(err.Error(), ln.Addr().String()) {
		t.Errorf("a taken address: %v", err)
	}
}

func TestHugeHeadersAreRefused(t *testing.T) {
	url, _ := serve(t, http.HandlerFunc(ok), time.Second)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for size, want := range map[int]int{1 << 10: 200, 64 << 10: 431} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Pad", strings.Repeat("x", size))
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%d bytes of headers got %d, want %d", size, resp.StatusCode, want)
		}
	}
}

type numberInput struct {
	N int `query:"n" minimum:"1"`
}

func TestHumasOwnErrorsAreOurs(t *testing.T) {
	r := NewRouter(quiet)
	api := NewAPI(r, "test", "1", "a test", "http://127.0.0.1:1")
	huma.Register(api, huma.Operation{OperationID: "n", Method: http.MethodGet, Path: "/n"}, func(_ context.Context, in *numberInput) (*struct{}, error) {
		switch in.N {
		case 7:
			return nil, wire.NewProblem(wire.CodeIDConflict, "seven", "take eight")
		case 8:
			return nil, fmt.Errorf("a plain error")
		}
		return nil, nil
	})
	huma.Register(api, huma.Operation{OperationID: "b", Method: http.MethodPost, Path: "/b"}, func(_ context.Context, in *struct{ Body wire.DiscoveryRequest }) (*struct{ Body wire.DiscoveryRequest }, error) {
		return &struct{ Body wire.DiscoveryRequest }{in.Body}, nil
	})
	for _, tt := range []struct {
		method, target, body string
		status               int
		code                 wire.Code
	}{
		{"GET", "/n?n=x", "", 400, wire.CodeInvalidRequest},
		{"GET", "/n?n=0", "", 400, wire.CodeInvalidRequest},
		{"GET", "/n?n=7", "", 409, wire.CodeIDConflict},
		{"GET", "/n?n=8", "", 500, wire.CodeInternal},
		{"GET", "/n?n=9", "", 204, ""},
		{"POST", "/b", `{"take":true,"new":1}`, 200, ""},
		{"POST", "/b", `{"take":1}`, 400, wire.CodeInvalidRequest},
		{"POST", "/b", `{"take":true}{}`, 400, wire.CodeInvalidRequest},
		{"POST", "/b", strings.Repeat(" ", 2<<20), 413, wire.CodeTooLarge},
	} {
		req := httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body))
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		if w.Code != tt.status {
			t.Errorf("%s %s got %d %s, want %d", tt.method, tt.target, w.Code, w.Body, tt.status)
			continue
		}
		if tt.code != "" {
			if p := problemOf(t, w.Body); p.Code != tt.code || w.Header().Get("Content-Type") != wire.ContentTypeProblem {
				t.Errorf("%s %s got code %s as %s, want %s", tt.method, tt.target, p.Code, w.Header().Get("Content-Type"), tt.code)
			}
		}
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, PathOpenAPI, nil))
	var document struct {
		OpenAPI string         `json:"openapi"`
		Paths   map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil || !strings.HasPrefix(document.OpenAPI, "3.1") || document.Paths["/n"] == nil {
		t.Errorf("the document: %v, %+v", err, document)
	}
}
