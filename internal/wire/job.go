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
	Jobs []Job `json:"jobs"`
}

// JobCancel is the answer to DELETE /v1/jobs/{id}.
type JobCancel struct {
	JobID  string   `json:"job_id"`
	Status JobState `json:"status" enum:"cancelled"`
}

var jobIDGrammar = regexp.MustCompile(`^job-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// ValidJobID tells whether id could be that of a job.
func ValidJobID(id string) bool { return jobIDGrammar.MatchString(id) }
