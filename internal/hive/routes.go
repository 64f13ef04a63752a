package hive

import (
	"log/slog"
	"net/http"

	"rbee/internal/door"
	"rbee/internal/wire"
)

// noStore keeps answers that are true for a moment out of caches.
const noStore = "no-store"

// handlers is what the routes need.
type handlers struct {
	report *reporter
	link   *link
	detect *detector
	work   *work // nil: none
}

// routes is everything a hive serves.
func (h *handlers) routes(guard *door.Guard, log *slog.Logger) http.Handler {
	r := door.NewRouter(log)
	api := door.NewAPI(r, "rbee-hive", h.report.version, "The node agent of rbee: what one machine has, and which queen it serves.")
	h.describeHealth(api)
	h.describeInfo(api)
	r.Get(wire.PathCapabilities, h.capabilities)
	describeCapabilities(api)
	if h.work != nil {
		h.jobRoutes(r, api)
		h.workerRoutes(r, api)
	}
	return guard.Wrap(r)
}
