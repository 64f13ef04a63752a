package store

import (
	"encoding/json"
	"fmt"
	"strconv"

	"rbee/internal/rollup"
	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// maxNames bounds the names of one scope: a hive may invent them. What comes
// later stands in the samples as it is.
const maxNames = 10_000

// nameBook is what the writer knows of the table names.
type nameBook struct {
	scopes map[string]*scope
	pruned oldestScopes // those before them are deleted
}

// The scopes of names: a day for heartbeats and minutes, a month for hours.
const (
	dayLayout   = "2006-01-02"
	monthLayout = "2006-01"
)

// scopeOf is the scope of samples in a tier at that time.
func scopeOf(tier wire.Tier, at string) string {
	if tier == wire.TierHour {
		return at[:len(monthLayout)]
	}
	return at[:len(dayLayout)]
}

// scope holds the names of one day or month, and how samples refer to them.
type scope struct {
	text    string
	next    int64
	gpus    map[gpuName]string
	workers map[rollup.WorkerKey]string

	processes map[process]string
}

// gpuName is a GPU as samples know it. Whether they tell how much others hold of
// its memory stands in the name, so that a sample needs no element for the 0
// that it mostly is.
type gpuName struct {
	rollup.GPUKey
	foreign bool
}

// process is a worker as heartbeats know it: its pid changes with every start.
type process struct {
	rollup.WorkerKey
	pid int64
}

// maxScopes is how many are kept: a day and a month, the ones before them, and
// one that is made again.
const maxScopes = 5

// scope returns the scope of that name, as the file has it.
func (b *nameBook) scope(q *dbsqlc.Queries, text string) (*scope, error) {
	if s := b.scopes[text]; s != nil {
		return s, nil
	}
	s := &scope{text: text, gpus: map[gpuName]string{}, workers: map[rollup.WorkerKey]string{}, processes: map[process]string{}}
	known, err := q.NamesOfScope(background, text)
	if err != nil {
		return nil, fmt.Errorf("read the names of %s: %w", text, err)
	}
	for _, k := range known {
		s.next = max(s.next, k.N+1)
		ref := strconv.FormatInt(k.N, 10)
		if worker, isProcess, err := workerOfName([]byte(k.Name)); err == nil && isProcess {
			s.processes[worker] = ref
		} else if err == nil {
			s.workers[worker.WorkerKey] = ref
		} else if gpu, err := gpuOfName([]byte(k.Name)); err == nil {
			s.gpus[gpu] = ref
		}
	}
	if b.scopes == nil || len(b.scopes) >= maxScopes {
		b.scopes = map[string]*scope{}
	}
	b.scopes[text] = s
	return s, nil
}

// forget drops what a transaction that failed may have added.
func (b *nameBook) forget() { clear(b.scopes) }

func (s *scope) gpu(q *dbsqlc.Queries, k gpuName) (string, error) {
	if ref, ok := s.gpus[k]; ok {
		return ref, nil
	}
	ref, known, err := s.add(q, nameOfGPU(k))
	if known {
		s.gpus[k] = ref
	}
	return ref, err
}

func (s *scope) worker(q *dbsqlc.Queries, k rollup.WorkerKey) (string, error) {
	if ref, ok := s.workers[k]; ok {
		return ref, nil
	}
	ref, known, err := s.add(q, workerName(k))
	if known {
		s.workers[k] = ref
	}
	return ref, err
}

func (s *scope) process(q *dbsqlc.Queries, k process) (string, error) {
	if ref, ok := s.processes[k]; ok {
		return ref, nil
	}
	ref, known, err := s.add(q, append(workerName(k.WorkerKey), k.pid))
	if known {
		s.processes[k] = ref
	}
	return ref, err
}

// add writes a name down and returns its number; the name itself when there
// are too many.
func (s *scope) add(q *dbsqlc.Queries, name []any) (ref string, known bool, err error) {
	text, err := json.Marshal(name)
	if err != nil {
		return "", false, fmt.Errorf("name %v: %w", name, err)
	}
	if s.next >= maxNames {
		return string(text), false, nil
	}
	if err := q.AddName(background, dbsqlc.AddNameParams{Scope: s.text, N: s.next, Name: string(text)}); err != nil {
		return "", false, fmt.Errorf("record name %s: %w", text, err)
	}
	s.next++
	return strconv.FormatInt(s.next-1, 10), true, nil
}

func nameOfGPU(k gpuName) []any {
	name := []any{k.ID, nil}
	if k.VRAMTotalMB != rollup.Unknown {
		name[1] = k.VRAMTotalMB
	}
	if k.foreign {
		name = append(name, true)
	}
	return name
}

func workerName(k rollup.WorkerKey) []any {
	if !k.HasModel {
		return []any{k.Group, k.Instance, nil, k.TotalVRAMMB}
	}
	return []any{k.Group, k.Instance, k.Model, k.TotalVRAMMB}
}

func gpuOfName(name []byte) (k gpuName, err error) {
	var vram *int64
	into := []any{&k.ID, &vram}
	if err = decodeList(name, into...); err != nil {
		err = decodeList(name, append(into, &k.foreign)...)
	}
	if err != nil {
		return k, err
	}
	if k.VRAMTotalMB = rollup.Unknown; vram != nil {
		k.VRAMTotalMB = *vram
	}
	return k, nil
}

// workerOfName reads the name of a worker, or of one of its processes.
func workerOfName(name []byte) (k process, isProcess bool, err error) {
	var model *string
	into := []any{&k.Group, &k.Instance, &model, &k.TotalVRAMMB}
	if err = decodeList(name, into...); err != nil {
		isProcess = true
		err = decodeList(name, append(into, &k.pid)...)
	}
	if model != nil {
		k.Model, k.HasModel = *model, true
	}
	return k, isProcess, err
}

// decodeList reads a JSON list whose elements are of these types.
func decodeList(list []byte, into ...any) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(list, &elements); err != nil {
		return err
	}
	if len(elements) != len(into) {
		return fmt.Errorf("%s has %d elements, not %d", list, len(elements), len(into))
	}
	for i := range into {
		if err := json.Unmarshal(elements[i], into[i]); err != nil {
			return fmt.Errorf("element %d of %s: %w", i, list, err)
		}
	}
	return nil
}
