package wire

import (
	"encoding/json"
	"time"
)

// WorkerState is where a worker process stands.
type WorkerState string

// The states of a worker.
const (
	WorkerStarting WorkerState = "starting" // its process runs, or is about to, and does not serve yet
	WorkerReady    WorkerState = "ready"
	WorkerBusy     WorkerState = "busy"     // ready, with requests in flight
	WorkerDraining WorkerState = "draining" // told to stop; requests in flight may end
	WorkerStopping WorkerState = "stopping" // signalled
	WorkerExited   WorkerState = "exited"   // ended, as told or by itself without an error
	WorkerFailed   WorkerState = "failed"   // ended with an error, or waits to be started again
	WorkerUnknown  WorkerState = "unknown"  // a process of an earlier hive that has no readable record
)

// UnmarshalText refuses a state that does not exist.
func (s *WorkerState) UnmarshalText(text []byte) error {
	return unmarshalName(s, "state", text, WorkerStates()...)
}

// WorkerStates lists all states of a worker.
func WorkerStates() []WorkerState {
	return []WorkerState{
		WorkerStarting, WorkerReady, WorkerBusy, WorkerDraining, WorkerStopping, WorkerExited, WorkerFailed, WorkerUnknown,
	}
}

// WorkerProcess is a worker as GET /v1/workers tells it.
type WorkerProcess struct {
	WorkerID  string      `json:"worker_id"`
	Worker    string      `json:"worker" doc:"Kind of worker"`
	Model     string      `json:"model"`
	Device    string      `json:"device"`
	Group     string      `json:"group"`
	State     WorkerState `json:"state" enum:"starting,ready,busy,draining,stopping,exited,failed,unknown"`
	Reason    string      `json:"reason,omitempty" doc:"Why it is in that state"`
	Note      string      `json:"note,omitempty" doc:"What else is not as it should be: limits that are not applied, a port still held after its end"`
	Since     time.Time   `json:"since" doc:"When it got into that state"`
	CreatedAt time.Time   `json:"created_at"`
	PID       int64       `json:"pid" doc:"0: no process"`
	Port      int         `json:"port"`
	URL       string      `json:"url" doc:"Where it serves, on the hive's machine"`
	Restarts  int         `json:"restarts"`
	NextStart *time.Time  `json:"next_start_at" nullable:"true" doc:"When it will be started again"`
	Adopted   bool        `json:"adopted" doc:"An earlier hive started the process"`
	Ended     bool        `json:"ended" doc:"It will not change any more"`
	Sample    *Worker     `json:"sample,omitempty" doc:"Its last sample, as heartbeats have it"`
}

// WorkerList is the answer to GET /v1/workers, oldest first.
type WorkerList struct {
	Workers []WorkerProcess `json:"workers" nullable:"false"`
}

// WorkerKind is a kind of worker that a hive may run.
type WorkerKind struct {
	Name       string          `json:"name"`
	Source     string          `json:"source" doc:"The user's file; empty: built in"`
	Found      bool            `json:"found"`
	Program    string          `json:"program" doc:"Absolute path; empty when it is not there"`
	Why        string          `json:"why,omitempty" doc:"Why it cannot run"`
	TakesModel bool            `json:"takes_model"`
	Devices    []string        `json:"devices" nullable:"false" doc:"Types of device: cpu, cuda"`
	Definition json.RawMessage `json:"definition,omitempty" doc:"All of it; from worker_catalog_get only"`
}

// WorkerKindList is the result of worker_catalog_list, by name.
type WorkerKindList struct {
	Kinds []WorkerKind `json:"kinds" nullable:"false"`
}
