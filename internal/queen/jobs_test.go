package queen

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

const (
	here    = "127.0.0.1"
	aJob    = "job-0197a3c0-0000-7000-8000-000000000001"
	nobodys = "job-0197a3c0-0000-7000-8000-00000000000f"
)

// jobHive is a scripted hive on the queen's machine: it answers from a table by
// method and path, and keeps what it was asked.
type jobHive struct {
	down    func()
	mu      sync.Mutex
	asked   []string
	answers map[string]http.HandlerFunc
}

func (b *bed) jobHive(answers map[string]http.HandlerFunc) *jobHive {
	h := &jobHive{answers: answers}
	srv := &http.Server{Handler: h, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	ln := b.net.Listen(here + ":7835")
	served := make(chan struct{})
	go func() { defer close(served); _ = srv.Serve(ln) }()
	h.down = sync.OnceFunc(func() { _ = srv.Close(); <-served })
	b.t.Cleanup(h.down)
	return h
}

func (h *jobHive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	line := []string{r.Method, r.URL.RequestURI()}
	for _, name := range []string{wire.HeaderIdempotencyKey, "Last-Event-ID"} {
		if value := r.Header.Get(name); value != "" {
			line = append(line, name+"="+value)
		}
	}
	if len(body) > 0 {
		line = append(line, string(body))
	}
	h.mu.Lock()
	h.asked = append(h.asked, strings.Join(line, " "))
	answer := h.answers[r.Method+" "+r.URL.Path]
	h.mu.Unlock()
	if answer == nil {
		answer = says(404, wire.NewProblem(wire.CodeUnknownJob, "no such job here", "look at the list"))
	}
	answer(w, r)
}

func (h *jobHive) requests() (asked []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	asked, h.asked = h.asked, nil
	return asked
}

func says(status int, document any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if _, isProblem := document.(*wire.Problem); isProblem {
			w.Header().Set("Content-Type", wire.ContentTypeProblem)
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(document)
	}
}

// streams answers with pieces of a stream, some time apart, and hangs if told so.
func streams(hang bool, pieces ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, piece := range pieces {
			_, _ = io.WriteString(w, piece)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(15 * time.Second):
			}
		}
		if hang {
			<-r.Context().Done()
		}
	}
}

// theLog answers as a hive does.
func theLog(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("follow") == "1" {
		streams(false, "id: 90\ndata: loading\n\n")(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "loading\n")
}

// local sends a request from the queen's own machine.
func (r *running) local(status int, v any, method, path, body string, headers ...string) answer {
	r.b.t.Helper()
	a := r.do(here, method, path, body, headers...)
	if a.status != status {
		r.b.t.Errorf("%s %s: got %d %s, want %d", method, path, a.status, a.body, status)
	} else if v != nil {
		if err := json.Unmarshal(a.body, v); err != nil {
			r.b.t.Errorf("%s %s: %v in %s", method, path, err, a.body)
		}
	}
	return a
}

func TestJobsAreHandedOn(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.beat(200, here, b.beatOf("here", withDevices(cpu)))
		job := wire.Job{JobID: aJob, Operation: "status", State: wire.JobRunning, CreatedAt: b.start.UTC()}
		lines := "id: 1\ndata: one\n\nid: 2\nevent: data\ndata: {\"findings\":[]}\n\n"
		hive := b.jobHive(map[string]http.HandlerFunc{
			"POST /v1/jobs":                       says(200, wire.JobAck{JobID: aJob, SSEURL: "http://elsewhere/"}),
			"GET /v1/jobs":                        says(200, wire.JobList{Jobs: []wire.Job{job}}),
			"GET /v1/jobs/" + aJob:                says(200, job),
			"GET /v1/jobs/" + aJob + "/stream":    streams(false, lines, ": still here\n\n", "id: 3\ndata: [DONE]\n\n"),
			"DELETE /v1/jobs/" + aJob:             says(200, wire.JobCancel{JobID: aJob, Status: wire.JobCancelled}),
			"GET /v1/workers/llama-1/logs":        theLog,
			"GET /v1/jobs/" + nobodys + "/stream": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		})
		const body = `{"operation":"worker_spawn",  "hive_id":"here","model":"m","tomorrow":[1]}`
		var ack wire.JobAck
		r.local(200, &ack, "POST", wire.PathJobs, body, wire.HeaderIdempotencyKey, "k-1")
		stream := "/v1/jobs/" + aJob + "/stream"
		if diff := cmp.Diff(wire.JobAck{JobID: aJob, SSEURL: stream + "?hive_id=here"}, ack); diff != "" {
			t.Errorf("the ack (-want +got):\n%s", diff)
		}
		want := lines + "id: 3\ndata: [DONE]\n\n"
		for _, path := range []string{ack.SSEURL, stream} { // the queen remembers
			got := string(r.local(200, nil, "GET", path, "", "Last-Event-ID", "7").body)
			if n := strings.Count(got, string(stillHere)); n < 2 || n > 3 { // at once, and when it was quiet
				t.Errorf("%d comments in %q", n, got)
			}
			if diff := cmp.Diff(want, strings.ReplaceAll(got, string(stillHere), "")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		}
		var list wire.JobList
		r.local(200, &list, "GET", "/v1/jobs?hive_id=here", "")
		var got wire.Job
		r.local(200, &got, "GET", "/v1/jobs/"+aJob, "")
		if diff := cmp.Diff([]wire.Job{job, job}, append(list.Jobs, got)); diff != "" {
			t.Errorf("the jobs (-want +got):\n%s", diff)
		}
		var cancelled wire.JobCancel
		r.local(200, &cancelled, "DELETE", "/v1/jobs/"+aJob+"?hive_id=here", "")
		if cancelled != (wire.JobCancel{JobID: aJob, Status: wire.JobCancelled}) {
			t.Errorf("cancelled: %+v", cancelled)
		}
		const log = "/v1/hives/here/workers/llama-1/logs"
		if got := string(r.local(200, nil, "GET", log+"?follow=1", "", "Last-Event-ID", "8").body); !strings.HasSuffix(got, "id: 90\ndata: loading\n\n") {
			t.Errorf("the log, followed, is %q", got)
		}
		if a := r.local(200, nil, "GET", log, ""); string(a.body) != "loading\n" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
			t.Errorf("the log is %q, %q", a.body, a.header)
		}
		r.local(204, nil, "GET", "/v1/jobs/"+nobodys+"/stream?hive_id=here", "", "Last-Event-ID", "3")
		if diff := cmp.Diff([]string{
			"POST /v1/jobs Idempotency-Key=k-1 " + body,
			"GET " + stream + " Last-Event-ID=7", "GET " + stream + " Last-Event-ID=7",
			"GET /v1/jobs", "GET /v1/jobs/" + aJob, "DELETE /v1/jobs/" + aJob,
			"GET /v1/workers/llama-1/logs?follow=1 Last-Event-ID=8", "GET /v1/workers/llama-1/logs",
			"GET /v1/jobs/" + nobodys + "/stream Last-Event-ID=3",
		}, hive.requests()); diff != "" {
			t.Errorf("the hive was asked (-want +got):\n%s", diff)
		}
	})
}

