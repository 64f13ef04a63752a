package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/hive"
	"rbee/internal/queen"
	"rbee/internal/wire"
)

func ptr[T any](v T) *T { return &v }

// sshConfig writes one that names the hosts.
func (w *world) sshConfig(hosts ...string) func(*queen.Config) {
	w.t.Helper()
	var text strings.Builder
	for _, h := range hosts {
		alias, ip, _ := strings.Cut(h, "=")
		text.WriteString("Host " + alias + "\n  HostName " + ip + "\n")
	}
	path := filepath.Join(w.dir, "ssh_config")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return func(c *queen.Config) { c.SSHConfig = path }
}

func TestHiveFirstThenTheQueenPullsIt(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, w *world) {
		h := w.hive("10.0.0.2", "gpu", func(c *hive.Config) { c.QueenURL = ptr("http://10.0.0.1:7833") })
		w.at(10 * time.Minute)
		if got := h.log.count("Discovery attempt"); got != 5 {
			t.Errorf("%d discovery attempts in the log, want 5", got)
		}
		if got := h.log.count("All discovery attempts failed. Waiting for Queen to discover us via /capabilities"); got != 1 {
			t.Errorf("the last word on discovery stands %d times, want once", got)
		}
		if lines := strings.Count(h.log.String(), "\n"); lines > 12 {
			t.Errorf("ten minutes without a queen cost %d log lines, want at most 12:\n%s", lines, h.log)
		}
		w.queen("10.0.0.1", "queen.db", w.sshConfig("box=10.0.0.2"))
		w.at(10*time.Minute + 4900*time.Millisecond)
		if got := w.hives("10.0.0.1"); len(got) != 0 {
			t.Errorf("before the delay the queen knows %v", got)
		}
		w.at(10*time.Minute + 6*time.Second)
		got := w.hives("10.0.0.1")["gpu"]
		if got.Status != wire.StatusHealthy || got.Alias != "box" || len(got.Devices) != 2 || got.Node == nil {
			t.Errorf("after the pull the queen has %+v", got)
		}
	})
}

func TestQueenFirstThenTheHivePushes(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, w *world) {
		w.queen("10.0.0.1", "queen.db", nil)
		w.at(time.Minute)
		h := w.hive("10.0.0.2", "gpu", func(c *hive.Config) { c.QueenURL = ptr("http://10.0.0.1:7833") })
		w.at(time.Minute + 10*time.Second + 500*time.Millisecond)
		if h.log.count("Discovery attempt") != 1 || h.log.count("Queen restart") != 0 {
			t.Errorf("one attempt should do:\n%s", h.log)
		}
		history, err := w.client("10.0.0.1").History(t.Context(), "gpu", 100)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(history.Samples); n < 10 || n > 12 { // the attempt, then one a second
			t.Errorf("%d heartbeats in ten seconds", n)
		}
	})
}

func TestBothAtOnceLeaveOneLoop(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, w *world) {
		w.queen("10.0.0.1", "queen.db", func(c *queen.Config) {
			w.sshConfig("box=10.0.0.2", "again=10.0.0.2", "other=10.0.0.2")(c)
			c.DiscoveryDelay = 0
		})
		w.hive("10.0.0.2", "gpu", func(c *hive.Config) { c.QueenURL = ptr("http://10.0.0.1:7833") })
		w.at(20 * time.Second)
		before := w.sampleCount("10.0.0.1", "gpu")
		w.at(30 * time.Second)
		if n := w.sampleCount("10.0.0.1", "gpu") - before; n < 9 || n > 11 {
			t.Errorf("%d heartbeats in 10 s, want 9 to 11", n)
		}
	})
}

func (w *world) sampleCount(queenIP, id string) int {
	w.t.Helper()
	c := w.client(queenIP)
	defer c.Close()
	history, err := c.History(w.t.Context(), id, 2000)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(history.Samples)
}

