package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"rbee/internal/wire"
)

func TestMain(m *testing.M) {
	for name, child := range map[string]func(path string) error{
		"STORE_TEST_FAULT": faultChild, "STORE_TEST_UPGRADE": upgradeChild, "STORE_TEST_SPACE": spaceChild,
		"STORE_TEST_CRASH": crashChild, "STORE_TEST_POWERCUT": powercutChild, "STORE_TEST_IOFAULT": iofaultChild,
		"STORE_TEST_DAMAGE": damageChild,
	} {
		if path := os.Getenv(name); path != "" {
			if err := child(path); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	if path := os.Getenv("STORE_TEST_RESTORE"); path != "" {
		if err := restoreChild(path, os.Getenv("STORE_TEST_COPY")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	checkShare = 0
	goleak.VerifyTestMain(m)
}

var discard = slog.New(slog.DiscardHandler)

// testLog collects what is logged.
func testLog() (log *slog.Logger, said func() string) {
	var text bytes.Buffer
	return slog.New(slog.NewTextHandler(&text, nil)), text.String
}

func openTest(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, discard)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "state", "queen.db") }

var testTime = time.Date(2026, 3, 4, 5, 6, 7, 89_000_000, time.UTC)

func testHive(id string) *Hive {
	return &Hive{
		Beating: true,
		ID:      id, Hostname: id, Address: "10.0.0.1", Port: 7835, PeerIP: "10.0.0.1", OperationalStatus: wire.Ready,
		HealthStatus: wire.HealthStatus{Status: wire.HealthHealthy}, RegisteredEpoch: 1, FirstSeen: testTime,
		Aliases: []string{}, Devices: []wire.Device{},
	}
}

func ptr[T any](v T) *T { return &v }

func fullHeartbeat() *wire.Heartbeat {
	return &wire.Heartbeat{
		Timestamp: testTime.Add(-20 * time.Millisecond),
		Workers: []wire.Worker{
			{
				PID: 1234, Group: "llm", Instance: "8080", CPUPct: 122, RSSMB: 9821, IOReadMBS: 12.3, IOWriteMBS: 0.1,
				UptimeS: 432, GPUUtilPct: 64, VRAMMB: 7900, TotalVRAMMB: 24564, Model: ptr("llama-3.2-1b"),
			},
			{PID: 7, Group: "llm", Instance: "8081"},
		},
		Node: &wire.Node{CPUPct: 37.2, RAMUsedMB: 12345, RAMTotalMB: 65536, GPUs: []wire.GPU{
			{ID: "GPU-0", UtilPct: ptr(64.0), VRAMUsedMB: ptr[int64](8123), VRAMTotalMB: ptr[int64](24564), TempC: ptr(66.5), PowerW: ptr(210.25)},
			{ID: "GPU-1"},
			{ID: "GPU-2", ForeignVRAMMB: ptr[int64](512)},
			{ID: "GPU-3", ForeignVRAMMB: ptr[int64](0)},
		}},
	}
}

func addHeartbeats(t *testing.T, s *Store, h *Hive, hbs ...*wire.Heartbeat) {
	t.Helper()
	err := s.Write(t.Context(), func(tx *Tx) error {
		if err := tx.SaveHive(h); err != nil {
			return err
		}
		for i, hb := range hbs {
			tx.Heartbeat(Beat{h.PK, 1, testTime.Add(time.Duration(i) * time.Second), time.Second, hb})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// auditor runs the sqlite3 program, as an auditor does.
func auditor(t testing.TB, path, query string) string {
	t.Helper()
	bin, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("SKIPPED: the sqlite3 program is not installed, the auditor's view is not tested")
	}
	out, err := exec.CommandContext(t.Context(), bin, "-readonly", path, query).CombinedOutput()
	if err != nil {
		t.Fatalf("sqlite3 %q: %v\n%s", query, err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestWhatAHeartbeatSaidComesBack(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	bare := &wire.Heartbeat{Timestamp: testTime, Workers: []wire.Worker{}}
	addHeartbeats(t, s, testHive("gaming-pc"), fullHeartbeat(), bare)

	got, err := s.Heartbeats(t.Context(), HeartbeatFilter{HiveID: "gaming-pc", Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	full := fullHeartbeat()
	want := []wire.Sample{
		{Epoch: 1, ReceivedAt: testTime, SentAt: full.Timestamp, Workers: full.Workers, Node: full.Node},
		{Epoch: 1, ReceivedAt: testTime.Add(time.Second), SentAt: testTime, Workers: []wire.Worker{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}

	row := auditor(t, path, "SELECT hive_id, epoch, received_at, sent_at FROM audit_heartbeats ORDER BY received_at LIMIT 1")
	if want := "gaming-pc|1|2026-03-04T05:06:07.089Z|2026-03-04T05:06:07.069Z"; row != want {
		t.Errorf("sqlite3 reads %q, want %q", row, want)
	}
	var workers []wire.Worker
	text := auditor(t, path, "SELECT workers FROM audit_heartbeats ORDER BY received_at LIMIT 1")
	if err := json.Unmarshal([]byte(text), &workers); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full.Workers, workers); diff != "" {
		t.Errorf("workers by sqlite3 (-want +got):\n%s", diff)
	}
	if got := auditor(t, path, "SELECT typeof(node), workers FROM audit_heartbeats ORDER BY received_at DESC LIMIT 1"); got != "null|[]" {
		t.Errorf("a bare heartbeat reads %q, want null|[]", got)
	}
}

func TestHivesSurviveReopening(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	h := testHive("a")
	h.InstanceID, h.Alias, h.Aliases, h.Pulled, h.PulledAt = "i-1", "box", []string{"box2", "box3"}, true, testTime
	h.Devices = []wire.Device{{ID: "GPU-0", Name: "RTX", DeviceType: "gpu", VRAMGB: ptr[int64](24), ComputeCapability: ptr("8.9")}, {ID: "CPU-0", Name: "CPU", DeviceType: "cpu"}}
	h.HealthStatus = wire.HealthStatus{Status: wire.HealthDegraded, Reason: "hot"}
	err := s.Write(t.Context(), func(tx *Tx) error {
		if err := tx.SaveHive(h); err != nil {
			return err
		}
		if err := tx.SaveAliases(h); err != nil {
			return err
		}
		return tx.SetDevices(h.PK, h.Devices, 1, testTime)
	})
	if err != nil {
		t.Fatal(err)
	}
	id := s.QueenID
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, path)
	if s.QueenID != id || id == "" {
		t.Errorf("queen id %q after reopening, was %q", s.QueenID, id)
	}
	got, err := s.Hives(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := *h
	want.LastSeen = testTime
	if diff := cmp.Diff([]Hive{want}, got); diff != "" {
		t.Errorf("hives (-want +got):\n%s", diff)
	}
}

// holdWriter keeps the writer busy, alone in its group, until the returned
// channel is closed.
func holdWriter(t *testing.T, s *Store, wg *sync.WaitGroup) chan struct{} {
	t.Helper()
	started, hold := make(chan struct{}), make(chan struct{})
	wg.Go(func() { _ = s.Write(t.Context(), func(*Tx) error { close(started); <-hold; return nil }) })
	<-started
	return hold
}

func TestOneFailingWriteDoesNotHarmItsGroup(t *testing.T) {
	s := openTest(t, newPath(t))
	boom := errors.New("boom")
	if err := s.Write(t.Context(), func(tx *Tx) error { return tx.SaveHive(testHive("haa")) }); err != nil {
		t.Fatal(err) // whose id write 9 wants, whatever the order
	}
	var wg sync.WaitGroup
	hold := holdWriter(t, s, &wg) // the rest gathers behind it
	errs := make([]error, 40)
	var committed, rolledBack int
	for i := range errs {
		wg.Go(func() {
			errs[i] = s.Write(t.Context(), func(tx *Tx) error {
				h := testHive("h" + string(rune('a'+i%26)) + string(rune('a'+i/26)))
				if err := tx.SaveHive(h); err != nil {
					return err
				}
				tx.OnCommit(func() { committed++ })
				tx.OnRollback(func() { rolledBack++ })
				switch i {
				case 7:
					return boom
				case 8:
					panic("a mistake")
				case 9:
					return tx.RenameHive(h.PK, "haa")
				}
				return nil
			})
		})
	}
	for len(s.queue) < len(errs) {
		time.Sleep(time.Millisecond)
	}
	close(hold)
	wg.Wait()
	failed := 0
	for i, err := range errs {
		if err != nil {
			failed++
		}
		if (err != nil) != (i == 7 || i == 8 || i == 9) {
			t.Errorf("write %d: error %v", i, err)
		}
	}
	if !errors.Is(errs[7], boom) {
		t.Errorf("write 7 got %v, want boom", errs[7])
	}
	hives, err := s.Hives(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(hives) != len(errs)-failed || committed != len(hives) || rolledBack == 0 {
		t.Errorf("%d hives on disk, %d commit hooks, %d rollback hooks; want %d, %d, some",
			len(hives), committed, rolledBack, len(errs)-failed, len(errs)-failed)
	}
}

func TestWaitingWritesShareACommit(t *testing.T) {
	s := openTest(t, newPath(t))
	var wg sync.WaitGroup
	hold := holdWriter(t, s, &wg) // the rest gathers behind it
	seen := map[*Tx]int{}
	for range 100 {
		wg.Go(func() {
			_ = s.Write(t.Context(), func(tx *Tx) error { seen[tx]++; return nil })
		})
	}
	for len(s.queue) < 100 {
		time.Sleep(time.Millisecond)
	}
	close(hold)
	wg.Wait()
	if len(seen) != 1 {
		t.Errorf("100 waiting writes took %d transactions, want 1", len(seen))
	}
}

func TestAFullQueueSaysSo(t *testing.T) {
	s := openTest(t, newPath(t))
	var wg sync.WaitGroup
	hold := holdWriter(t, s, &wg)
	for range queueSize {
		s.queue <- &write{apply: func(*Tx) error { return nil }, done: make(chan error, 1)}
	}
	if err := s.TryWrite(func(*Tx) error { return nil }); !errors.Is(err, ErrQueueFull) {
		t.Errorf("TryWrite on a full queue: %v, want ErrQueueFull", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Write(ctx, func(*Tx) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Write on a full queue: %v, want its context's error", err)
	}
	close(hold)
	wg.Wait()
	if err := s.Write(t.Context(), func(*Tx) error { return nil }); err != nil {
		t.Errorf("Write after the queue drained: %v", err)
	}
}

func TestDecidingWithoutWritingTouchesNoFile(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	before, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := s.Write(t.Context(), func(*Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	after, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if before.Size() != after.Size() {
		t.Errorf("WAL grew from %d to %d bytes by writes that wrote nothing", before.Size(), after.Size())
	}
}

func TestWritesAfterCloseFail(t *testing.T) {
	s := openTest(t, newPath(t))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("Write after Close: %v, want ErrClosed", err)
	}
	if err := s.TryWrite(func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("TryWrite after Close: %v, want ErrClosed", err)
	}
}

func TestEventsByPageAndFilter(t *testing.T) {
	s := openTest(t, newPath(t))
	err := s.Write(t.Context(), func(tx *Tx) error {
		for i, kind := range []wire.EventKind{wire.EventHiveDown, wire.EventHiveRecovered, wire.EventHiveDown, wire.EventQueenStarted} {
			hive := []string{"a", "a", "b", ""}[i]
			if _, err := tx.Event(testTime, 1, kind, hive, map[string]int{"n": i}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		filter EventFilter
		want   []int64
	}{
		{"the last two", EventFilter{Limit: 2}, []int64{3, 4}},
		{"the first two after 0", EventFilter{After: ptr[int64](0), Limit: 2}, []int64{1, 2}},
		{"after the first", EventFilter{After: ptr[int64](1), Limit: 10}, []int64{2, 3, 4}},
		{"of a hive", EventFilter{Hive: "a", Limit: 10}, []int64{1, 2}},
		{"of a kind", EventFilter{Kind: wire.EventHiveDown, Limit: 10}, []int64{1, 3}},
		{"of a hive and kind, paged", EventFilter{After: ptr[int64](1), Hive: "b", Kind: wire.EventHiveDown, Limit: 10}, []int64{3}},
		{"none", EventFilter{After: ptr[int64](9), Limit: 10}, nil},
	} {
		events, err := s.Events(t.Context(), tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, e := range events {
			got = append(got, e.ID)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestDiscoveriesOlderThan90DaysGo(t *testing.T) {
	s := openTest(t, newPath(t))
	err := s.Write(t.Context(), func(tx *Tx) error {
		for _, days := range []int{91, 89, 0} {
			d := wire.Discovery{
				Alias: "a", Hostname: "h", Port: 1, Source: wire.SourceSSH, Outcome: wire.OutcomeFailed,
				Error: wire.ErrorRefused, ErrorText: "no", AttemptedAt: testTime.AddDate(0, 0, -days), Epoch: 1,
			}
			if err := tx.Discovery(d); err != nil {
				return err
			}
		}
		return tx.PruneDiscoveries(testTime)
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Discoveries(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || !got[0].AttemptedAt.Equal(testTime) || got[0].Error != wire.ErrorRefused {
		t.Errorf("kept %+v, want the two of the last 90 days, newest first", got)
	}
}

func TestEpochsCountAndCrashesAreFound(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	start := func(at time.Time) int64 {
		t.Helper()
		epoch, err := s.StartEpoch(t.Context(), at, "1.2.3")
		if err != nil {
			t.Fatal(err)
		}
		return epoch
	}
	reopen := func() {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = openTest(t, path)
	}
	if got := start(testTime); got != 1 {
		t.Errorf("first epoch %d", got)
	}
	h := testHive("a")
	addHeartbeats(t, s, h, fullHeartbeat(), fullHeartbeat()) // the last one second after testTime
	reopen()
	if got := start(testTime.Add(time.Hour)); got != 2 {
		t.Errorf("second epoch %d", got)
	}
	if err := s.StopEpoch(t.Context(), testTime.Add(2*time.Hour), 2); err != nil {
		t.Fatal(err)
	}
	reopen()
	start(testTime.Add(3 * time.Hour))
	got := auditor(t, path, "SELECT epoch, started_at, coalesce(stopped_at, '-'), coalesce(stop_reason, '-'), version, schema_version FROM audit_epochs")
	want := "1|2026-03-04T05:06:07.089Z|2026-03-04T05:06:08.089Z|crash|1.2.3|6\n" +
		"2|2026-03-04T06:06:07.089Z|2026-03-04T07:06:07.089Z|clean|1.2.3|6\n" +
		"3|2026-03-04T08:06:07.089Z|-|-|1.2.3|6"
	if got != want {
		t.Errorf("epochs:\n%s\nwant:\n%s", got, want)
	}
	got = auditor(t, path, "SELECT kind, epoch, detail FROM audit_events WHERE kind LIKE 'queen.c%'")
	want = `queen.crashed|2|{"epoch":1,"last_sign_of_life":"2026-03-04T05:06:08.089Z"}`
	if got != want {
		t.Errorf("crash event %q, want %q", got, want)
	}
}
