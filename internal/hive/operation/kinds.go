package operation

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"rbee/internal/hive/job"
	"rbee/internal/hive/worker/catalog"
	"rbee/internal/wire"
)

// kind says what is known of a kind of worker.
func kind(e catalog.Entry) wire.WorkerKind {
	k := wire.WorkerKind{Name: e.Name, Source: e.Source, Found: e.Err == nil, Program: e.Program, Devices: []string{}}
	if e.Err != nil {
		k.Why = wire.Printable(e.Err.Error())
	}
	if e.Kind != nil {
		k.TakesModel = e.Kind.TakesModel()
		k.Devices = slices.Sorted(maps.Keys(e.Kind.Devices))
	}
	return k
}

func kindLine(k wire.WorkerKind) string {
	if !k.Found {
		return k.Name + "  cannot run: " + k.Why
	}
	return k.Name + "  " + k.Program + "  " + strings.Join(k.Devices, ", ")
}

func (s *Set) kindList(_ context.Context, _ *wire.JobRequest, out *job.Output) error {
	list := wire.WorkerKindList{Kinds: []wire.WorkerKind{}}
	for _, e := range s.Kinds.List() {
		k := kind(e)
		list.Kinds = append(list.Kinds, k)
		out.Printf("%s", kindLine(k))
	}
	return out.Result(list)
}

func (s *Set) kindGet(_ context.Context, r *wire.JobRequest, out *job.Output) error {
	e, err := s.Kinds.Get(r.Worker)
	if err != nil {
		return err
	}
	k := kind(e)
	if e.Kind != nil {
		if k.Definition, err = json.Marshal(e.Kind); err != nil {
			return err
		}
	}
	out.Printf("%s", kindLine(k))
	return out.Result(k)
}
