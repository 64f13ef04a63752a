package wire

import "time"

// Sample is one heartbeat as it stands in the history.
type Sample struct {
	Epoch      int64     `json:"epoch"`
	ReceivedAt time.Time `json:"received_at"`
	SentAt     time.Time `json:"sent_at"`
	Workers    []Worker  `json:"workers" nullable:"false"`
	Node       *Node     `json:"node,omitempty"`
}

// History is the answer to GET /v1/hives/{id}/heartbeats: single heartbeats or,
// when a step was asked for, the span in buckets of that length.
type History struct {
	HiveID  string   `json:"hive_id"`
	Samples []Sample `json:"samples,omitzero" nullable:"false" doc:"Without step: the last heartbeats of the span, oldest first"`
	*Buckets
}

// Buckets is a span of the history cut into steps that begin at multiples of
// the step since 1970-01-01 UTC.
type Buckets struct {
	From   time.Time `json:"from" doc:"The beginning of the first bucket"`
	To     time.Time `json:"to" doc:"The end of the last bucket"`
	StepS  int64     `json:"step_s" doc:"The length of a bucket in seconds"`
	Tier   Tier      `json:"tier" enum:"raw,minute,hour" doc:"What the buckets were made of"`
	Points []*Point  `json:"points" nullable:"false" doc:"One for each bucket, oldest first; null where nothing is known"`
}

// Tier is one resolution of the history.
type Tier string

// The tiers.
const (
	TierRaw    Tier = "raw"    // every heartbeat
	TierMinute Tier = "minute" // one row for each hive and minute
	TierHour   Tier = "hour"   // one row for each hive and hour
)

// MaxPoints bounds the buckets of one answer.
const MaxPoints = 2000

// StepAuto asks for the finest step that fits the span into MaxPoints.
const StepAuto = "auto"

// Point is one bucket. A figure is null when no heartbeat of the bucket told it.
type Point struct {
	At         time.Time `json:"at" doc:"The beginning of the bucket"`
	Heartbeats int64     `json:"heartbeats" doc:"Received"`
	Missed     int64     `json:"missed" doc:"Expected but not received, while the queen ran"`
	CPUPct     *Stat     `json:"cpu_pct"`
	RAMUsedMB  *Stat     `json:"ram_used_mb"`
	RAMTotalMB *int64    `json:"ram_total_mb" nullable:"true" doc:"The largest"`

	GPUs    []GPUPoint    `json:"gpus" nullable:"false"`
	Workers []WorkerPoint `json:"workers" nullable:"false"`
}

// GPUPoint is one GPU within a bucket.
type GPUPoint struct {
	ID          string `json:"id"`
	VRAMTotalMB *int64 `json:"vram_total_mb" nullable:"true"`
	UtilPct     *Stat  `json:"util_pct"`
	VRAMUsedMB  *Stat  `json:"vram_used_mb"`
	TempC       *Stat  `json:"temp_c"`
	PowerW      *Stat  `json:"power_w"`
	// ForeignVRAMMB is left out where no heartbeat told it, as in a heartbeat.
	ForeignVRAMMB *Stat `json:"foreign_vram_mb,omitempty" doc:"MiB held by processes that are not the hive's workers"`
}

// WorkerPoint is one worker within a bucket. A worker that was started again
// under the same group, instance and model is the same worker.
type WorkerPoint struct {
	Group       string  `json:"group"`
	Instance    string  `json:"instance"`
	Model       *string `json:"model" nullable:"true"`
	TotalVRAMMB int64   `json:"total_vram_mb"`
	Heartbeats  int64   `json:"heartbeats" doc:"Those that told of it"`
	CPUPct      Stat    `json:"cpu_pct"`
	RSSMB       Stat    `json:"rss_mb"`
	GPUUtilPct  Stat    `json:"gpu_util_pct"`
	VRAMMB      Stat    `json:"vram_mb"`
}

// Stat sums up one figure over a bucket.
type Stat struct {
	Mean float64 `json:"mean"`
	Max  float64 `json:"max"`
}
