package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

const (
	recordFile    = "record.json"
	logFile       = "log"
	maxRecord     = 1 << 20 // bytes
	recordVersion = 1
)

// record is what a worker's directory keeps of it, so that the next hive can go on.
type record struct {
	Version  int            `json:"version"`
	ID       string         `json:"id"`
	Spec     Spec           `json:"spec"`
	Kind     catalog.Kind   `json:"kind"`
	Program  string         `json:"program"` // absolute path
	Port     int            `json:"port"`
	Process  *proc.Identity `json:"process"` // nil: about to be started, or ended
	Created  time.Time      `json:"created"`
	Restarts int            `json:"restarts"`
	Ready    bool           `json:"ready"`    // the process has served
	Stopping bool           `json:"stopping"` // it was told to, and no restart follows
	Ended    *ending        `json:"ended,omitempty"`
}

// ending is how a worker ended for good.
type ending struct {
	At     time.Time        `json:"at"`
	State  wire.WorkerState `json:"state"`
	Reason string           `json:"reason"`
	Note   string           `json:"note,omitempty"`
}

// load reads the record in dir. The name of the directory is the worker's id.
func loadRecord(dir string) (*record, error) {
	f, err := os.Open(filepath.Join(dir, recordFile))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, maxRecord))
	if err != nil {
		return nil, err
	}
	var r record
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, err
	}
	switch {
	case r.Version != recordVersion:
		return nil, fmt.Errorf("it has version %d, and this hive knows %d", r.Version, recordVersion)
	case r.ID != filepath.Base(dir):
		return nil, fmt.Errorf("it is of worker %q", wire.Printable(r.ID))
	case r.Process != nil && r.Process.PID <= 1:
		return nil, fmt.Errorf("it has the pid %d", r.Process.PID)
	case r.Kind.Name == "" || r.Kind.StopSignal == 0:
		return nil, errors.New("it has no kind of worker")
	}
	return &r, nil
}

// save replaces the record in dir: after a crash it is the old or the new one.
func (r *record) save(dir string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, recordFile+".tmp*") // 0600
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	_, err = tmp.Write(append(raw, '\n'))
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(dir, recordFile))
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // what is left of a failed write harms nobody
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	return syncDir(dir)
}

// makeDir makes a worker's directory, to last.
func makeDir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	return syncDir(filepath.Dir(dir))
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	defer func() { _ = dir.Close() }()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	return nil
}