// jobRoutes are all of them, with a hive to fill in.
func jobRoutes(hive string) [][3]string {
	return [][3]string{
		{"POST", "/v1/jobs", `{"operation":"status","hive_id":"` + hive + `"}`},
		{"GET", "/v1/jobs?hive_id=" + hive, ""},
		{"GET", "/v1/jobs/" + aJob + "?hive_id=" + hive, ""},
		{"DELETE", "/v1/jobs/" + aJob + "?hive_id=" + hive, ""},
		{"GET", "/v1/jobs/" + aJob + "/stream?hive_id=" + hive, ""},
		{"GET", "/v1/hives/" + hive + "/workers/w/logs", ""},
	}
}

func TestWhereJobsAreRefused(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.beat(200, here, b.beatOf("here", withDevices(cpu)))
		r.beat(200, "10.0.1.1", b.beatOf("away", withDevices(cpu)))
		refused := func(name string, from string, routes [][3]string, status int, code wire.Code, words ...string) {
			t.Helper()
			for _, route := range routes {
				a := r.do(from, route[0], route[1], route[2])
				p := a.problem()
				if a.status != status || p.Code != code || p.Remedy == "" {
					t.Errorf("%s: %s %s: got %d %s, want %d %s", name, route[0], route[1], a.status, a.body, status, code)
				}
				for _, word := range words {
					if !strings.Contains(p.Detail, word) {
						t.Errorf("%s: %s %s: %q does not say %q", name, route[0], route[1], p.Detail, word)
					}
				}
			}
		}
		hive := b.jobHive(nil)
		refused("another machine asks", "10.0.1.1", jobRoutes("here"), 403, wire.CodeLoopbackOnly, "10.0.1.1", whyLoopback)
		refused("a hive elsewhere", here, jobRoutes("away"), 403, wire.CodeLoopbackOnly, `"away" is at 10.0.1.1:7835`, whyLoopback)
		refused("no such hive", here, jobRoutes("nobody"), 404, wire.CodeUnknownHive, `"nobody"`)
		refused("no hive can be called so", here, jobRoutes("-x")[:5], 400, wire.CodeInvalidRequest)
		refused("no hive", here, [][3]string{
			{"POST", "/v1/jobs", `{"operation":"status"}`}, {"POST", "/v1/jobs", `{"hive_id":7}`}, {"POST", "/v1/jobs", `[]`}, {"GET", "/v1/jobs", ""},
		}, 400, wire.CodeInvalidRequest, "hive_id")
		refused("no job can be called so", here, [][3]string{
			{"GET", "/v1/jobs/job-7/stream", ""}, {"GET", "/v1/jobs/job-7", ""}, {"DELETE", "/v1/jobs/..%2fworkers?hive_id=here", ""},
		}, 400, wire.CodeInvalidRequest, "job id")
		refused("a job she never had", here, [][3]string{{"GET", "/v1/jobs/" + nobodys + "/stream", ""}, {"DELETE", "/v1/jobs/" + nobodys, ""}},
			404, wire.CodeUnknownJob, nobodys)
		refused("too large", here, [][3]string{{"POST", "/v1/jobs", `{"hive_id":"here","model":"` + strings.Repeat("x", maxJobBytes) + `"}`}}, 413, wire.CodeTooLarge)
		if asked := hive.requests(); len(asked) > 0 {
			t.Errorf("a hive was asked %q", asked)
		}
		hive.down()
		refused("nobody there", here, jobRoutes("here"), 502, wire.CodeHiveUnreachable, `"here" at 127.0.0.1:7835`, "connection refused")
		b.net.Silence(here+":7835", true)
		refused("no answer", here, jobRoutes("here"), 502, wire.CodeHiveUnreachable)
		for _, d := range b.dialled(0) {
			if d.addr != here+":7835" && d.addr != "127.0.0.1:7835" {
				t.Errorf("the queen dialled %s", d.addr)
			}
		}
	})
}

