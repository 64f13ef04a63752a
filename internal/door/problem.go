package door

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"rbee/internal/wire"
)

const headerRetryAfter = "Retry-After"

// WriteProblem answers with p, and with the Retry-After of its code unless the
// caller has set one.
func WriteProblem(w http.ResponseWriter, p *wire.Problem) {
	if s := p.Code.Info().RetryAfterS; s > 0 && w.Header().Get(headerRetryAfter) == "" {
		w.Header().Set(headerRetryAfter, strconv.Itoa(s))
	}
	w.Header().Set("Content-Type", wire.ContentTypeProblem)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that left needs no answer
}

// NewRouter returns a router that answers unknown routes, wrong methods and
// panics with problems.
func NewRouter(log *slog.Logger) *chi.Mux {
	r := chi.NewRouter()
	r.Use(Recover(log), middleware.GetHead)
	r.NotFound(func(w http.ResponseWriter, req *http.Request) {
		WriteProblem(w, wire.NewProblem(wire.CodeNotFound,
			fmt.Sprintf("there is no route %q", wire.Printable(req.URL.Path)), ""))
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, req *http.Request) {
		allow := allowed(r, req.URL.Path)
		w.Header().Set("Allow", allow)
		WriteProblem(w, wire.NewProblem(wire.CodeMethodNotAllowed,
			fmt.Sprintf("%s is not allowed on %q", wire.Printable(req.Method), wire.Printable(req.URL.Path)),
			"use one of: "+allow))
	})
	return r
}

func allowed(r *chi.Mux, path string) string {
	var methods []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if r.Match(chi.NewRouteContext(), m, path) {
			methods = append(methods, m)
		}
	}
	return strings.Join(methods, ", ")
}

// Recover answers requests whose handler panics with a problem.
func Recover(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				v := recover()
				if v == nil {
					return
				}
				if v == http.ErrAbortHandler { //nolint:errorlint // a panic value, compared as net/http does
					panic(v)
				}
				log.Error("request panicked", "method", r.Method, "path", r.URL.Path,
					"panic", fmt.Sprint(v), "stack", string(debug.Stack()))
				WriteProblem(w, wire.NewProblem(wire.CodeInternal,
					"the program made a mistake answering this request", ""))
			}()
			next.ServeHTTP(w, r)
		})
	}
}
