package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rbee/internal/wire"
)

func TestExitCodes(t *testing.T) {
	home := t.TempDir()
	ports := freePorts(t, 3)
	state := filepath.Join(home, "queen.db")
	foreign := filepath.Join(home, "foreign.db")
	if err := os.WriteFile(foreign, []byte("this is no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	q := startQueen(t, home, state, ports[0], "--discovery-delay", "1h")
	startHive(t, home, ports[1], "gpu")
	hiveState := filepath.Join(home, "hive-"+strconv.Itoa(ports[1]))
	free := strconv.Itoa(ports[2])
	for _, tt := range []struct {
		name    string
		program string
		args    []string
		code    int
		says    []string
	}{
		{"second queen on one file", "queen-rbee", []string{"--state", state, "--port", free}, 4, []string{"pid " + strconv.Itoa(q.cmd.Process.Pid), "--state"}},
		{"foreign file", "queen-rbee", []string{"--state", foreign, "--port", free}, 3, []string{foreign}},
		{"unusable directory", "queen-rbee", []string{"--state", "/proc/nowhere/queen.db", "--port", free}, 5, []string{"/proc/nowhere", "--state"}},
		{"port taken", "queen-rbee", []string{"--state", filepath.Join(home, "x.db"), "--port", strconv.Itoa(ports[0])}, 1, []string{strconv.Itoa(ports[0]), "--port"}},
		{"unknown flag", "queen-rbee", []string{"--nope"}, 2, []string{"--nope", "--help"}},
		{"bad advertise URL", "queen-rbee", []string{"--advertise-url", "ftp://x"}, 2, []string{"ftp://x"}},
		{"bad bind address", "queen-rbee", []string{"--bind", "nowhere"}, 2, []string{"nowhere"}},
		{"second hive on one directory", "rbee-hive", []string{"--state-dir", hiveState, "--port", free}, 4, []string{"pid", "--state-dir"}},
		{"bad hive id", "rbee-hive", []string{"--hive-id", "-x", "--state-dir", filepath.Join(home, "h2"), "--port", free}, 2, []string{"-x"}},
		{"no queen", "rbee-keeper", []string{"--queen", "http://127.0.0.1:" + free, "hives"}, 1, []string{free, "queen-rbee"}},
		{"bad queen", "rbee-keeper", []string{"--queen", "localhost", "hives"}, 2, []string{"localhost"}},
		{"unknown command", "rbee-keeper", []string{"hive-list"}, 2, []string{"hive-list"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := startProgram(t, home, tt.program, tt.args...)
			if code := p.wait(); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, part := range tt.says {
				if !strings.Contains(p.log.String(), part) {
					t.Errorf("the message does not name %q:\n%s", part, p.log)
				}
			}
		})
	}
}

func TestKeeperAgainstARealQueen(t *testing.T) {
	home := t.TempDir()
	ports := freePorts(t, 2)
	q := startQueen(t, home, filepath.Join(home, "queen.db"), ports[0], "--discovery-delay", "0", "--hive-port", strconv.Itoa(ports[1]))
	startHive(t, home, ports[1], "gpu", "--queen-url", q.url)
	eventually(t, 5*time.Second, func() error { return q.healthy(1, "gpu") })
	keeper := func(args ...string) string {
		t.Helper()
		p := startProgram(t, home, "rbee-keeper", append([]string{"--queen", q.url}, args...)...)
		if code := p.wait(); code != 0 {
			t.Fatalf("%v ended with %d:\n%s", args, code, p.log)
		}
		return p.log.String()
	}
	for _, tt := range []struct{ command, says string }{
		{"hives", "gpu"},
		{"hive gpu", "CPU-0"},
		{"history gpu", "CPU"},
		{"events --kind hive.registered", "gpu"},
		{"discoveries", "localhost"},
		{"discover", "registered"},
		{"version", "rbee-keeper"},
	} {
		if out := keeper(strings.Fields(tt.command)...); !strings.Contains(out, tt.says) {
			t.Errorf("%s says %q, want %q in it", tt.command, out, tt.says)
		}
	}
	var list wire.HiveList
	if err := json.Unmarshal([]byte(keeper("-o", "json", "hives")), &list); err != nil || len(list.Hives) != 1 {
		t.Errorf("hives as JSON: %v, %d hives", err, len(list.Hives))
	}
	keeper("forget", "gpu")
	// It lives, so that it is back with its next heartbeat but one.
	eventually(t, 5*time.Second, func() error { return q.healthy(1, "gpu") })
	if out := keeper("events", "--hive", "gpu"); !strings.Contains(out, "hive.forgotten") || !strings.Contains(out, "hive.rediscovered") {
		t.Errorf("forgetting does not show in the events:\n%s", out)
	}
}

// A hive of 2025 answers a pull with its devices only and knows no instance_id.
func TestAHiveOf2025(t *testing.T) {
	needSqlite3(t)
	home := t.TempDir()
	ports := freePorts(t, 1)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hivePort := ln.Addr().(*net.TCPAddr).Port
	pulled := make(chan string, 10)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pulled <- r.URL.Query().Get("queen_url")
		fmt.Fprint(w, `{"devices":[{"id":"CPU-0","name":"CPU (16 cores)","device_type":"cpu","vram_gb":64,"compute_capability":null}]}`)
	})}
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	config := fmt.Sprintf("Host old-box\n  HostName 127.0.0.1\n  # rbee: port=%d\n", hivePort)
	if err := os.WriteFile(filepath.Join(home, "ssh_config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	q := startQueen(t, home, filepath.Join(home, "queen.db"), ports[0], "--discovery-delay", "0", "--hive-port", "1")
	eventually(t, 5*time.Second, func() error { return q.healthy(1, "old-box") })
	if got := <-pulled; got != q.url {
		t.Errorf("the hive was told %q, want %q", got, q.url)
	}
	if got := sqlite3(t, q.state, "SELECT hive_id, device_id, vram_gb FROM audit_devices"); got != "old-box|CPU-0|64" {
		t.Errorf("before any heartbeat the devices read %q", got)
	}
	body := fmt.Sprintf(`{"hive":{"id":"localhost","hostname":"127.0.0.1","port":%d,"operational_status":"ready",`+
		`"health_status":{"status":"healthy"},"version":"0.1.0"},"timestamp":"2025-10-30T22:00:00.123456789Z","workers":[]}`, hivePort)
	resp, err := http.Post(q.url+wire.PathHeartbeat, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("its first heartbeat after the pull met %s", resp.Status)
	}
	if got := sqlite3(t, q.state, "SELECT hive_id, alias FROM audit_hives"); got != "localhost|old-box" {
		t.Errorf("the two entries read %q, want one: localhost|old-box", got)
	}
}

func TestHiveThatWasTiedBeforeRemembers(t *testing.T) {
	home := t.TempDir()
	ports := freePorts(t, 2)
	q := startQueen(t, home, filepath.Join(home, "queen.db"), ports[0], "--discovery-delay", "1h")
	h := startHive(t, home, ports[1], "gpu", "--queen-url", q.url)
	eventually(t, 5*time.Second, func() error { return q.healthy(1, "gpu") })
	h.kill()
	h = startHive(t, home, ports[1], "gpu")
	eventually(t, 5*time.Second, func() error { return q.healthy(1, "gpu") })
	h.end()
	h = startHive(t, home, ports[1], "gpu", "--queen-url=")
	if !strings.Contains(h.log.String(), "No queen_url configured, heartbeat disabled (standalone mode)") {
		t.Errorf("an empty --queen-url is not standalone:\n%s", h.log)
	}
	h.end()
	h = startHive(t, home, ports[1], "gpu")
	if !strings.Contains(h.log.String(), "standalone mode") {
		t.Errorf("the queen was not forgotten:\n%s", h.log)
	}
}
