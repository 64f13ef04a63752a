package operation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rbee/internal/hive/job"
	"rbee/internal/hive/model/download"
	"rbee/internal/wire"
)

// ListModels tells of all models and of what had to be left out.
func (s *Set) ListModels(ctx context.Context) (wire.ModelList, error) {
	list := wire.ModelList{Models: []wire.Model{}, Problems: []wire.ModelProblem{}}
	found, err := s.Models.List(ctx)
	if err != nil {
		return list, err
	}
	for _, m := range found.Models {
		list.Models = append(list.Models, m.Model)
	}
	list.Problems = append(list.Problems, found.Problems...)
	return list, nil
}

func (s *Set) modelList(ctx context.Context, _ *wire.JobRequest, out *job.Output) error {
	list, err := s.ListModels(ctx)
	if err != nil {
		return err
	}
	for _, m := range list.Models {
		out.Printf("%s  %s  %d MiB  %s", m.ID, m.Quantisation, m.SizeBytes/mib, m.Source)
	}
	for _, p := range list.Problems {
		out.Printf("left out: %s: %s", p.Path, p.Reason)
	}
	if len(list.Models) == 0 {
		out.Printf("no models: get one with model_download")
	}
	return out.Result(list)
}

func (s *Set) modelGet(ctx context.Context, r *wire.JobRequest, out *job.Output) error {
	m, err := s.Models.Find(ctx, r.Model)
	if err != nil {
		return err
	}
	out.Printf("%s  %s  %d MiB  %s", m.ID, m.Quantisation, m.SizeBytes/mib, m.Path)
	return out.Result(m.Model)
}

func (s *Set) modelDelete(ctx context.Context, r *wire.JobRequest, out *job.Output) error {
	m, err := s.Models.Find(ctx, r.Model)
	if err != nil {
		return err
	}
	if users := s.users(m.ID, m.Path); len(users) > 0 {
		inUse := fmt.Errorf("model %s is in use by %s: stop them first", m.ID, strings.Join(users, ", "))
		if !r.Force {
			return inUse
		}
		out.Printf("Forced: %v", inUse)
	}
	freed, err := s.Models.Delete(ctx, m.ID)
	if err != nil {
		return err
	}
	out.Printf("%s is gone, %d MiB are free again", m.ID, freed/mib)
	return out.Result(wire.ModelDeleted{Model: m.ID, FreedBytes: freed})
}

const (
	tellPrograms = time.Second      // between two results of a download
	tellPeople   = 10 * time.Second // between two lines
)

func (s *Set) modelDownload(ctx context.Context, r *wire.JobRequest, out *job.Output) error {
	var last wire.ModelProgress
	var toldPrograms, toldPeople time.Time
	id, err := s.Downloads.Download(ctx, r.Model, s.Token, func(p download.Progress) {
		step := p.Step != last.Step || p.File != last.File
		last = wire.ModelProgress{
			Step: p.Step, File: p.File, Bytes: p.Bytes, TotalBytes: p.Total, BytesPerSecond: p.BytesPerSecond,
			ETASeconds: int64(p.ETA / time.Second), Note: p.Note,
		}
		now := time.Now()
		if step || now.Sub(toldPeople) >= tellPeople {
			toldPeople = now
			out.Printf("%s", progressLine(last))
		}
		if (step || now.Sub(toldPrograms) >= tellPrograms) && p.Step != download.StepDone {
			toldPrograms = now
			_ = out.Result(last) // such numbers and texts can be encoded
		}
	})
	if err != nil {
		return err
	}
	last.Step, last.Model, last.ETASeconds, last.Note = download.StepDone, id, 0, ""
	out.Printf("%s is there", id)
	return out.Result(last)
}

func progressLine(p wire.ModelProgress) string {
	text := fmt.Sprintf("%s %s: %d of %d MiB", p.Step, p.File, p.Bytes/mib, p.TotalBytes/mib)
	if p.BytesPerSecond > 0 {
		text += fmt.Sprintf(", %.1f MiB/s, %v to go", float64(p.BytesPerSecond)/mib, time.Duration(p.ETASeconds)*time.Second)
	}
	if p.Note != "" {
		text += " (" + p.Note + ")"
	}
	return text
}
