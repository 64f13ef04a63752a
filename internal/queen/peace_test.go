package queen

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// loyal is a hive that follows the contract: it serves the queen that has it as
// long as she answers, and leaves her only for a pull with take.
type loyal struct {
	b  *bed
	ip string

	mu       sync.Mutex
	queen    *running // nil: standalone
	announce bool     // the next heartbeat carries capabilities
	moves    []string // the queens it turned to, by address
}

// queens finds a queen by the URL she advertises.
type queens map[string]*running

func (h *loyal) answer(all queens) answerer {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		h.mu.Lock()
		defer h.mu.Unlock()
		if asks := all[q.Get(wire.QueryQueenURL)]; h.queen == nil || q.Get(wire.QueryTake) == "1" {
			h.queen, h.announce = asks, true
			h.moves = append(h.moves, asks.addr)
		}
		url, id := "http://"+h.queen.addr, h.queen.store.QueenID
		_ = json.NewEncoder(w).Encode(wire.Capabilities{
			Hive: &wire.HiveInfo{
				ID: "a", InstanceID: "i-1", Port: wire.DefaultHivePort, OperationalStatus: wire.Ready,
				HealthStatus: wire.HealthStatus{Status: wire.HealthHealthy},
			},
			State: wire.Telemetry, QueenURL: &url, QueenID: &id, Devices: []wire.Device{gpu},
		})
	}
}

func (h *loyal) turns() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.moves)
}

// beat sends what is due to the queen the hive serves.
func (h *loyal) beat() {
	h.mu.Lock()
	queen, announce := h.queen, h.announce
	h.announce = false
	h.mu.Unlock()
	switch {
	case queen == nil:
	case announce:
		queen.beat(200, h.ip, h.b.beatOf("a", withInstance("i-1"), withDevices(gpu)))
	default:
		queen.beat(200, h.ip, h.b.beatOf("a", withInstance("i-1")))
	}
}

// Two queens with one SSH config: the first to pull a hive keeps it for hours,
// the other one asks, is told, notes it once and leaves it at that.
func TestTwoQueensLeaveEachOtherInPeace(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		all := queens{}
		config := b.sshConfig("Host box\n HostName 10.0.1.1\n")
		firstPath, secondPath := b.path, filepath.Join(t.TempDir(), "second.db")
		first := b.boot(config, after(5*time.Second, 5*time.Minute))
		all[queenURL] = first
		b.path = secondPath
		second := b.boot(config, after(6*time.Second, 5*time.Minute), func(c *Config) {
			c.Listener, c.Dial = b.net.Listen("10.0.0.2:7833"), b.dial("10.0.0.2")
		})
		all["http://10.0.0.2:7833"] = second
		h := &loyal{b: b, ip: "10.0.1.1"}
		b.hiveAt("10.0.1.1:7835", h.answer(all))
		b.sleep(7 * time.Second)
		for b.at() < 20*time.Minute {
			h.beat()
			b.sleep(2 * time.Second)
		}
		first.wantStatus("a", wire.StatusHealthy)
		for b.at() < 5*time.Hour { // with gaps, so that her own rounds ask again
			h.beat()
			b.sleep(time.Minute)
		}
		if diff := cmp.Diff([]string{"10.0.0.1:7833"}, h.turns()); diff != "" {
			t.Errorf("queens served (-want +got):\n%s", diff)
		}
		if ids := second.ids(); len(ids) != 0 {
			t.Errorf("the second queen has hives %q, want none", ids)
		}
		if h := first.hive("a"); h.RegisteredEpoch != 1 || first.count(wire.EventHiveRegistered, "a") != 1 {
			t.Errorf("the first queen has %+v", h)
		}
		b.wantOutcomes("localhost|localhost|failed||refused", "box|ssh|failed||conflict")
		b.path = firstPath
		b.wantOutcomes("localhost|localhost|failed||refused", "box|ssh|registered|a|")

		second.discover(`{"take":true}`) // the operator's word
		h.beat()
		if diff := cmp.Diff([]string{"10.0.0.1:7833", "10.0.0.2:7833"}, h.turns()); diff != "" {
			t.Errorf("queens served (-want +got):\n%s", diff)
		}
		b.sleep(time.Hour) // the first asks for it in her rounds, and is told
		if diff := cmp.Diff([]string{"10.0.0.1:7833", "10.0.0.2:7833"}, h.turns()); diff != "" {
			t.Errorf("queens served (-want +got):\n%s", diff)
		}
		first.wantStatus("a", wire.StatusDown)
		if got := b.outcomes(); !strings.HasSuffix(got[len(got)-1], "failed||conflict") {
			t.Errorf("the first queen's last result: got %s, want the conflict", got[len(got)-1])
		}
	})
}
