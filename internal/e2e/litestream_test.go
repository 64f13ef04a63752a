package e2e

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// replicator is Litestream with the configuration of the handbook.
type replicator struct {
	t              *testing.T
	program        string
	config, source string
	cmd            *exec.Cmd
}

func newReplicator(t *testing.T, home, state string) *replicator {
	t.Helper()
	program, err := filepath.Abs("../../bin/tools/litestream")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
		t.Skip("SKIPPED: bin/tools/litestream is not built (make bin/tools/litestream), so that continuous copies are not tested")
	}
	page, err := os.ReadFile("../../docs/backups.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	if block == nil {
		t.Fatal("the handbook has no configuration")
	}
	config := strings.NewReplacer("/var/lib/rbee/queen.db", state, "/mnt/backup/rbee", filepath.Join(home, "replica")).Replace(string(block[1]))
	if !strings.Contains(config, state) || !strings.Contains(config, home+"/replica") {
		t.Fatalf("the configuration of the handbook has other paths:\n%s", config)
	}
	r := &replicator{t: t, program: program, config: filepath.Join(home, "litestream.yml"), source: state}
	if err := os.WriteFile(r.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.kill)
	return r
}

func (r *replicator) start() {
	r.t.Helper()
	r.cmd = exec.Command(r.program, "replicate", "-config", r.config)
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *replicator) kill() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
		r.cmd = nil
	}
}

// restore makes a new file of what is in the replica, at that time or now.
func (r *replicator) restore(to, at string) error {
	args := []string{"restore", "-config", r.config, "-o", to}
	if at != "" {
		args = append(args, "-timestamp", at)
	}
	if out, err := exec.Command(r.program, append(args, r.source)...).CombinedOutput(); err != nil {
		return fmt.Errorf("restore: %w\n%s", err, out)
	}
	return nil
}

// logWatch looks at the write-ahead log ten times a second.
type logWatch struct {
	largest  int64
	restarts map[uint32]bool // numbers of the checkpoints after which it began anew
}

func watchLog(state string, until chan struct{}, done *sync.WaitGroup) *logWatch {
	w := &logWatch{restarts: map[uint32]bool{}}
	done.Go(func() {
		for tick := time.NewTicker(100 * time.Millisecond); ; <-tick.C {
			select {
			case <-until:
				tick.Stop()
				return
			default:
			}
			f, err := os.Open(state + "-wal") // of another process: the queen's locks are not ours to lose
			if err != nil {
				continue
			}
			header := make([]byte, 32)
			if info, err := f.Stat(); err == nil {
				w.largest = max(w.largest, info.Size())
			}
			if _, err := f.ReadAt(header, 0); err == nil {
				w.restarts[binary.BigEndian.Uint32(header[12:])] = true
			}
			_ = f.Close()
		}
	})
	return w
}

const heartbeatsSent = "SELECT hive_id || ' ' || sent_at FROM audit_heartbeats"

// missing counts which of these heartbeats, sent before then, a file lacks; later
// counts what it has that was received after that.
func missing(t *testing.T, file string, acked []string, then time.Time) (lost, later int) {
	t.Helper()
	has := map[string]bool{}
	for line := range strings.Lines(sqlite3(t, file, heartbeatsSent)) {
		has[strings.TrimSpace(line)] = true
	}
	for _, beat := range acked {
		_, sent, _ := strings.Cut(beat, " ")
		if at, err := time.Parse(time.RFC3339, sent); err == nil && at.Before(then) && !has[beat] {
			lost++
		}
	}
	later, _ = strconv.Atoi(sqlite3(t, file, "SELECT count(*) FROM audit_heartbeats WHERE received_at > '"+stamp(then)+"'"))
	return lost, later
}

