package store

import (
	"context"
	"iter"
	"time"

	"rbee/internal/rollup"
	"rbee/internal/wire"
)

// count takes what was committed into the sums of the history.
func (s *Store) count(tx *Tx) {
	s.grown(tx)
	if s.tally == nil {
		return
	}
	for i := range tx.beats {
		b := &tx.beats[i]
		s.tally.Beat(b.HivePK, b.Received, b.Next, b.Heartbeat.Node, b.Heartbeat.Workers)
	}
}

// StartHistory begins to sum up heartbeats, at now.
func (s *Store) StartHistory(ctx context.Context, now time.Time) error {
	return s.Write(ctx, func(tx *Tx) error {
		tx.OnCommit(func() { s.tally = rollup.NewTally(now, s.missing(now)) })
		return nil
	})
}

// judgedAtOnce is how many judgements the history takes at once: all of a large
// fleet would hold up the heartbeats that wait.
const judgedAtOnce = 500

// Tick tells, about once a second, how hives are judged. It returns what has to
// be rebuilt.
func (s *Store) Tick(ctx context.Context, now time.Time, judged iter.Seq2[int64, wire.Status]) (due []rollup.Span, err error) {
	type judgement struct {
		hivePK int64
		status wire.Status
	}
	var all []judgement
	for pk, status := range judged {
		all = append(all, judgement{pk, status})
	}
	for began, ended := false, false; !ended && err == nil; began = true {
		part := all[:min(judgedAtOnce, len(all))]
		all = all[len(part):]
		ended = len(all) == 0
		err = s.Write(ctx, func(tx *Tx) error {
			tx.OnCommit(func() {
				if !began {
					s.tally.BeginTick(now)
				}
				for _, j := range part {
					s.tally.Judge(j.hivePK, j.status)
				}
				if ended {
					s.tally.EndTick()
					due = s.tally.Due()
				}
			})
			return nil
		})
	}
	return due, err
}

// Forget ends what the history expects of a hive.
func (tx *Tx) Forget(hivePK int64) {
	tx.OnCommit(func() {
		if tx.s.tally != nil {
			tx.s.tally.Forget(hivePK)
		}
	})
}
