package door

import (
	"encoding/json"
	"net/http"
	"reflect"
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
// fields of a body are ignored.
func NewAPI(r chi.Router, title, version, description string) huma.API {
	cfg := huma.DefaultConfig(title, version)
	cfg.Info.Description = description
	cfg.CreateHooks = nil // no $schema links in answers
	cfg.DocsPath, cfg.SchemasPath = "", ""
	cfg.OpenAPIPath = "" // huma's own handler marshals without a lock
	cfg.AllowAdditionalPropertiesByDefault = true
	cfg.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	api := humachi.New(r, cfg)
	document := sync.OnceValues(func() ([]byte, error) { return json.Marshal(api.OpenAPI()) })
	r.Get(PathOpenAPI, func(w http.ResponseWriter, _ *http.Request) {
		raw, err := document()
		if err != nil {
			WriteProblem(w, wire.NewProblem(wire.CodeInternal, err.Error(), "report this"))
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(raw)
	})
	return api
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
		return wire.NewProblem(wire.CodeTooLarge, detail, "send a smaller body")
	case http.StatusUnsupportedMediaType:
		return wire.NewProblem(wire.CodeMediaType, detail, "send Content-Type: application/json")
	}
	if status >= http.StatusInternalServerError {
		return wire.NewProblem(wire.CodeInternal, detail, "see the program's log")
	}
	return wire.NewProblem(wire.CodeInvalidRequest, detail, "see "+PathOpenAPI+" for what this route accepts")
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