// stamp writes a time as the views do.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// Litestream beside a queen under load, both killed on the way: what she
// acknowledged is restored, now and as it was at a moment, and the log between
// them does not grow.
func TestLitestreamBesideALoadedQueen(t *testing.T) {
	needSqlite3(t)
	home := t.TempDir()
	port := freePorts(t, 1)[0]
	state, ackedFile := filepath.Join(home, "queen.db"), filepath.Join(home, "acked")
	replica := newReplicator(t, home, state)
	boot := func() *realQueen { return startQueen(t, home, state, port, "--discovery-delay", "1h", "--litestream") }
	q := boot()
	replica.start()
	until, watched := make(chan struct{}), sync.WaitGroup{}
	log := watchLog(state, until, &watched)

	swarm := startProgram(t, home, "rbee-swarm", "--queen", q.url, "--hives", "400", "--duration", "0", "--acked", ackedFile)
	time.Sleep(5 * time.Second)
	replica.kill()
	time.Sleep(time.Second)
	replica.start()
	time.Sleep(4 * time.Second)
	before := time.Now() // what was sent until then is in the replica at the moment that is restored
	eventually(t, 20*time.Second, func() error {
		newest := filepath.Join(t.TempDir(), "newest.db")
		if err := replica.restore(newest, ""); err != nil {
			return err
		}
		if got := sqlite3(t, newest, "SELECT max(received_at) FROM audit_heartbeats"); got < stamp(before.Add(time.Second)) {
			return errors.New("the replica has nothing after " + got)
		}
		return nil
	})
	moment := time.Now()
	time.Sleep(2 * time.Second)
	q.kill()
	q = boot()
	time.Sleep(3 * time.Second)
	if code := swarm.end(); code != 0 {
		t.Fatalf("the swarm ended with %d:\n%s", code, swarm.log)
	}
	close(until)
	watched.Wait()
	raw, err := os.ReadFile(ackedFile)
	if err != nil {
		t.Fatal(err)
	}
	acked := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if len(acked) < 2000 {
		t.Fatalf("only %d heartbeats were acknowledged:\n%s", len(acked), swarm.log)
	}

	ever, now := time.Now().Add(time.Hour), filepath.Join(home, "now.db")
	eventually(t, 20*time.Second, func() error {
		_ = os.Remove(now)
		if err := replica.restore(now, ""); err != nil {
			return err
		}
		if lost, _ := missing(t, now, acked, ever); lost > 0 {
			return fmt.Errorf("%d of %d acknowledged heartbeats are not restored", lost, len(acked))
		}
		return nil
	})
	if lost, _ := missing(t, state, acked, ever); lost > 0 {
		t.Errorf("the queen's own file lacks %d of %d", lost, len(acked))
	}
	then := filepath.Join(home, "then.db")
	if err := replica.restore(then, moment.UTC().Format(time.RFC3339Nano)); err != nil {
		t.Fatal(err)
	}
	lost, _ := missing(t, then, acked, before)
	if _, later := missing(t, then, acked, moment); lost > 0 || later > 0 {
		t.Errorf("restored as of a moment it lacks %d heartbeats from before, and has %d from after it", lost, later)
	}
	if lost, _ := missing(t, then, acked, ever); lost == 0 {
		t.Error("nothing is missing of what came later: this test would not notice a loss")
	}
	for _, file := range []string{now, then} {
		if out, complaint, code := tell(t, home, "queen-rbee", "verify", file); code != 0 {
			t.Errorf("verify %s: exit %d, %q, %q", file, code, out, complaint)
		}
	}
	if log.largest > 64<<20 || len(log.restarts) < 3 {
		t.Errorf("the log grew to %d bytes and began anew after the checkpoints %v: want 64 MiB at most, and several", log.largest, log.restarts)
	}
	t.Logf("%d acknowledged heartbeats; the log grew to %d bytes and began anew %d times", len(acked), log.largest, len(log.restarts)-1)

	// The moment is put into the queen's place; from there both go on.
	if code := q.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	replica.kill()
	if out, complaint, code := tell(t, home, "queen-rbee", "restore", then, "--state", state); code != 0 {
		t.Fatalf("restore: exit %d, %q, %q", code, out, complaint)
	}
	if out, err := exec.Command(replica.program, "reset", "-config", replica.config, state).CombinedOutput(); err != nil {
		t.Fatalf("reset: %v\n%s", err, out)
	}
	q = boot()
	replica.start()
	after := filepath.Join(home, "after.db")
	eventually(t, 20*time.Second, func() error {
		_ = os.Remove(after)
		if err := replica.restore(after, ""); err != nil {
			return err
		}
		if got := sqlite3(t, after, "SELECT count(*) FROM audit_events WHERE kind = 'state.restored'"); got != "1" {
			return errors.New("the replica does not follow the restored state")
		}
		return nil
	})
	if code := q.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
