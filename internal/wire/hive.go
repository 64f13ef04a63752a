package wire

import "time"

// Hive is what the queen knows of one hive.
type Hive struct {
	ID                string            `json:"id"`
	InstanceID        string            `json:"instance_id" doc:"Empty for hives that send none"`
	Alias             string            `json:"alias" doc:"The name in the SSH config under which a pull found it; empty when none did"`
	Aliases           []string          `json:"aliases" nullable:"false" doc:"Further names of the same host"`
	Hostname          string            `json:"hostname" doc:"What the hive says of itself, for display"`
	Address           string            `json:"address" doc:"Where the queen reaches it: an IP or the SSH hostname that answered"`
	Port              int               `json:"port"`
	Version           string            `json:"version"`
	OperationalStatus OperationalStatus `json:"operational_status" enum:"starting,ready,busy,stopping,stopped"`
	HealthStatus      HealthStatus      `json:"health_status"`
	Status            Status            `json:"status" enum:"unconfirmed,healthy,degraded,down,stopped"`
	RegisteredEpoch   int64             `json:"registered_epoch"`
	FirstSeen         time.Time         `json:"first_seen"`
	LastSeen          time.Time         `json:"last_seen" doc:"Last heartbeat or answered pull, by the queen's clock"`
	ClockSkewMS       *int64            `json:"clock_skew_ms" nullable:"true" doc:"The hive's clock less the queen's at the last heartbeat"`
	Devices           []Device          `json:"devices" nullable:"false"`
	Workers           []Worker          `json:"workers" nullable:"false"`
	Node              *Node             `json:"node,omitempty"`
}

// HiveList is the answer to GET /v1/hives, ordered by id.
type HiveList struct {
	Hives []Hive `json:"hives" nullable:"false"`
}

// Info is the queen's answer to GET /v1/info.
type Info struct {
	Version       string    `json:"version"`
	QueenID       string    `json:"queen_id" doc:"Made once with the state file"`
	Epoch         int64     `json:"epoch" doc:"One more at every boot"`
	StartedAt     time.Time `json:"started_at"`
	SchemaVersion int64     `json:"schema_version"`
	AdvertiseURL  string    `json:"advertise_url" doc:"Empty: each hive is told the local address of the route to it"`

	HeartbeatIntervalMS int64 `json:"heartbeat_interval_ms" doc:"The rhythm granted to hives now: 1000, or more when they are more than heartbeat_rate"`
	HeartbeatRate       int64 `json:"heartbeat_rate" doc:"Heartbeats per second up to which every hive keeps the rhythm of one a second"`

	StateBytes int64 `json:"state_bytes" doc:"Size of the state file, without its write-ahead log"`
	WALBytes   int64 `json:"wal_bytes" doc:"Size of the write-ahead log: some MiB, unless a reader keeps a transaction open"`
}

// Health is the queen's answer to GET /health and GET /readyz.
type Health struct {
	Status string `json:"status"`
}
