package job

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"rbee/internal/wire"
)

// compactAfter is how many lines the file grows by before it is written anew
// with one line for each job.
const compactAfter = 4 * keepJobs

// records is the file of what became of jobs: one line for each change, the last
// one of a job counts. Its methods are called by one goroutine at a time.
type records struct {
	path  string
	file  *os.File
	lines int // since it was written anew
}

// openRecords reads the file and returns its jobs in the order in which they
// came. Lines that cannot be read, as that of a hive killed while it wrote it,
// are left out.
func openRecords(path string) (*records, []wire.Job, error) {
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("read the records of jobs: %w", err)
	}
	last := map[string]wire.Job{}
	var order []string
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var j wire.Job
		if json.Unmarshal(lines.Bytes(), &j) != nil || !wire.ValidJobID(j.JobID) || j.State.Ended() != (j.EndedAt != nil) {
			continue
		}
		if _, known := last[j.JobID]; !known {
			order = append(order, j.JobID)
		}
		last[j.JobID] = j
	}
	r := &records{path: path}
	if err := r.reopen(); err != nil {
		return nil, nil, err
	}
	jobs := make([]wire.Job, 0, len(order))
	for _, id := range order {
		jobs = append(jobs, last[id])
	}
	return r, jobs, nil
}

func (r *records) reopen() (err error) {
	r.file, err = os.OpenFile(r.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the records of jobs: %w", err)
	}
	return nil
}

func (r *records) write(j wire.Job) error {
	raw, err := json.Marshal(j)
	if err != nil {
		return err
	}
	if _, err := r.file.Write(append(raw, '\n')); err != nil {
		return fmt.Errorf("record a job: %w", err)
	}
	r.lines++
	return nil
}

// compact writes the file anew.
func (r *records) compact(jobs []wire.Job) error {
	var text bytes.Buffer
	for _, j := range jobs {
		raw, err := json.Marshal(j)
		if err != nil {
			return err
		}
		text.Write(append(raw, '\n'))
	}
	next := r.path + ".new"
	err := os.WriteFile(next, text.Bytes(), 0o600)
	if err == nil {
		err = os.Rename(next, r.path)
	}
	if err != nil {
		return fmt.Errorf("write the records of jobs: %w", err)
	}
	_ = r.file.Close() // of the file that is gone
	r.lines = 0
	return r.reopen()
}

func (r *records) close() error { return r.file.Close() }
