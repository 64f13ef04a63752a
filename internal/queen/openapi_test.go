package queen

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/apitest"
	"rbee/internal/door"
	"rbee/internal/wire"
)

// served is what a queen answers at /openapi.json.
var servedDocument = sync.OnceValue(func() []byte {
	w := httptest.NewRecorder()
	New(Config{Version: "1.2.3", Log: slog.New(slog.DiscardHandler)}).router().ServeHTTP(w, httptest.NewRequest(http.MethodGet, door.PathOpenAPI, nil))
	return w.Body.Bytes()
})

// api is that document, which all answers of this package's tests are held
// against.
var api = sync.OnceValue(func() *apitest.Document {
	d, err := apitest.Parse(servedDocument())
	if err != nil {
		panic(err)
	}
	return d
})

func TestOpenAPIDocument(t *testing.T) {
	apitest.Golden(t, servedDocument(), "../../docs/openapi/queen.json")
	got := api().Operations()
	if diff := cmp.Diff(served(t, New(Config{Log: slog.New(slog.DiscardHandler)})), got); diff != "" {
		t.Errorf("routes (-served +described):\n%s", diff)
	}
	for _, route := range []string{
		"GET /health", "GET /readyz", "POST /v1/hive-heartbeat", "GET /v1/info", "GET /v1/hives", "GET /v1/hives/{id}",
		"DELETE /v1/hives/{id}", "GET /v1/hives/{id}/heartbeats", "GET /v1/events", "GET /v1/discoveries",
		"POST /v1/discoveries", "GET /v1/heartbeats/stream", "GET /metrics", "GET /openapi.json",
	} {
		if !slices.Contains(got, route) {
			t.Errorf("%s of the contract is missing", route)
		}
	}
	if !strings.Contains(string(servedDocument()), `"version":"1.2.3"`) {
		t.Error("the document is not of the queen's version")
	}
}

// unprovoked are codes and answers that no test here brings about, and why.
var unprovoked = map[string]string{
	string(wire.CodeInternal):                "a mistake that nobody knows of; package door's tests see one",
	"DELETE /v1/hives/{id} 503 queue_full":   "a queue of 16,384; heartbeats meet it",
	"POST /v1/discoveries 503 queue_full":    "as above",
	"GET /readyz 503 state_unavailable":      "a disk that fails; heartbeats meet it",
	"POST /v1/backups 503 state_unavailable": "as above",
	"POST /v1/backups 503 shutting_down":     "a queen that stops while the copy is made",
}

// fill puts something that could be there into the parameters of a route.
func fill(route string) (method, path string) {
	method, path, _ = strings.Cut(route, " ")
	if strings.HasPrefix(path, wire.PathJobs) {
		path = strings.ReplaceAll(path, "{id}", aJob)
	}
	return method, strings.NewReplacer("{id}", "here", "{worker}", "w").Replace(path)
}

func TestEveryRouteIsBehindTheGuard(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		for _, route := range api().Operations() {
			method, path := fill(route)
			for header, want := range map[string]wire.Code{"Host": wire.CodeHostNotAllowed, "Origin": wire.CodeCrossOrigin} {
				if p := r.do(here, method, path, "", header, "http://evil.example").problem(); p.Code != want {
					t.Errorf("%s with a foreign %s: got %q, want %s", route, header, p.Code, want)
				}
			}
		}
	})
}

func TestAStateFileThatIsClosed(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.beat(200, "10.0.1.1", b.beatOf("here", withDevices(cpu)))
		if err := r.store.Close(); err != nil {
			t.Fatal(err)
		}
		for route, want := range map[string]wire.Code{
			"GET /readyz": wire.CodeShuttingDown, "POST /v1/hive-heartbeat": wire.CodeShuttingDown, "DELETE /v1/hives/{id}": wire.CodeShuttingDown,
			"GET /v1/hives/{id}/heartbeats": wire.CodeStateUnavailable, "GET /v1/events": wire.CodeStateUnavailable,
			"GET /v1/discoveries": wire.CodeStateUnavailable,
		} {
			method, path := fill(route)
			body := ""
			if path == wire.PathHeartbeat {
				body = goodBeat
			}
			if a := r.do(here, method, path, body); a.status != 503 || a.problem().Code != want {
				t.Errorf("%s: got %d %s, want %s", route, a.status, a.body, want)
			}
		}
		_ = r.end()
	})
}

func TestWhatAHiveRefusesIsDescribed(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.beat(200, here, b.beatOf("here", withDevices(cpu)))
		hive := b.jobHive(map[string]http.HandlerFunc{})
		for route, codes := range map[string][]wire.Code{
			"POST /v1/jobs":                            {wire.CodeKeyReused, wire.CodeTooManyJobs, wire.CodeShuttingDown, wire.CodeInvalidRequest},
			"GET /v1/jobs/{id}":                        {wire.CodeUnknownJob},
			"DELETE /v1/jobs/{id}":                     {wire.CodeUnknownJob, wire.CodeJobEnded},
			"GET /v1/jobs/{id}/stream":                 {wire.CodeUnknownJob, wire.CodeInvalidRequest},
			"GET /v1/hives/{id}/workers/{worker}/logs": {wire.CodeUnknownWorker, wire.CodeInvalidRequest},
		} {
			method, path := fill(route)
			asked := strings.Replace(path, wire.PathHives+"/here", "/v1", 1)
			for _, code := range codes {
				hive.mu.Lock()
				hive.answers[method+" "+asked] = says(code.Info().Status, wire.NewProblem(code, "d", ""))
				hive.mu.Unlock()
				if a := r.do(here, method, path+"?hive_id=here", `{"hive_id":"here","operation":"status"}`); a.problem().Code != code {
					t.Errorf("%s: got %d %s, want %s", route, a.status, a.body, code)
				}
			}
		}
		if a := r.do(here, "POST", wire.PathJobs, "{}", "Content-Type", "text/plain"); a.status != 415 {
			t.Errorf("text for a job: got %d %s", a.status, a.body)
		}
	})
}
