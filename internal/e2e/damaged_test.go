package e2e

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A queen whose state she cannot trust ends with 3 and one line that names the
// file, the cause and the remedy, and leaves it as it is.
func TestAQueenRefusesWhatIsDamaged(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	ports := freePorts(t, 2)
	state := filepath.Join(home, "queen.db")
	q := startQueen(t, home, state, ports[0], "--discovery-delay", "1h")
	startHive(t, home, ports[1], "gpu", "--queen-url", q.url)
	eventually(t, 5*time.Second, func() error { return q.healthy(1, "gpu") })
	q.kill()
	overwrite := func(suffix string, from int, text string) func(path string) error {
		return func(path string) error {
			raw, err := os.ReadFile(path + suffix)
			copy(raw[from:], text)
			return errors.Join(err, os.WriteFile(path+suffix, raw, 0o600))
		}
	}
	for name, tt := range map[string]struct {
		damage func(path string) error
		says   string
	}{
		"text":           {func(path string) error { return os.WriteFile(path, []byte("dear diary"), 0o600) }, "SQLite"},
		"zero length":    {func(path string) error { return os.Truncate(path, 0) }, "empty"},
		"removed":        {os.Remove, "vanished"},
		"another header": {overwrite("", 0, "not a database"), "SQLite"},
		"another log":    {overwrite("-wal", 0, "not a log"), "-wal"},
	} {
		dir := filepath.Join(home, strings.ReplaceAll(name, " ", "-"))
		copyState(t, state, dir)
		path := filepath.Join(dir, "queen.db")
		if err := tt.damage(path); err != nil {
			t.Fatal(err)
		}
		before := stateBytes(t, path)
		p := startProgram(t, home, "queen-rbee", "--state", path, "--port", strconv.Itoa(ports[0]), "--ssh-config", filepath.Join(home, "none"))
		if code := p.wait(); code != 3 {
			t.Errorf("%s: exit code %d, want 3", name, code)
		}
		said := strings.TrimSpace(p.log.String())
		if last := said[strings.LastIndex(said, "\n")+1:]; !strings.Contains(last, path) || !strings.Contains(last, tt.says) || !strings.Contains(last, "restore a backup") {
			t.Errorf("%s: she says\n%s\nwant the path, %q and a remedy", name, said, tt.says)
		}
		if !bytes.Equal(before, stateBytes(t, path)) {
			t.Errorf("%s: the refused files were changed", name)
		}
	}
}

// stateBytes is what is in a file and its log, which may have another name when
// the file is gone.
func stateBytes(t *testing.T, path string) (all []byte) {
	t.Helper()
	logs, err := filepath.Glob(path + "-wal*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(logs, path) {
		raw, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		all = append(all, raw...)
	}
	return all
}
