package wire

import "time"

// StreamEvent is the SSE event name of everything on the queen's stream; the
// type in the data tells the messages apart.
const StreamEvent = "heartbeat"

// The types of messages on the stream.
const (
	StreamQueen         = "queen"
	StreamHiveTelemetry = "hive_telemetry"
	StreamHiveEvent     = "hive_event"
)

// QueenPulse is the message of type "queen": at once, then every 2.5 s.
// Online means healthy or degraded; available means healthy and ready.
type QueenPulse struct {
	Type             string    `json:"type" enum:"queen"`
	WorkersOnline    int       `json:"workers_online"`
	WorkersAvailable int       `json:"workers_available"`
	HivesOnline      int       `json:"hives_online"`
	HivesAvailable   int       `json:"hives_available"`
	WorkerIDs        []string  `json:"worker_ids" nullable:"false" doc:"hive_id/pid of each worker online"`
	HiveIDs          []string  `json:"hive_ids" nullable:"false"`
	Timestamp        time.Time `json:"timestamp"`
}

// HiveTelemetry is the message of type "hive_telemetry": one accepted heartbeat.
type HiveTelemetry struct {
	Type      string    `json:"type" enum:"hive_telemetry"`
	HiveID    string    `json:"hive_id"`
	Timestamp time.Time `json:"timestamp" doc:"When the queen received it"`
	Workers   []Worker  `json:"workers" nullable:"false"`
	Node      *Node     `json:"node,omitempty"`
}

// HiveEvent is the message of type "hive_event": one audit event.
type HiveEvent struct {
	Type string `json:"type" enum:"hive_event"`
	Event
}
