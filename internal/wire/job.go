package wire

import (
	"regexp"
	"time"
)

// The paths of a hive's jobs and workers; the queen has the same for jobs that
// she hands on.
const (
	PathJobs    = "/v1/jobs"
	PathWorkers = "/v1/workers"
	PathModels  = "/v1/models"
)

// JobState is where a job is.
type JobState string

// The states of a job; the last three are final.
const (
	JobQueued    JobState = "queued"
	JobRunning   JobState = "running"
	JobCompleted JobState = "completed"
	JobFailed    JobState = "failed"
	JobCancelled JobState = "cancelled"
)

// Ended tells whether the state is final.
func (s JobState) Ended() bool {
	return s == JobCompleted || s == JobFailed || s == JobCancelled
}

// The last line of a job's stream, after which there is none. That of a failed
// job has the reason behind it.
const (
	JobMarkerDone      = "[DONE]"
	JobMarkerError     = "[ERROR]"
	JobMarkerCancelled = "[CANCELLED]"
)

// JobEventData is the SSE event name of a job's results; its lines have none.
const JobEventData = "data"

// HeaderIdempotencyKey makes POST /v1/jobs safe to repeat: with the same key and
// body it answers the job that the first one made.
const HeaderIdempotencyKey = "Idempotency-Key"

// The operations of a hive.
const (
	OpStatus        = "status"
	OpHiveCheck     = "hive_check"
	OpKindList      = "worker_catalog_list"
	OpKindGet       = "worker_catalog_get"
	OpWorkerSpawn   = "worker_spawn"
	OpWorkerList    = "worker_process_list"
	OpWorkerGet     = "worker_process_get"
	OpWorkerDelete  = "worker_process_delete"
	OpModelList     = "model_list"
	OpModelGet      = "model_get"
	OpModelDelete   = "model_delete"
	OpModelDownload = "model_download"
	OpModelLoad     = "model_load"
	OpModelUnload   = "model_unload"
)

// JobRequest is the body of POST /v1/jobs: the operation, and what it needs.
type JobRequest struct {
	Operation string `json:"operation" doc:"What to do, as worker_spawn"`
	HiveID    string `json:"hive_id,omitempty" doc:"Which hive is meant; another one refuses"`
	Model     string `json:"model,omitempty" doc:"Id of a model; for model_download a reference, as hf:ORG/REPO:Q4_K_M"`
	Worker    string `json:"worker,omitempty" doc:"Kind of worker, as llama-server"`
	Device    string `json:"device,omitempty" doc:"GPU-0, CPU-0, …; the first GPU if left out, else CPU-0"`
	Group     string `json:"group,omitempty" doc:"What the samples are grouped under; that of the kind if left out"`
	Restart   string `json:"restart,omitempty" doc:"never or on-failure; that of the kind if left out"`
	Context   int64  `json:"context,omitempty" doc:"Tokens; 8192 if left out, or what the model was trained for if that is less"`
	Force     bool   `json:"force,omitempty" doc:"Spawn a model that should not fit, or that the hive does not know; delete one in use"`
	PID       int64  `json:"pid,omitempty" doc:"Which worker process, by pid"`
	WorkerID  string `json:"worker_id,omitempty" doc:"Which worker process, by id"`
}

// JobAck is the answer to POST /v1/jobs.
type JobAck struct {
	JobID  string `json:"job_id" doc:"job-<uuid>"`
	SSEURL string `json:"sse_url" doc:"Where its stream is, on the same host"`
}

// Job is a job as GET /v1/jobs tells it.
type Job struct {
	JobID     string     `json:"job_id"`
	Operation string     `json:"operation"`
	State     JobState   `json:"state" enum:"queued,running,completed,failed,cancelled"`
	CreatedAt time.Time  `json:"created_at"`
	StartedAt *time.Time `json:"started_at" nullable:"true"`
	EndedAt   *time.Time `json:"ended_at" nullable:"true"`
	Error     string     `json:"error,omitempty" doc:"Why it failed"`
}

// JobList is the answer to GET /v1/jobs, oldest first.
type JobList struct {
	Jobs []Job `json:"jobs" nullable:"false"`
}

// JobCancel is the answer to DELETE /v1/jobs/{id}.
type JobCancel struct {
	JobID  string   `json:"job_id"`
	Status JobState `json:"status" enum:"cancelled"`
}

// The grammars of ids and names in jobs, as regular expressions.
const (
	JobIDPattern    = `^job-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`
	WorkerIDPattern = `^[a-z0-9][a-z0-9._-]{0,79}$`
	DevicePattern   = `^(GPU|CPU)-(0|[1-9][0-9]{0,2})$`
)

var jobIDGrammar = regexp.MustCompile(JobIDPattern)

// ValidJobID tells whether id could be that of a job.
func ValidJobID(id string) bool { return jobIDGrammar.MatchString(id) }