func TestARestartIsHealedFromTheStateFile(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, w *world) {
		never := func(c *queen.Config) { c.DiscoveryDelay, c.SSHConfig = 1000*time.Hour, "" }
		ips := []string{"10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"}
		ids := []string{"a", "b", "c", "d"}
		for i, ip := range ips {
			w.hive(ip, ids[i], nil) // standalone: found by pull only
		}
		q := w.queen("10.0.0.1", "queen.db", w.sshConfig("a=10.0.0.2", "b=10.0.0.3", "c=10.0.0.4", "d=10.0.0.5"))
		w.at(10 * time.Second)
		q.stop()
		w.at(12 * time.Second)
		w.queen("10.0.0.1", "queen.db", never)
		w.at(15 * time.Second)
		for id, h := range w.hives("10.0.0.1") {
			if h.Status != wire.StatusHealthy || h.RegisteredEpoch != 2 {
				t.Errorf("three seconds after the restart hive %s is %s, registered in epoch %d", id, h.Status, h.RegisteredEpoch)
			}
		}
		events := w.events("10.0.0.1")
		for _, id := range ids {
			if !slices.Contains(events, "hive.registered "+id) || !slices.Contains(events, "hive.rediscovered "+id) {
				t.Errorf("events of %s are missing in %v", id, events)
			}
		}
		if n := len(slices.DeleteFunc(events, func(e string) bool { return !strings.HasPrefix(e, "hive.rediscovered") })); n != 4 {
			t.Errorf("%d hive.rediscovered, want one for each of four hives", n)
		}
	})
}

