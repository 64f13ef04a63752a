package hive

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"rbee/internal/wire"
)

// A hive whose worker does not serve says so of itself, until it serves again.
// Where limits cannot be, the job and the check say so, and the worker serves.
func TestAHiveIsAsWellAsItsWorkers(t *testing.T) {
	s := newShop(t)
	const path = "state/workers.d/bounded.toml"
	s.copy("state/workers.d/fast.toml", path, "\n[limits]\nmemory_max = \"4GiB\"\n")
	d := s.do(`{"operation":"worker_spawn","worker":"bounded","model":"` + tiny + `","device":"CPU-0"}`)
	if d.last() != wire.JobMarkerDone || strings.Count(strings.Join(d.lines, "\n"), "its limits are not applied") != 1 {
		t.Fatalf("got %+v, want one line on limits", d)
	}
	check := s.do(`{"operation":"hive_check"}`)
	if !strings.Contains(strings.Join(check.lines, "\n"), "workers of the kinds bounded run unlimited") {
		t.Errorf("the check says %q", check.lines)
	}
	health := func() wire.HealthStatus {
		_, raw := s.ask(http.MethodGet, wire.PathInfo, "")
		return decode[wire.HiveSelf](t, raw).Hive.HealthStatus
	}
	if h := health(); h != (wire.HealthStatus{Status: wire.HealthHealthy}) {
		t.Errorf("health %+v", h)
	}
	w := s.workers()[0]
	if err := syscall.Kill(int(w.PID), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool {
		return health().Status == wire.HealthDegraded && strings.Contains(health().Reason, w.WorkerID)
	})
	until(t, func() bool { return health().Status == wire.HealthHealthy && s.workers()[0].State == wire.WorkerReady })
}
