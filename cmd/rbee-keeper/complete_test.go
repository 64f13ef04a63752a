package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// completed is what a shell is told, without the words for people.
func completed(t *testing.T, queen string, args ...string) string {
	t.Helper()
	got := rig{env: map[string]string{"RBEE_KEEPER_QUEEN": queen}}.run(t.Context(), append([]string{"__complete"}, args...)...)
	if got.Code != 0 {
		t.Errorf("%v: %+v", args, got)
	}
	return got.Stdout
}

// A hive that is asked for its models, kinds and workers answers by jobs.
func answersJobs(queen *fakeQueen, results map[string]string) {
	queen.on("POST /v1/jobs", func(w http.ResponseWriter, r *http.Request) {
		asked := queen.requests()
		for operation, result := range results {
			if strings.Contains(asked[len(asked)-1], `"operation":"`+operation+`"`) {
				queen.on("GET /v1/jobs/"+aJob+"/stream", answer(http.StatusOK, "text/event-stream",
					fmt.Sprintf("id: 1\nevent: data\ndata: %s\n\nid: 2\ndata: [DONE]\n\n", result)))
				_, _ = io.WriteString(w, `{"job_id":"`+aJob+`"}`)
				return
			}
		}
		http.NotFound(w, r)
	})
}

func TestCompletion(t *testing.T) {
	queen := newQueen(t)
	answersJobs(queen, map[string]string{
		wire.OpModelList: `{"models":[{"id":"org/repo/m-Q4","source":"own","size_bytes":1048576},{"id":"other","source":"ollama"},` +
			`{"id":"$(reboot)","source":"own"},{"id":"a\u001b[2J","source":"own"}]}`,
		wire.OpKindList:   `{"kinds":[{"name":"llama-server","found":true,"program":"/usr/bin/llama-server"},{"name":"vllm","found":false}]}`,
		wire.OpWorkerList: `{"workers":[{"worker_id":"w-1","state":"ready","model":"m"}]}`,
	})
	hives := "gaming-pc\thealthy\n"
	tests := []struct{ args, want string }{
		{"hive ", hives},
		{"hive gaming-pc ", ":4\n"},
		{"models ", hives},
		{"cancel ", hives},
		{"cancel gaming-pc ", ""}, // see below
		{"spawn gaming-pc ", "org/repo/m-Q4\t1 MB, own\nother\t0 MB, ollama\n:4\n"},
		{"remove gaming-pc ", "org/repo/m-Q4\t1 MB, own\n:4\n"},
		{"spawn gaming-pc --worker ", "llama-server\t/usr/bin/llama-server\n:4\n"},
		{"spawn gaming-pc --device ", "GPU-0\t"},
		{"spawn gaming-pc --restart ", "never\non-failure\n:36\n"},
		{"spawn --device ", ":4\n"},
		{"stop gaming-pc ", "w-1\tready, m\n:4\n"},
		{"logs gaming-pc ", "w-1\tready, m\n:4\n"},
		{"workers --hive ", hives},
		{"events --kind ", "queen.started\n"},
		{"hives -o ", "table\njson\n:4\n"},
		{"history gaming-pc --since ", "1h\n6h\n24h\n7d\n30d\n:36\n"},
		{"backup ", ":0\n"}, // a file
		{"backup a ", ":4\n"},
		{"ssh --ssh-config ", ":0\n"},
		{"hives ", ":4\n"}, // no file
		{"hives --timeout ", ":4\n"},
		{"hives --queen ", ":4\n"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			got := completed(t, queen.URL, strings.Split(tt.args, " ")...)
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %q, want it to begin with %q", got, tt.want)
			}
		})
	}
	queen.on("GET /v1/jobs", answer(http.StatusOK, "application/json",
		`{"jobs":[{"job_id":"job-1","operation":"model_load","state":"running"},{"job_id":"job-2","operation":"status","state":"completed"}]}`))
	if diff := cmp.Diff("job-1\tmodel_load, running\n:4\n", completed(t, queen.URL, "cancel", "gaming-pc", "")); diff != "" {
		t.Errorf("jobs: -want +got:\n%s", diff)
	}
	for _, kind := range wire.EventKinds() {
		if !strings.Contains(completed(t, queen.URL, "events", "--kind", ""), string(kind)+"\n") {
			t.Errorf("%s is not completed", kind)
		}
	}
}

// A hive elsewhere takes no jobs from here: its workers are known by their pids.
func TestCompletionWithoutJobs(t *testing.T) {
	queen := newQueen(t)
	queen.on("GET /v1/hives", answer(http.StatusOK, "application/json",
		`{"hives":[{"id":"a","workers":[{"pid":12,"group":"llm","model":"m"},{"pid":13,"group":"img"}]},{"id":"b","workers":[{"pid":14}]}]}`))
	if diff := cmp.Diff("12\tm\n13\timg\n:4\n", completed(t, queen.URL, "stop", "a", "")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(":4\n", completed(t, queen.URL, "spawn", "a", "")); diff != "" {
		t.Errorf("models: -want +got:\n%s", diff)
	}
}

// Who pressed Tab is neither kept waiting nor told of errors.
func TestCompletionWithoutAQueen(t *testing.T) {
	queen := newQueen(t)
	queen.on("GET /v1/hives", stall("", nil))
	queen.on("POST /v1/jobs", stall("", nil))
	for _, args := range []string{"hive ", "spawn gaming-pc ", "spawn gaming-pc --worker "} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			if got := completed(t, queen.URL, strings.Split(args, " ")...); got != ":4\n" {
				t.Errorf("got %q", got)
			}
			if took := time.Since(began); took > completeWithin+4*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}
