package bench

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rbee/internal/rollup"
	"rbee/internal/store"
	"rbee/internal/wire"
)

var silent = slog.New(slog.DiscardHandler)

// beaten makes a state file with so many heartbeats of each hive, as a queen
// leaves it, and the list of them as the swarm writes it.
func beaten(t *testing.T, hives, each int) (state, acked string) {
	t.Helper()
	dir := t.TempDir()
	state, acked = filepath.Join(dir, "queen.db"), filepath.Join(dir, "acked")
	s, err := store.Open(t.Context(), state, silent)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l := lone{store: s, hives: map[string]int64{}}
	if l.epoch, err = s.StartEpoch(t.Context(), time.Now(), "test"); err != nil {
		t.Fatal(err)
	}
	list := ""
	sent := time.Now().UTC().Truncate(time.Millisecond)
	for n := range each {
		for i := range hives {
			hb := heartbeat(fmt.Sprintf("swarm-%06d", i), sent.Add(time.Duration(n)*time.Second))
			if err := l.take(hb); err != nil {
				t.Fatal(err)
			}
			list += hb.Hive.ID + " " + hb.Timestamp.Format("2006-01-02T15:04:05.000Z") + "\n"
		}
	}
	if err := os.WriteFile(acked, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	return state, acked
}

func heartbeat(id string, at time.Time) *wire.Heartbeat {
	model, util, used, total := "llama", 64.0, int64(8123), int64(24564)
	hb := &wire.Heartbeat{
		Hive: wire.HiveInfo{ID: id, Port: 1}, Timestamp: at,
		Workers: []wire.Worker{{PID: 1, Group: "llm", Instance: "8080", CPUPct: 12, RSSMB: 9000, TotalVRAMMB: total, Model: &model}},
		Node:    &wire.Node{CPUPct: 50, RAMUsedMB: 1000, RAMTotalMB: 2000, GPUs: []wire.GPU{{ID: "GPU-0", UtilPct: &util, VRAMUsedMB: &used, VRAMTotalMB: &total}}},
	}
	hb.Normalize()
	return hb
}

func TestLoss(t *testing.T) {
	state, acked := beaten(t, 3, 4)
	if missing, n, err := loss(t.Context(), acked, state); err != nil || n != 12 || len(missing) != 0 {
		t.Fatalf("of a whole file %v are missing of %d: %v", missing, n, err)
	}
	// It has taken one away to see whether that is found; now it is.
	missing, n, err := loss(t.Context(), acked, state)
	if err != nil || n != 12 || len(missing) != 1 {
		t.Errorf("of a file that lacks one %v are missing of %d: %v", missing, n, err)
	}
	if err := os.WriteFile(acked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := loss(t.Context(), acked, state); err == nil {
		t.Error("without a single ack, nothing was lost")
	}
}

func TestRawSize(t *testing.T) {
	state, _ := beaten(t, 10, 100)
	r, err := rawSize(t.Context(), state)
	if err != nil || r.count != 1000 || r.content/r.count < 50 || r.bytes < r.content || r.bytes/r.count > 400 {
		t.Errorf("the heartbeats take %+v: %v", r, err)
	}
}

func TestReturned(t *testing.T) {
	state, _ := beaten(t, 2, 1)
	s, err := store.Open(t.Context(), state, silent)
	if err != nil {
		t.Fatal(err)
	}
	back := time.Now().Truncate(time.Millisecond)
	epoch, err := s.StartEpoch(t.Context(), back, "test")
	if err != nil {
		t.Fatal(err)
	}
	err = s.Write(t.Context(), func(tx *store.Tx) error {
		for i, kind := range []wire.EventKind{wire.EventHiveRediscovered, wire.EventHiveRegistered, wire.EventHiveRecovered} {
			id := []string{"a", "b", "a"}[i]
			if _, err := tx.Event(back.Add(time.Duration(i+1)*time.Second), epoch, kind, id, struct{}{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	took, err := returned(t.Context(), state, back)
	if err != nil || len(took) != 2 || took[0] != 1000 || took[1] != 2000 {
		t.Errorf("hives came back after %v ms: %v", took, err)
	}
}

// What is filled in is what the store itself would have written: she reads it.
func TestTheDayThatIsFilledInReadsAsOne(t *testing.T) {
	state, _ := beaten(t, 3, 2)
	if err := fill(t.Context(), state); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), state, silent)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	to := time.Now().UTC().Truncate(time.Hour)
	for tier, step := range map[wire.Tier]time.Duration{wire.TierMinute: time.Minute, wire.TierHour: time.Hour} {
		sel := store.Selection{HiveID: "swarm-000001", Tier: tier, From: to.Add(-12 * time.Hour), To: to, Step: step}
		points := buckets(t, s, sel)
		for i, p := range points {
			if p == nil || p.Heartbeats != int64(step/time.Second) || len(p.GPUs) != 1 || p.GPUs[0].ID != "GPU-0" ||
				len(p.Workers) != 1 || p.Workers[0].Model != "llama" || p.CPUPct.N == 0 {
				t.Fatalf("%s %d of %d is %+v", tier, i, len(points), p)
			}
		}
	}
	samples, err := s.Heartbeats(t.Context(), store.HeartbeatFilter{HiveID: "swarm-000002", Limit: 2000})
	if err != nil || len(samples) != rawMinutes*60 || len(samples[0].Workers) != 1 {
		t.Errorf("%d single heartbeats are there: %v", len(samples), err)
	}
	events, err := s.Events(t.Context(), store.EventFilter{Hive: "swarm-000000", Limit: 100})
	if err != nil || len(events) < eventsEach {
		t.Errorf("%d events are there: %v", len(events), err)
	}
}

func buckets(t *testing.T, s *store.Store, sel store.Selection) []*rollup.Bucket {
	t.Helper()
	points, err := s.Buckets(context.WithoutCancel(t.Context()), sel)
	if err != nil || len(points) == 0 {
		t.Fatalf("%d points: %v", len(points), err)
	}
	return points
}