func TestAHiveThatOnlyEverPushedRediscovers(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, w *world) {
		never := func(c *queen.Config) { c.DiscoveryDelay = 1000 * time.Hour }
		q := w.queen("10.0.0.1", "queen.db", never)
		// The queen cannot reach it: its port is not what it says.
		h := w.hive("10.0.0.2", "pusher", func(c *hive.Config) { c.QueenURL = ptr("http://10.0.0.1:7833") })
		w.net.Silence("10.0.0.2:7835", true)
		w.at(10 * time.Second)
		q.stop()
		w.queen("10.0.0.1", "queen.db", never) // back before the next heartbeat: only the 404 tells
		w.at(13 * time.Second)
		got := w.hives("10.0.0.1")["pusher"]
		if got.Status != wire.StatusHealthy || got.RegisteredEpoch != 2 {
			t.Errorf("after the restart: %s, registered in epoch %d", got.Status, got.RegisteredEpoch)
		}
		if n := h.log.count("Queen restart detected"); n != 1 {
			t.Errorf("restart detected %d times:\n%s", n, h.log)
		}
		events := slices.DeleteFunc(w.events("10.0.0.1"), func(e string) bool { return e == "discovery.completed" })
		want := []string{"queen.started", "hive.registered pusher", "queen.stopped", "queen.started", "hive.rediscovered pusher"}
		if diff := cmp.Diff(want, events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestTwoQueensLeaveEachOtherInPeace(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, w *world) {
		config := w.sshConfig("box=10.0.0.3")
		w.queen("10.0.0.1", "one.db", config)
		h := w.hive("10.0.0.3", "gpu", nil)
		w.at(10 * time.Second)
		two := w.queen("10.0.0.2", "two.db", config)
		w.at(3 * time.Hour)
		if got := w.hives("10.0.0.1")["gpu"]; got.Status != wire.StatusHealthy {
			t.Errorf("the first queen lost the hive: %+v", got)
		}
		if got := w.hives("10.0.0.2"); len(got) != 0 {
			t.Errorf("the second queen registered %v", got)
		}
		if n := h.log.count("Discovery attempt"); n != 1 {
			t.Errorf("the hive moved:\n%s", h.log)
		}
		if n := two.log.count("Discovery complete"); n != 1 {
			t.Errorf("the second queen summed up %d rounds, though nothing changed after the first:\n%s", n, two.log)
		}
		found, err := w.client("10.0.0.2").Discoveries(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		conflicts := 0
		for _, d := range found.Discoveries {
			if d.Alias == "box" && d.Error == wire.ErrorConflict {
				conflicts++
			}
		}
		if conflicts != 1 {
			t.Errorf("the second queen recorded the conflict %d times, want once: %+v", conflicts, found)
		}

		if _, err := w.client("10.0.0.2").Discover(t.Context(), wire.DiscoveryRequest{Take: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if got := w.hives("10.0.0.2")["gpu"]; got.Status != wire.StatusHealthy {
			t.Errorf("after take the second queen has %+v", got)
		}
		time.Sleep(20 * time.Second)
		if got := w.hives("10.0.0.1")["gpu"]; got.Status != wire.StatusDown {
			t.Errorf("after take the first queen still says %s", got.Status)
		}
	})
}

func TestTheSecondQueenGetsAHiveWhoseQueenIsGone(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, w *world) {
		config := w.sshConfig("box=10.0.0.3")
		one := w.queen("10.0.0.1", "one.db", config)
		w.hive("10.0.0.3", "gpu", nil)
		w.at(10 * time.Second)
		one.stop()
		w.at(2 * time.Minute)
		w.queen("10.0.0.2", "two.db", config)
		w.at(2*time.Minute + 7*time.Second)
		if got := w.hives("10.0.0.2")["gpu"]; got.Status != wire.StatusHealthy {
			t.Errorf("the second queen has %+v", got)
		}
	})
}

func TestAPlannedStopIsNoLoss(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, w *world) {
		w.queen("10.0.0.1", "queen.db", nil)
		h := w.hive("10.0.0.2", "gpu", func(c *hive.Config) { c.QueenURL = ptr("http://10.0.0.1:7833") })
		w.at(10 * time.Second)
		h.stop()
		w.at(10 * time.Minute)
		if got := w.hives("10.0.0.1")["gpu"].Status; got != wire.StatusStopped {
			t.Errorf("ten minutes after a planned stop the hive is %s", got)
		}
		w.hive("10.0.0.2", "gpu", nil) // remembers its queen
		w.at(10*time.Minute + 3*time.Second)
		if got := w.hives("10.0.0.1")["gpu"].Status; got != wire.StatusHealthy {
			t.Errorf("after its return the hive is %s", got)
		}
		events := slices.DeleteFunc(w.events("10.0.0.1"), func(e string) bool { return !strings.HasPrefix(e, "hive.") })
		if diff := cmp.Diff([]string{"hive.registered gpu", "hive.stopped gpu", "hive.recovered gpu"}, events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestAClonedHiveIsTurnedAway(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, w *world) {
		toQueen := func(c *hive.Config) { c.QueenURL = ptr("http://10.0.0.1:7833") }
		w.queen("10.0.0.1", "queen.db", nil)
		w.at(time.Second) // what she knows from her state file she has probed, so not a hive that pushes in the same instant
		first := w.hive("10.0.0.2", "gpu", toQueen)
		w.at(10 * time.Second)
		second := w.hive("10.0.0.3", "gpu", toQueen)
		w.at(5 * time.Minute)
		if got := w.hives("10.0.0.1")["gpu"]; got.Status != wire.StatusHealthy || got.Address != "10.0.0.2" {
			t.Errorf("the incumbent was harmed: %+v", got)
		}
		if n := second.log.count("level=ERROR"); n != 1 {
			t.Errorf("the newcomer logged %d errors, want one:\n%s", n, second.log)
		}
		first.stop()
		w.at(8 * time.Minute)
		if got := w.hives("10.0.0.1")["gpu"]; got.Status != wire.StatusHealthy || got.Address != "10.0.0.3" {
			t.Errorf("the newcomer did not replace the incumbent that stopped: %+v", got)
		}
		events := slices.DeleteFunc(w.events("10.0.0.1"), func(e string) bool { return !strings.HasPrefix(e, "hive.") })
		want := []string{"hive.registered gpu", "hive.id_conflict gpu", "hive.stopped gpu", "hive.replaced gpu", "hive.recovered gpu"}
		if diff := cmp.Diff(want, events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}
