package wire

// Capabilities is a hive's answer to GET /capabilities, always with status 200.
// A hive of the 2025 shape answers with devices only.
type Capabilities struct {
	Hive     *HiveInfo `json:"hive,omitempty"`
	State    LinkState `json:"state,omitempty" enum:"standalone,discovery_push,discovery_wait,telemetry"`
	QueenURL *string   `json:"queen_url" nullable:"true" doc:"The queen the hive is tied to, null when standalone"`
	QueenID  *string   `json:"queen_id" nullable:"true" doc:"That queen's id, once it has answered"`
	Devices  []Device  `json:"devices" nullable:"false"`
	Warning  string    `json:"warning,omitempty" doc:"Why the queen_url of the request changed nothing"`
}

// HiveHealth is a hive's answer to GET /health.
type HiveHealth struct {
	Status  string `json:"status"`
	Version string `json:"version"`
}

// HiveSelf is a hive's answer to GET /v1/info.
type HiveSelf struct {
	Hive     HiveInfo  `json:"hive"`
	State    LinkState `json:"state" enum:"standalone,discovery_push,discovery_wait,telemetry"`
	QueenURL *string   `json:"queen_url" nullable:"true"`
	QueenID  *string   `json:"queen_id" nullable:"true"`
	Epoch    *int64    `json:"epoch" nullable:"true" doc:"The queen's epoch in its last answer"`
}
