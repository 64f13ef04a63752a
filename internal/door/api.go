package door

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"rbee/internal/wire"
)

// PathOpenAPI is where a daemon describes itself.
const PathOpenAPI = "/openapi.json"

func init() { //nolint:gochecknoinits // huma asks one package-wide function for the errors it makes itself
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return problemFor(status, msg, errs)
	}
}

// NewAPI puts huma on r: typed routes, and PathOpenAPI describing them. Unknown
// fields of a body are ignored. The address is where the daemon is unless it is
// told otherwise.
func NewAPI(r chi.Router, title, version, description, address string) huma.API {
	cfg := huma.DefaultConfig(title, version)
	cfg.Info.Description = description + "\n\n" + conventions
	cfg.Servers = []*huma.Server{{URL: address, Description: "The default address"}}
	cfg.CreateHooks = nil // no $schema links in answers
	cfg.DocsPath, cfg.SchemasPath = "", ""
	cfg.OpenAPIPath = "" // huma's own handler marshals without a lock
	cfg.AllowAdditionalPropertiesByDefault = true
	cfg.Formats = map[string]huma.Format{mediaJSON: jsonFormat, "json": jsonFormat}
	cfg.Transformers = append(cfg.Transformers, askToWait)
	api := humachi.New(r, cfg)
	raw := sync.OnceValues(func() ([]byte, error) { return document(api.OpenAPI()) })
	r.Get(PathOpenAPI, func(w http.ResponseWriter, _ *http.Request) {
		raw, err := raw()
		if err != nil {
			WriteProblem(w, wire.NewProblem(wire.CodeInternal, err.Error(), ""))
			return
		}
		w.Header().Set("Content-Type", mediaOpenAPI)
		_, _ = w.Write(raw)
	})
	Describe(api, huma.Operation{
		OperationID: "getOpenAPI", Method: http.MethodGet, Path: PathOpenAPI, Tags: []string{"daemon"}, Summary: "This document",
		Responses: Answers{"200": Media("OpenAPI 3.1", mediaOpenAPI, &huma.Schema{Type: huma.TypeObject})},
	})
	return api
}

const mediaOpenAPI = "application/openapi+json"

// conventions is what holds for every route.
const conventions = "Bodies are JSON with names in snake_case; unknown fields are ignored, times are RFC 3339 in UTC. " +
	"Every error is an application/problem+json with a stable code. A path without a route is answered 404 not_found, a method that a route does not have 405 method_not_allowed. " +
	"HEAD is answered wherever GET is. docs/api.md has the conventions and all codes."

// askToWait adds Retry-After to the problems that huma writes.
func askToWait(ctx huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*wire.Problem); ok {
		if s := p.Code.Info().RetryAfterS; s > 0 {
			ctx.SetHeader(headerRetryAfter, strconv.Itoa(s))
		}
	}
	return v, nil
}

// problemFor translates huma's own errors: everything invalid is 400.
func problemFor(status int, msg string, errs []error) *wire.Problem {
	parts := []string{msg}
	for _, err := range errs {
		if err != nil {
			parts = append(parts, err.Error())
		}
	}
	detail := wire.Printable(strings.Join(parts, ": "))
	switch status {
	case http.StatusRequestEntityTooLarge:
		return wire.NewProblem(wire.CodeTooLarge, detail, "")
	case http.StatusUnsupportedMediaType:
		return wire.NewProblem(wire.CodeMediaType, detail, "")
	}
	if status >= http.StatusInternalServerError {
		return wire.NewProblem(wire.CodeInternal, detail, "")
	}
	return wire.NewProblem(wire.CodeInvalidRequest, detail, "")
}

// SchemaOf returns the schema of a type for a route that is described by hand.
func SchemaOf[T any](r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

// LongAnswer is OpenEnded as huma's middleware.
func LongAnswer(ctx huma.Context, next func(huma.Context)) {
	_, w := humachi.Unwrap(ctx)
	OpenEnded(w)
	next(ctx)
}
