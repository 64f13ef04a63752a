package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

const (
	aJob   = "job-0197a3c0-0000-7000-8000-000000000001"
	stream = "GET /v1/jobs/" + aJob + "/stream"
)

// runs has the queen answer as for a job that says that, in so many pieces, one
// for each time the stream is asked for.
func (q *fakeQueen) runs(pieces ...string) {
	q.on("POST /v1/jobs", answer(http.StatusOK, "application/json", `{"job_id":"`+aJob+`","sse_url":"/somewhere"}`))
	q.on("DELETE /v1/jobs/"+aJob, answer(http.StatusOK, "application/json", `{"job_id":"`+aJob+`","status":"cancelled"}`))
	var mu sync.Mutex
	q.on(stream, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if len(pieces) == 0 {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		piece := pieces[0]
		pieces = pieces[1:]
		if status, isStatus := map[string]int{"502": 502, "404": 404}[piece]; isStatus {
			answer(status, wire.ContentTypeProblem, `{"status":`+piece+`,"detail":"the hive is away","remedy":"look there"}`)(w, nil)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, ": still here\n\n"+strings.TrimSuffix(piece, "…"))
		if strings.HasSuffix(piece, "…") { // broken off
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	})
}

// events are what a job says: a line each, results with "data " before them.
func events(lines ...string) string {
	text := ""
	for n, line := range lines {
		text += fmt.Sprintf("id: %d\n", n+1)
		if raw, isData := strings.CutPrefix(line, "data "); isData {
			text += "event: data\n"
			line = raw
		}
		text += "data: " + line + "\n\n"
	}
	return text
}

func (r rig) ask(ctx context.Context, q *fakeQueen, args string) ran {
	return r.run(ctx, append(strings.Fields(args), "--queen", q.URL)...)
}

func TestWhatJobsAreAskedFor(t *testing.T) {
	for args, want := range map[string]string{
		"spawn gaming-pc qwen3":                                              `{"operation":"model_load","hive_id":"gaming-pc","model":"qwen3"}`,
		"spawn gaming-pc --worker ollama":                                    `{"operation":"worker_spawn","hive_id":"gaming-pc","worker":"ollama"}`,
		"spawn gaming-pc qwen3 --force":                                      `{"operation":"model_load","hive_id":"gaming-pc","model":"qwen3","force":true}`,
		"spawn gaming-pc qwen3 --worker vllm --device GPU-1":                 `{"operation":"worker_spawn","hive_id":"gaming-pc","model":"qwen3","worker":"vllm","device":"GPU-1"}`,
		"spawn gaming-pc qwen3 --context 16384 --group chat --restart never": `{"operation":"model_load","hive_id":"gaming-pc","model":"qwen3","group":"chat","restart":"never","context":16384}`,
		"remove gaming-pc org/repo/qwen3":                                    `{"operation":"model_delete","hive_id":"gaming-pc","model":"org/repo/qwen3"}`,
		"remove gaming-pc qwen3 --force":                                     `{"operation":"model_delete","hive_id":"gaming-pc","model":"qwen3","force":true}`,
		"stop gaming-pc llama-server-1":                                      `{"operation":"worker_process_delete","hive_id":"gaming-pc","worker_id":"llama-server-1"}`,
		"stop gaming-pc 4711":                                                `{"operation":"worker_process_delete","hive_id":"gaming-pc","pid":4711}`,
		"pull gaming-pc hf:org/repo:Q4_K_M":                                  `{"operation":"model_download","hive_id":"gaming-pc","model":"hf:org/repo:Q4_K_M"}`,
	} {
		queen := newQueen(t)
		queen.runs(events("begins", "data {\"a\":[1]}", "\x1bready", "[DONE]"))
		got := rig{}.ask(t.Context(), queen, args)
		if diff := cmp.Diff(ran{Stdout: "begins\n\uFFFDready\n"}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", args, diff)
		}
		if diff := cmp.Diff([]string{"POST /v1/jobs " + want, stream + "?hive_id=gaming-pc"}, queen.requests()); diff != "" {
			t.Errorf("%s: asked -want +got:\n%s", args, diff)
		}
		queen.runs(events("begins", "data {\"a\":[1]}", "[DONE]"))
		got = rig{}.ask(t.Context(), queen, args+" -o json")
		if diff := cmp.Diff(ran{Stdout: "{\n  \"a\": [\n    1\n  ]\n}\n", Stderr: "begins\n"}, got); diff != "" {
			t.Errorf("%s -o json: -want +got:\n%s", args, diff)
		}
	}
}

func TestHowAJobEnds(t *testing.T) {
	away := "waiting for the queen at URL: the hive is away: look there\n"
	tests := map[string]struct {
		pieces []string
		want   ran
	}{
		"failed":                {[]string{events("one", "[ERROR] no room on GPU-0")}, ran{1, "one\n", "rbee-keeper: the job failed: no room on GPU-0\n"}},
		"cancelled":             {[]string{events("one", "[CANCELLED]")}, ran{1, "one\n", "rbee-keeper: the job was cancelled\n"}},
		"an engine says it":     {[]string{events("[DONE]", "[ERROR] x", "two", "[DONE]")}, ran{0, "[DONE]\n[ERROR] x\ntwo\n", ""}},
		"broken off":            {[]string{events("one") + "…", events("two", "[DONE]")}, ran{0, "one\ntwo\n", ""}},
		"ended too early":       {[]string{events("one"), events("two", "[DONE]")}, ran{0, "one\ntwo\n", ""}},
		"broken off at the end": {[]string{events("one", "[DONE]") + "…"}, ran{0, "one\n", ""}},
		"the hive is away":      {[]string{events("one"), "502", "502", events("two", "[DONE]")}, ran{0, "one\ntwo\n", away}},
		"the hive stays away":   {[]string{"502", "502", "502", "502", "502", "502", "502"}, ran{1, "", away + "rbee-keeper: the hive is away: look there\n"}},
		"the job is forgotten":  {[]string{events("one"), "404"}, ran{1, "one\n", "rbee-keeper: the hive is away: look there\n"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			queen := newQueen(t)
			queen.runs(tt.pieces...)
			got := rig{}.ask(t.Context(), queen, "stop gaming-pc w")
			got.Stderr = strings.ReplaceAll(got.Stderr, queen.URL, "URL")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A stream is taken up behind the last event that came.
func TestAJobIsTakenUp(t *testing.T) {
	queen := newQueen(t)
	queen.runs()
	var mu sync.Mutex
	var after []string
	queen.on(stream, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		after = append(after, r.Header.Get("Last-Event-ID"))
		text := map[int]string{1: "id: 1\ndata: one\n\ndata: (a gap)\n\nid: 7", 2: "id: 2\ndata: two\n\n", 3: "id: 3\ndata: [DONE]\n\n"}[len(after)]
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, text)
	})
	got := rig{}.ask(t.Context(), queen, "stop gaming-pc w")
	if diff := cmp.Diff(ran{Stdout: "one\n(a gap)\ntwo\n"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"", "1", "2"}, after); diff != "" {
		t.Errorf("asked behind -want +got:\n%s", diff)
	}
}

func TestInterruptedJob(t *testing.T) {
	for args, want := range map[string]string{
		"pull gaming-pc hf:a/b:Q4":                       "rbee-keeper: interrupted; " + aJob + " goes on: 'rbee-keeper cancel gaming-pc " + aJob + "' ends it\n",
		"spawn gaming-pc m --cancel-on-interrupt":        "rbee-keeper: interrupted; " + aJob + " is cancelled\n",
		"stop gaming-pc w --cancel-on-interrupt -o json": "one\nrbee-keeper: interrupted; " + aJob + " is cancelled\n",
	} {
		queen := newQueen(t)
		queen.runs()
		ctx, cancel := context.WithCancel(t.Context())
		queen.on(stream, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "id: 1\ndata: one\n\n")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})
		stdout, stderr := &cancelling{cancel: cancel}, &cancelling{cancel: cancel}
		code := rig{}.start(ctx, stdout, stderr, append(strings.Fields(args), "--queen", queen.URL)...)
		if code != 1 || stderr.String() != want {
			t.Errorf("%s: exit %d, %q, want 1, %q", args, code, stderr.String(), want)
		}
		asked := queen.requests()
		if cancelled := asked[len(asked)-1] == "DELETE /v1/jobs/"+aJob+"?hive_id=gaming-pc"; cancelled != strings.Contains(args, "cancel-on") {
			t.Errorf("%s: asked %q", args, asked)
		}
	}
}

// cancelling is output at which somebody presses Ctrl-C.
type cancelling struct {
	text   bytes.Buffer
	cancel func()
}

func (c *cancelling) String() string { return c.text.String() }

func (c *cancelling) Write(text []byte) (int, error) {
	defer c.cancel()
	return c.text.Write(text)
}

func TestModels(t *testing.T) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(canned(t, "models"))); err != nil {
		t.Fatal(err)
	}
	queen := newQueen(t)
	for where, r := range map[string]rig{"80": {width: 80, height: 24}, "pipe": {}} {
		queen.runs(events("for people", "data "+compact.String(), "[DONE]"))
		got := r.ask(t.Context(), queen, "models gaming-pc")
		if got.Code != 0 || got.Stderr != "left out: /home/me/.local/share/rbee/models/broken\uFFFD.gguf: it ends in the middle of its header\n" {
			t.Errorf("got %+v", got)
		}
		golden(t, "models-"+where+".txt", got.Stdout)
	}
	queen.runs(events("data "+compact.String(), "[DONE]"))
	got := rig{}.ask(t.Context(), queen, "models gaming-pc -o json")
	if diff := cmp.Diff(parse(t, canned(t, "models")), parse(t, got.Stdout)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	queen.runs(events(`data {"models":[],"problems":[]}`, "[DONE]"))
	got = rig{}.ask(t.Context(), queen, "models gaming-pc")
	if diff := cmp.Diff(ran{Stderr: "no models yet: 'rbee-keeper pull gaming-pc hf:ORG/REPO:Q4_K_M' gets one\n"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestCheck(t *testing.T) {
	const well = `{"level":"ok","subject":"queen","detail":"http://q (telemetry)"}`
	const unwell = `{"level":"warning","subject":"clock","detail":"9.0 s ahead of the \u001bqueen's, to within 0.5 s","remedy":"have NTP set the clocks"}`
	const broken = `{"level":"error","subject":"disk of models","detail":"/models: not a directory","remedy":"make it one"}`
	const wellText, unwellText = "ok       queen: http://q (telemetry)\n", "warning  clock: 9.0 s ahead of the \uFFFDqueen's, to within 0.5 s\n         -> have NTP set the clocks\n"
	for name, tt := range map[string]struct {
		findings string
		want     ran
	}{
		"well":           {well, ran{Stdout: wellText}},
		"a warning":      {well + "," + unwell, ran{Stdout: wellText + unwellText}},
		"does not work":  {unwell + "," + broken, ran{1, unwellText + "error    disk of models: /models: not a directory\n         -> make it one\n", "rbee-keeper: 1 thing does not work\n"}},
		"nothing at all": {"", ran{}},
	} {
		t.Run(name, func(t *testing.T) {
			queen := newQueen(t)
			queen.runs(events("for people", `data {"findings":[`+tt.findings+`]}`, "[DONE]"))
			if diff := cmp.Diff(tt.want, rig{}.ask(t.Context(), queen, "check gaming-pc")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if asked := queen.requests()[0]; asked != `POST /v1/jobs {"operation":"hive_check","hive_id":"gaming-pc"}` {
				t.Errorf("asked %s", asked)
			}
			queen.runs(events(`data {"findings":[`+tt.findings+`]}`, "[DONE]"))
			got := rig{}.ask(t.Context(), queen, "check gaming-pc -o json")
			if diff := cmp.Diff(parse(t, `{"findings":[`+tt.findings+`]}`), parse(t, got.Stdout)); diff != "" || got.Code != tt.want.Code || got.Stderr != tt.want.Stderr {
				t.Errorf("-o json: exit %d, %q, -want +got:\n%s", got.Code, got.Stderr, diff)
			}
		})
	}
	queen := newQueen(t)
	queen.runs(events("data 7", "[DONE]"))
	if got := (rig{}).ask(t.Context(), queen, "check gaming-pc"); got.Code != 1 || !strings.Contains(got.Stderr, "the hive sent no findings") {
		t.Errorf("got %+v", got)
	}
}

func TestLogs(t *testing.T) {
	const logs = "GET /v1/hives/gaming-pc/workers/llama-1/logs"
	queen := newQueen(t)
	queen.on(logs, func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("follow") == "1" {
			answer(200, "text/event-stream", "id: 8\ndata: loading\n\nid: 20\ndata: \x1bready\n\n")(w, r)
			return
		}
		answer(200, "text/plain; charset=utf-8", "loading\n\x1bready\n")(w, r)
	})
	queen.runs(events(`data {"worker_id":"llama-1","pid":4711}`, "[DONE]"))
	for _, args := range []string{"logs gaming-pc llama-1", "logs gaming-pc llama-1 -f", "logs gaming-pc 4711"} {
		if diff := cmp.Diff(ran{Stdout: "loading\n\uFFFDready\n"}, rig{}.ask(t.Context(), queen, args)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", args, diff)
		}
	}
	if asked := strings.Join(queen.requests(), "\n"); !strings.Contains(asked, `{"operation":"worker_process_get","hive_id":"gaming-pc","pid":4711}`) {
		t.Errorf("asked %s", asked)
	}
	queen.on(logs, answer(404, wire.ContentTypeProblem, `{"status":404,"detail":"there is no worker","remedy":"see the list"}`))
	for _, args := range []string{"logs gaming-pc llama-1", "logs gaming-pc llama-1 -f"} {
		if diff := cmp.Diff(ran{1, "", "rbee-keeper: there is no worker: see the list\n"}, rig{}.ask(t.Context(), queen, args)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", args, diff)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	queen.on(logs, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		stall("id: 8\ndata: loading\n\n", nil)(w, r)
	})
	out := &cancelling{cancel: cancel}
	if code := (rig{}).start(ctx, out, io.Discard, "logs", "gaming-pc", "llama-1", "-f", "--queen", queen.URL); code != 0 || out.String() != "loading\n" {
		t.Errorf("Ctrl-C: exit %d, %q, want 0 and what was there", code, out.String())
	}
}

func TestPullHasABar(t *testing.T) {
	queen := newQueen(t)
	progress := func(p wire.ModelProgress) string {
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		return "data " + string(raw)
	}
	queen.runs(events("for people", progress(wire.ModelProgress{Step: "downloading", File: "org/repo/m-Q4.gguf", Bytes: 1 << 30, TotalBytes: 4 << 30, BytesPerSecond: 50 << 20, ETASeconds: 61}),
		progress(wire.ModelProgress{Step: "done", File: "org/repo/m-Q4.gguf", Bytes: 4 << 30, TotalBytes: 4 << 30, Model: "org/repo/m-Q4.gguf"}), "[DONE]"))
	got := rig{width: 80, height: 24}.ask(t.Context(), queen, "pull gaming-pc hf:org/repo:Q4")
	want := "\r" + "m-Q4.gguf  [#####---------------]   25%  1.0 GB/4.0 GB  50 MB/s  1m left" + clearLine +
		"\r" + "m-Q4.gguf  [####################]  100%  4.0 GB/4.0 GB  done" + clearLine + "\norg/repo/m-Q4.gguf is there\n"
	if diff := cmp.Diff(ran{Stdout: want}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, p := range []wire.ModelProgress{
		{},
		{Step: "waiting", File: "a/" + strings.Repeat("名", 60), Bytes: 1, TotalBytes: 1 << 50, Note: strings.Repeat("no\x1b route ", 20)},
		{Step: "checking", File: "x", Bytes: 9 << 30, TotalBytes: 1},
		{Step: "downloading", Bytes: -5, TotalBytes: 7, BytesPerSecond: 1 << 60, ETASeconds: 1 << 60},
	} {
		for width := range 130 {
			bar := progressBar(&p, width)
			harmless(t, bar)
			if textWidth(bar) > width {
				t.Errorf("%d columns at width %d: %q", textWidth(bar), width, bar)
			}
		}
	}
}
