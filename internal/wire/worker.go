package wire

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
	return unmarshalName(s, "state", text, WorkerStarting, WorkerReady, WorkerBusy, WorkerDraining,
		WorkerStopping, WorkerExited, WorkerFailed, WorkerUnknown)
}
