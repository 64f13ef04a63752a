// Package wire is the contract between queen, hive and keeper: every type that
// crosses the network, every path, state, event kind and error code, and the
// rules that say which values are valid. It imports the standard library only,
// and nothing that crosses the network is declared anywhere else.
//
// JSON is snake_case, times are RFC 3339 in UTC, unknown fields are ignored.
// Golden messages, those of the 2025 hives included, are kept in testdata.
package wire

import "time"

// Default addresses of the daemons.
const (
	DefaultQueenPort = 7833
	DefaultHivePort  = 7835
)

// Paths served by the queen.
const (
	PathHealth      = "/health"
	PathMetrics     = "/metrics"
	PathReady       = "/readyz"
	PathHeartbeat   = "/v1/hive-heartbeat"
	PathInfo        = "/v1/info"
	PathHives       = "/v1/hives"
	PathEvents      = "/v1/events"
	PathDiscoveries = "/v1/discoveries"
	PathStream      = "/v1/heartbeats/stream"
	PathBackups     = "/v1/backups"
)

// PathCapabilities is served by the hive; a GET of it with QueryQueenURL is a pull.
const PathCapabilities = "/capabilities"

// Query parameters of a pull.
const (
	QueryQueenURL = "queen_url" // where the hive shall send heartbeats, see ParseURL
	QueryQueenID  = "queen_id"  // which queen asks; optional
	QueryTake     = "take"      // "1": leave a living queen for this one
)

// The rhythm of heartbeats.
const (
	HeartbeatInterval    = time.Second     // unless the queen grants another
	MaxHeartbeatInterval = 5 * time.Minute // the longest she grants
)

// Bounds on what either side accepts.
const (
	MaxHeartbeatBytes    = 1 << 20  // body of a heartbeat
	MaxCapabilitiesBytes = 64 << 10 // body of an answer to a pull
	MaxDevices           = 256      // devices in one announcement
	MaxWorkers           = 4096     // workers in one heartbeat
	MaxGPUs              = 256      // GPUs in one node sample
	MaxText              = 512      // bytes of a name, model, version or reason
)