func TestWhatTheHiveSaysIsPassedOn(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.later = true
		r := b.boot()
		r.beat(200, here, b.beatOf("here", withDevices(cpu)))
		problem := &wire.Problem{Type: "urn:rbee:problem:later", Title: "Later", Status: 429, Code: "later", Detail: "d", Remedy: "r"}
		hive := b.jobHive(map[string]http.HandlerFunc{})
		all := func(answer http.HandlerFunc) {
			hive.mu.Lock()
			defer hive.mu.Unlock()
			for _, route := range []string{
				"POST /v1/jobs", "GET /v1/jobs", "GET /v1/jobs/" + aJob, "DELETE /v1/jobs/" + aJob,
				"GET /v1/jobs/" + aJob + "/stream", "GET /v1/workers/w/logs",
			} {
				hive.answers[route] = answer
			}
		}
		for name, tt := range map[string]struct {
			answer http.HandlerFunc
			status int
			code   wire.Code
		}{
			"a problem of a later hive":         {says(429, problem), 429, "later"},
			"a page":                            {plain(404, "<html>"), 502, wire.CodeHiveUnreachable},
			"a redirect":                        {redirect("http://10.0.0.9/"), 502, wire.CodeHiveUnreachable},
			"something else":                    {plain(200, "<html>"), 502, wire.CodeHiveUnreachable},
			"a problem that contradicts itself": {says(200, problem), 502, wire.CodeHiveUnreachable},
			"no answer":                         {hanging, 502, wire.CodeHiveUnreachable},
		} {
			all(tt.answer)
			for _, route := range jobRoutes("here") {
				if name == "a problem that contradicts itself" && route[0] != "POST" {
					continue // it is JSON, and nothing of it has to be there
				}
				a := r.do(here, route[0], route[1], route[2])
				if p := a.problem(); a.status != tt.status || p.Code != tt.code {
					t.Errorf("%s: %s %s: got %d %s, want %d %s", name, route[0], route[1], a.status, a.body, tt.status, tt.code)
				} else if tt.code == "later" && p != *problem {
					t.Errorf("%s: %s %s: got %s", name, route[0], route[1], a.body)
				}
			}
		}
	})
}

// A hive that falls silent, and a queen that stops, end the stream for the client.
func TestAStreamEnds(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.beat(200, here, b.beatOf("here", withDevices(cpu)))
		b.jobHive(map[string]http.HandlerFunc{"GET /v1/jobs/" + aJob + "/stream": streams(true, "id: 1\ndata: one\n\n")})
		path := "/v1/jobs/" + aJob + "/stream?hive_id=here"
		from := time.Now()
		text, err := follow(t, r, path)
		if took := time.Since(from); took < 20*time.Second || took > 21*time.Second || !strings.HasSuffix(text, "data: one\n\n") || err == nil {
			t.Errorf("a silent hive: after %v: %q, %v, want it broken off", took, text, err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if text, err := follow(t, r, path); err == nil {
				t.Errorf("the queen stops: %q, want it broken off", text)
			}
		}()
		synctest.Wait()
		from = time.Now()
		r.stop()
		<-ended
		if took := time.Since(from); took > time.Second {
			t.Errorf("the queen took %v to stop", took)
		}
	})
}

// follow reads a stream as far as it goes.
func follow(t *testing.T, r *running, path string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := r.b.client(here).Do(req)
	if err != nil {
		t.Error(err)
		return "", nil
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	return string(raw), err
}

func TestWhatIsRememberedOfJobsIsBounded(t *testing.T) {
	r := &relay{hives: map[string]string{}}
	for n := range 3 * rememberedJobs {
		r.remember(fmt.Sprint(n), "a")
		r.remember(fmt.Sprint(n), "b") // the same again takes no room
	}
	if len(r.hives) != rememberedJobs || len(r.order) != rememberedJobs || r.hives[fmt.Sprint(2*rememberedJobs)] != "b" {
		t.Errorf("%d jobs are remembered, %d in order, want the last %d", len(r.hives), len(r.order), rememberedJobs)
	}
}
