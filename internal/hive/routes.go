package hive

import (
	"fmt"
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	"rbee/internal/door"
	"rbee/internal/metrics"
	"rbee/internal/wire"
)

// noStore keeps answers that are true for a moment out of caches.
const noStore = "no-store"

// The groups of routes in the OpenAPI document.
const (
	tagDaemon  = "daemon"
	tagJobs    = "jobs"
	tagWorkers = "workers"
)

// handlers is what the routes need.
type handlers struct {
	report *reporter
	link   *link
	detect *detector
	work   *work // nil: none
}

// routes is everything a hive serves, behind the guard.
func (h *handlers) routes(guard *door.Guard, log *slog.Logger) http.Handler {
	return guard.Wrap(h.router(log))
}

func (h *handlers) router(log *slog.Logger) *chi.Mux {
	r := door.NewRouter(log)
	api := door.NewAPI(r, "rbee-hive", h.report.version, "The node agent of rbee: what one machine has, and which queen it serves.",
		fmt.Sprintf("http://127.0.0.1:%d", wire.DefaultHivePort))
	h.describeHealth(api)
	h.describeInfo(api)
	r.Get(wire.PathCapabilities, h.capabilities)
	describeCapabilities(api)
	door.Metrics(r, api, tagDaemon, metrics.Handler(h.metrics))
	if h.work != nil {
		h.jobRoutes(r, api)
		h.workerRoutes(r, api)
	}
	return r
}
