package e2e

import (
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// ownAddress is an address of this machine beside its loopback.
func ownAddress(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range all {
		if p, err := netip.ParsePrefix(at.String()); err == nil && p.Addr().Is4() && p.Addr().IsGlobalUnicast() {
			return p.Addr().String()
		}
	}
	t.Skip("*** THIS MACHINE HAS NO ADDRESS BESIDE ITS LOOPBACK: jobs for hives that are known by one are not tested ***")
	return ""
}

// A hive of the queen's machine that she knows by an address of the network gets
// jobs, whether it listens on that address alone or on all.
func TestJobsForAHiveKnownByAnAddressOfTheNetwork(t *testing.T) {
	own := ownAddress(t)
	for _, bind := range []string{own, "0.0.0.0"} {
		t.Run(bind, func(t *testing.T) {
			home := t.TempDir()
			ports := freePorts(t, 2)
			at := net.JoinHostPort(own, strconv.Itoa(ports[1]))
			q := startQueen(t, home, filepath.Join(home, "queen.db"), ports[0], "--bind", "0.0.0.0", "--discovery-delay", "9h")
			startProgram(t, home, "rbee-hive", "--bind", bind, "--port", strconv.Itoa(ports[1]), "--hive-id", "gpu",
				"--state-dir", filepath.Join(home, "hive"), "--models-dir", filepath.Join(home, "models"),
				"--queen-url", "http://"+net.JoinHostPort(own, strconv.Itoa(ports[0])))
			answers(t, "http://"+at)
			eventually(t, 5*time.Second, func() error { return q.healthy(1, "gpu") })
			k := keeping{t, home, q.url}
			if out := k.ask(0, "hive gpu"); !strings.Contains(out, at) {
				t.Fatalf("the queen does not know the hive at %s:\n%s", at, out)
			}
			if out := k.ask(1, "stop gpu 4711"); !strings.Contains(out, "no worker has the pid 4711") {
				t.Errorf("a job for a hive bound to %s: %q, want what the hive says of it", bind, out)
			}
			k.says("jobs gpu", "worker_process_delete", "failed")
		})
	}
}
