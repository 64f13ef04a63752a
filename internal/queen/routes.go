package queen

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"rbee/internal/door"
	"rbee/internal/wire"
)

// routes is everything the queen serves, behind the guard. Heartbeats, of which
// there are more than of anything else, take a way of their own past the router.
func (q *Queen) routes() http.Handler {
	heartbeat, others := door.Recover(q.log)(http.HandlerFunc(q.heartbeat)), q.router()
	return door.NewGuard(q.ownNames()...).Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == wire.PathHeartbeat {
			heartbeat.ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	}))
}

// router has the routes. The heartbeat, the stream and the backup are plain
// handlers, for speed and for length; the rest goes through huma, so that /openapi.json is
// what is served.
func (q *Queen) router() *chi.Mux {
	r := door.NewRouter(q.log)
	api := door.NewAPI(r, "rbee queen", q.cfg.Version, "The control plane: hives, heartbeats, discovery and the audit log.")

	r.Post(wire.PathHeartbeat, q.heartbeat)
	r.Get(wire.PathStream, q.stream)
	r.Post(wire.PathBackups, q.backup)
	describeHeartbeat(api)
	describeStream(api)
	describeBackup(api)

	get := func(id, path, summary string, also ...int) huma.Operation {
		errors := append([]int{400, 403, 421, 503}, also...)
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Errors: errors}
	}
	huma.Register(api, get("health", wire.PathHealth, "The queen is up"), q.health)
	huma.Register(api, get("ready", wire.PathReady, "The state file takes writes"), q.readyz)
	huma.Register(api, get("info", wire.PathInfo, "Which queen this is"), q.info)
	huma.Register(api, get("hives", wire.PathHives, "All hives, by id"), q.listHives)
	huma.Register(api, get("hive", wire.PathHives+"/{id}", "One hive", http.StatusNotFound), q.getHive)
	huma.Register(api, get("history", wire.PathHives+"/{id}/heartbeats", "The history of a hive", http.StatusNotFound), q.history)
	describeHistory(api)
	huma.Register(api, get("events", wire.PathEvents, "The audit log"), q.listEvents)
	huma.Register(api, get("discoveries", wire.PathDiscoveries, "The latest discovery results"), q.listDiscoveries)
	huma.Register(api, huma.Operation{
		OperationID: "forget", Method: http.MethodDelete, Path: wire.PathHives + "/{id}",
		Summary: "Forget a hive; its history stays", DefaultStatus: http.StatusNoContent, Errors: []int{400, 403, 404, 421, 503},
	}, q.forgetHive)
	huma.Register(api, huma.Operation{
		OperationID: "discover", Method: http.MethodPost, Path: wire.PathDiscoveries,
		Summary: "Probe every host now and wait for the results", Errors: []int{400, 403, 413, 421, 503},
		Middlewares: huma.Middlewares{door.LongAnswer}, // as long as the slowest hosts take
	}, q.discover)

	return r
}
