package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rbee/internal/hive/model/gguftest"
)

// keeperSays runs the keeper and returns what it wrote and its exit code.
func keeperSays(t *testing.T, home, queen string, args ...string) (string, int) {
	t.Helper()
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(dir, "rbee-keeper"), args...)
	cmd.Env = []string{"HOME=" + home, "RBEE_KEEPER_QUEEN=" + queen}
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

// The doctor of the keeper, the check of a hive, and what a shell completes, on
// real daemons.
func TestDoctorCheckAndCompletion(t *testing.T) {
	home := t.TempDir()
	ports := freePorts(t, 3)
	if err := os.MkdirAll(filepath.Join(home, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := "Host git\n  HostName 10.0.0.9\n  User git\nHost box\n  HostName 10.0.0.7\n"
	if err := os.WriteFile(filepath.Join(home, ".ssh", "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	models := filepath.Join(home, ".local", "share", "rbee", "models")
	if err := os.MkdirAll(models, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(models, "tiny.gguf"), gguftest.Tiny().Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	nowhere := "http://127.0.0.1:" + strconv.Itoa(ports[2])
	says := func(queen string, args []string, code int, want ...string) string {
		t.Helper()
		out, got := keeperSays(t, home, queen, args...)
		if got != code {
			t.Errorf("%v: exit code %d, want %d:\n%s", args, got, code, out)
		}
		for _, text := range want {
			if !strings.Contains(out, text) {
				t.Errorf("%v does not say %q:\n%s", args, text, out)
			}
		}
		return out
	}
	// A queen that is away is the one error, and the SSH config is judged all the same.
	says(nowhere, []string{"doctor"}, 1, "error    queen: ", "git is skipped: ", "1 of 2 hosts", "1 finding needs action")
	if out, _ := keeperSays(t, home, nowhere, "__complete", "hive", ""); strings.Contains(out, "one") || !strings.Contains(out, ":4") {
		t.Errorf("without a queen a shell completes %q", out)
	}

	q := startQueen(t, home, filepath.Join(home, "queen.db"), ports[0], "--discovery-delay", "1h", "--advertise-url", nowhere)
	startHive(t, home, ports[1], "one", "--queen-url", q.url)
	eventually(t, 5*time.Second, func() error { return q.healthy(1, "one") })
	says(q.url, []string{"doctor"}, 1, "ok       queen: ", "error    address: hives are told "+nowhere, "-> start her with an --advertise-url",
		"1 known: 1 healthy", "ok       backup: none yet: ", "ok       state file: ")
	q.kill()
	q = startQueen(t, home, filepath.Join(home, "queen.db"), ports[0], "--discovery-delay", "1h", "--advertise-url", q.url)
	eventually(t, 10*time.Second, func() error { return q.healthy(2, "one") })
	says(q.url, []string{"backup", filepath.Join(home, "copy.db")}, 0)
	says(q.url, []string{"doctor"}, 0, "hives are told "+q.url+", and she answers there", "ok       backup: the last one was made ")
	says(q.url, []string{"doctor", "-o", "json"}, 0, `"findings": [`, `"level": "ok"`)

	says(q.url, []string{"check", "one"}, 0, "ok       queen: "+q.url, "ok       devices: CPU-0 is ")
	says(q.url, []string{"remove", "one", "no/such-model"}, 1, "no/such-model")
	if out, _ := keeperSays(t, home, q.url, "__complete", "hive", ""); !strings.HasPrefix(out, "one\thealthy\n:4\n") {
		t.Errorf("a shell completes %q, want the hive", out)
	}
	for args, want := range map[string]string{
		"spawn one ": "tiny\t", "remove one ": "tiny\t", "spawn one --device ": "CPU-0\t", "stop one ": ":4\n", "cancel one ": ":4\n",
		"events --kind ": "queen.started\n", "workers --hive ": "one\thealthy\n", "hives ": ":4\n", "backup ": ":0\n",
	} {
		if out, _ := keeperSays(t, home, q.url, append([]string{"__complete"}, strings.Split(args, " ")...)...); !strings.HasPrefix(out, want) {
			t.Errorf("for %q a shell completes %q, want %q", args, out, want)
		}
	}
	says(q.url, []string{"completion", "bash"}, 0, "__complete")
}
