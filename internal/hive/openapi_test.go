package hive

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"rbee/internal/apitest"
	"rbee/internal/door"
	"rbee/internal/hive/job"
	"rbee/internal/wire"
)

// described is the router of a hive that has work, which serves nothing.
func described() *chi.Mux {
	return (&handlers{report: &reporter{version: "1.2.3"}, work: &work{}}).router(slog.New(slog.DiscardHandler))
}

// servedDocument is what a hive answers at /openapi.json.
var servedDocument = sync.OnceValue(func() []byte {
	w := httptest.NewRecorder()
	described().ServeHTTP(w, httptest.NewRequest(http.MethodGet, door.PathOpenAPI, nil))
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
	apitest.Golden(t, servedDocument(), "../../docs/openapi/hive.json")
	var served []string
	if err := chi.Walk(described(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		served = append(served, method+" "+route)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(served)
	got := api().Operations()
	if diff := cmp.Diff(served, got); diff != "" {
		t.Errorf("routes (-served +described):\n%s", diff)
	}
	for _, route := range []string{
		"GET /health", "GET /capabilities", "GET /v1/info", "POST /v1/jobs", "GET /v1/jobs", "GET /v1/jobs/{id}", "DELETE /v1/jobs/{id}",
		"GET /v1/jobs/{id}/stream", "GET /v1/workers", "GET /v1/workers/{id}/logs", "GET /v1/models", "GET /metrics", "GET /openapi.json",
	} {
		if !slices.Contains(got, route) {
			t.Errorf("%s of the contract is missing", route)
		}
	}
}

// unprovoked are codes and answers that no test here brings about, and why.
var unprovoked = map[string]string{
	string(wire.CodeInternal): "a mistake that nobody knows of; package door's tests see one",
}

func TestEveryRouteRefusesAsDescribed(t *testing.T) {
	s := newShop(t)
	refused := func(want wire.Code, method, path, body string, headers ...string) {
		t.Helper()
		status, raw := s.ask(method, path, body, headers...)
		if p := decode[wire.Problem](t, raw); p.Code != want || status != want.Info().Status {
			t.Errorf("%s %s: got %d %s, want %s", method, path, status, raw, want)
		}
	}
	for _, route := range api().Operations() {
		method, path, _ := strings.Cut(route, " ")
		refused(wire.CodeCrossOrigin, method, strings.ReplaceAll(path, "{id}", "x"), "", "Origin", "http://evil.example")
		refused(wire.CodeHostNotAllowed, method, strings.ReplaceAll(path, "{id}", "x"), "", "Host", "evil.example")
	}
	for _, route := range []string{
		"POST /v1/jobs", "GET /v1/jobs", "GET /v1/jobs/x", "DELETE /v1/jobs/x", "GET /v1/jobs/x/stream", "GET /v1/workers/x/logs",
	} {
		method, path, _ := strings.Cut(route, " ")
		refused(wire.CodeLoopbackOnly, method, path, "", "X-Forwarded-For", "10.0.0.9")
	}
	refused(wire.CodeMediaType, "POST", wire.PathJobs, "{}", "Content-Type", "text/plain")
	refused(wire.CodeTooLarge, "POST", wire.PathJobs, `"`+strings.Repeat("x", maxJob)+`"`)
	s.do(`{"operation":"worker_spawn","worker":"fast","model":"` + tiny + `","device":"CPU-0"}`)
	refused(wire.CodeInvalidRequest, "GET", wire.PathWorkers+"/"+s.workers()[0].WorkerID+"/logs", "", "Last-Event-ID", "x")

	for _, err := range []error{job.ErrBusy, job.ErrStopping} { // which take a crowd, or a moment
		w := httptest.NewRecorder()
		writeJobError(w, err)
		if err := api().Check("POST", wire.PathJobs, w.Code, w.Header(), w.Body.Bytes()); err != nil {
			t.Error(err)
		}
	}
}
