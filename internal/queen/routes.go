package queen

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"rbee/internal/door"
	"rbee/internal/metrics"
	"rbee/internal/wire"
)

// routes is everything the queen serves, behind the guard. Heartbeats, of which
// there are more than of anything else, take a way of their own past the router.
func (q *Queen) routes() http.Handler {
	heartbeat, others := door.Recover(q.log)(http.HandlerFunc(q.heartbeat)), q.router()
	guard := door.NewGuard(q.ownNames()...)
	guard.Tell(func(r *http.Request, code wire.Code) {
		if isHeartbeat(r) {
			q.counts.refused.Of(code).Inc()
		}
	})
	return guard.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isHeartbeat(r) {
			heartbeat.ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	}))
}

func isHeartbeat(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Path == wire.PathHeartbeat
}

// router has the routes. The heartbeat, the stream and the backup are plain
// handlers, for speed and for length; the rest goes through huma, so that /openapi.json is
// what is served.
func (q *Queen) router() *chi.Mux {
	r := door.NewRouter(q.log)
	api := door.NewAPI(r, "rbee queen", q.cfg.Version, "The control plane: hives, heartbeats, discovery and the audit log.",
		fmt.Sprintf("http://127.0.0.1:%d", wire.DefaultQueenPort))

	r.Post(wire.PathHeartbeat, q.heartbeat)
	r.Get(wire.PathStream, q.stream)
	r.Post(wire.PathBackups, q.backup)
	describeHeartbeat(api)
	describeStream(api)
	describeBackup(api)
	door.Metrics(r, api, tagDaemon, metrics.Handler(q.metrics))

	const hive = wire.PathHives + "/{id}"
	op := func(method, path, id, tag, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Tags: []string{tag}, Summary: summary}
	}
	get := func(path, id, tag, summary string) huma.Operation { return op(http.MethodGet, path, id, tag, summary) }
	huma.Register(api, get(wire.PathHealth, "getHealth", tagDaemon, "The queen is up"), q.health)
	huma.Register(api, door.Fails(get(wire.PathReady, "getReadiness", tagDaemon, "The state file takes writes"), writeCodes...), q.readyz)
	huma.Register(api, get(wire.PathInfo, "getInfo", tagDaemon, "Which queen this is"), q.info)
	huma.Register(api, get(wire.PathHives, "listHives", tagHives, "All hives, by id"), q.listHives)
	huma.Register(api, door.Fails(get(hive, "getHive", tagHives, "One hive"), hiveCodes...), q.getHive)
	huma.Register(api, door.Fails(op(http.MethodDelete, hive, "forgetHive", tagHives, "Forget a hive; its history stays"),
		slices.Concat(hiveCodes, writeCodes)...), q.forgetHive)
	huma.Register(api, door.Fails(get(hive+"/heartbeats", "getHistory", tagHives, "The history of a hive"), slices.Concat(hiveCodes, readCodes)...), q.history)
	huma.Register(api, door.Fails(get(wire.PathEvents, "listEvents", tagAudit, "The audit log"), listCodes...), q.listEvents)
	huma.Register(api, door.Fails(get(wire.PathDiscoveries, "listDiscoveries", tagDiscovery, "The latest discovery results"), listCodes...), q.listDiscoveries)
	discover := op(http.MethodPost, wire.PathDiscoveries, "discover", tagDiscovery, "Probe every host now and wait for the results")
	discover.Middlewares = huma.Middlewares{door.LongAnswer} // as long as the slowest hosts take
	huma.Register(api, door.Fails(discover, slices.Concat(bodyCodes, writeCodes)...), q.discover)
	q.jobRoutes(r, api)
	describeHistory(api)
	describeParameters(api)

	return r
}

// The groups of routes in the OpenAPI document.
const (
	tagDaemon     = "daemon"
	tagHeartbeats = "heartbeats"
	tagHives      = "hives"
	tagAudit      = "audit"
	tagDiscovery  = "discovery"
	tagJobs       = "jobs"
)

// What routes answer when they do not do what was asked, by what they need.
var (
	readCodes  = []wire.Code{wire.CodeStateUnavailable}
	writeCodes = []wire.Code{wire.CodeQueueFull, wire.CodeStateUnavailable, wire.CodeShuttingDown}
	hiveCodes  = []wire.Code{wire.CodeInvalidRequest, wire.CodeUnknownHive}
	listCodes  = slices.Concat([]wire.Code{wire.CodeInvalidRequest}, readCodes)
	bodyCodes  = []wire.Code{wire.CodeInvalidRequest, wire.CodeTooLarge, wire.CodeMediaType}
)

// describeParameters says what the types of the parameters do not: their grammar
// and examples. The handlers judge them, with better words than a pattern has.
func describeParameters(api huma.API) {
	const hive, duration = wire.PathHives + "/{id}", `(([0-9]+(\.[0-9]+)?(ms|s|m|h))+|[0-9]+[dwy])`
	const moment = `^(-` + duration + `|[0-9]{4}-[0-9]{2}-[0-9]{2}T.+)$`
	for _, path := range []string{hive, hive + "/heartbeats"} {
		door.Grammar(api, path, "id", wire.IDPattern, "gaming-pc")
	}
	door.Grammar(api, hive+"/heartbeats", "from", moment, "-6h", "2025-10-30T22:00:00Z")
	door.Grammar(api, hive+"/heartbeats", "to", moment, "-1h", "2025-10-30T23:00:00Z")
	door.Grammar(api, hive+"/heartbeats", "step", `^(auto|`+duration+`)$`, "auto", "1m")
	door.Grammar(api, wire.PathEvents, "after", "^[0-9]+$", "0", "1042")
	door.Grammar(api, wire.PathEvents, "before", "^[0-9]+$", "1042")
	door.Grammar(api, wire.PathEvents, "hive", "", "gaming-pc")
	door.Grammar(api, wire.PathEvents, "kind", "", string(wire.EventHiveDown))
	for _, path := range []string{wire.PathJobs, wire.PathJobs + "/{id}"} {
		door.Grammar(api, path, "hive_id", wire.IDPattern, "gaming-pc")
	}
	door.Grammar(api, wire.PathJobs+"/{id}", "id", wire.JobIDPattern, door.ExampleJob)
}
