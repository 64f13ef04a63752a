package queen

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/store"
	"rbee/internal/wire"
)

func TestABackupIsACopyWithItsDigest(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.beat(200, "10.0.0.2", b.beatOf("gpu", withDevices(gpu)))
		got := r.do("127.0.0.1", http.MethodPost, wire.PathBackups, "")
		sum := sha256.Sum256(got.body)
		if got.status != 200 || got.header.Get(wire.HeaderReprDigest) != wire.ReprDigest(sum[:]) {
			t.Fatalf("status %d, headers %v", got.status, got.header)
		}
		var about wire.StateFile
		if err := json.Unmarshal([]byte(got.header.Get(wire.HeaderStateFile)), &about); err != nil {
			t.Fatal(err)
		}
		if about.QueenID != r.store.QueenID || about.Epochs != 1 || about.Hives != 1 || about.Bytes != int64(len(got.body)) || about.NewestHeartbeat == nil {
			t.Errorf("told %+v of %d bytes", about, len(got.body))
		}
		copied := filepath.Join(t.TempDir(), "copy.db")
		b.write(copied, string(got.body))
		if checked, err := store.Check(t.Context(), copied); err != nil || checked.Hives != 1 {
			t.Errorf("the copy: %+v, %v", checked, err)
		}
		synctest.Wait() // it is recorded once it is sent
		if n := r.count(wire.EventStateBackedUp, ""); n != 1 {
			t.Errorf("%d events of it", n)
		}
		if left, _ := filepath.Glob(b.path + ".out*"); len(left) != 0 {
			t.Errorf("%v is left", left)
		}
	})
}

// While it is made, the client hears of it.
func TestABackupTellsItsProgress(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.boot()
		told := ""
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
			told = h.Get(wire.HeaderProgress)
			return nil
		}})
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, queenURL+wire.PathBackups, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := b.client("127.0.0.1").Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if told != `{"written_bytes":0,"total_bytes":0}` || resp.Header.Get(wire.HeaderProgress) != "" {
			t.Errorf("told %q, then %v", told, resp.Header)
		}
	})
}

func TestABackupIsForThisMachine(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		for name, got := range map[string]answer{
			"another machine": r.do("10.0.0.9", http.MethodPost, wire.PathBackups, ""),
			"a proxy":         r.do("127.0.0.1", http.MethodPost, wire.PathBackups, "", "X-Forwarded-For", "10.0.0.9"),
			"a newer proxy":   r.do("127.0.0.1", http.MethodPost, wire.PathBackups, "", "Forwarded", "for=10.0.0.9"),
		} {
			if p := got.problem(); got.status != 403 || p.Code != wire.CodeLoopbackOnly || p.Remedy == "" {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
		}
		if n := r.count(wire.EventStateBackedUp, ""); n != 0 {
			t.Errorf("%d events of them", n)
		}
	})
}

// A reader that does not read holds others up for as long as one part may take.
func TestOneBackupAtATimeAndNoneForEver(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		conn, err := b.net.Dialer("127.0.0.1")(t.Context(), "tcp", queenAddr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n", wire.PathBackups, queenAddr)
		lines := bufio.NewReader(conn)
		for line := ""; !strings.HasPrefix(line, "HTTP/1.1 200"); {
			if line, err = lines.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		got := r.do("127.0.0.1", http.MethodPost, wire.PathBackups, "")
		if p := got.problem(); got.status != 409 || p.Code != wire.CodeBackupRunning || got.header.Get("Retry-After") != "5" {
			t.Errorf("a second one: %d %s, %v", got.status, got.body, got.header)
		}
		b.sleep(backupPatient + time.Second)
		if got := r.do("127.0.0.1", http.MethodPost, wire.PathBackups, ""); got.status != 200 {
			t.Errorf("after the reader's time: %d %s", got.status, got.body)
		}
		synctest.Wait()
		if n := r.count(wire.EventStateBackedUp, ""); n != 1 {
			t.Errorf("%d events, want one: the first copy did not arrive", n)
		}
	})
}

func TestWhatAKilledQueenWasSendingIsRemoved(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		if err := os.Mkdir(b.path+".outgoing", 0o700); err != nil {
			t.Fatal(err)
		}
		b.write(b.path+".outgoing/queen.db", "half a copy")
		b.boot()
		if left, _ := filepath.Glob(b.path + ".out*"); len(left) != 0 {
			t.Errorf("%v is left", left)
		}
	})
}

func scheduled(dir string) func(*Config) {
	return func(c *Config) { c.Backups = Schedule{Dir: dir, Every: time.Hour, Keep: 3} }
}

func TestScheduledBackups(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		dir := filepath.Join(t.TempDir(), "copies")
		names := func() (found []string) {
			entries, _ := os.ReadDir(dir)
			for _, e := range entries {
				found = append(found, e.Name())
			}
			return found
		}
		r := b.boot(scheduled(dir))
		b.sleep(time.Second)
		first := names() // midnight 2000-01-01 is when bubbles begin
		if diff := cmp.Diff([]string{"queen-20000101T000000Z.db"}, first); diff != "" {
			t.Fatalf("at the first start (-want +got):\n%s", diff)
		}
		if info, err := os.Stat(filepath.Join(dir, first[0])); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		b.sleep(50 * time.Minute)
		r.stop()
		r = b.boot(scheduled(dir)) // a restart asks for none that is not due
		b.sleep(5 * time.Minute)
		if diff := cmp.Diff(first, names()); diff != "" {
			t.Errorf("after 55 minutes (-want +got):\n%s", diff)
		}
		b.sleep(10 * time.Minute)
		if n := len(names()); n != 2 {
			t.Errorf("after 65 minutes there are %v", names())
		}
		// What is not hers stays: another queen's copy, and what only looks like one.
		other := b.otherQueens(t, filepath.Join(dir, "queen-19990101T000000Z.db"))
		b.write(filepath.Join(dir, "queen-19980101T000000Z.db"), "no copy")
		b.sleep(4 * time.Hour)
		got := names()
		if len(got) != 5 || !slices.Contains(got, other) || !slices.Contains(got, "queen-19980101T000000Z.db") || slices.Contains(got, first[0]) {
			t.Errorf("after five hours there are %v, want three of hers and two of others", got)
		}
		if n := r.count(wire.EventStateBackedUp, ""); n != 6 {
			t.Errorf("%d events, want six", n)
		}
	})
}

// otherQueens makes a copy of another queen's state at path.
func (b *bed) otherQueens(t *testing.T, path string) (name string) {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "other.db"), slog.New(b.log))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Backup(t.Context(), path, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	return filepath.Base(path)
}

// A folder that cannot be used is told of once; the queen goes on, and makes the
// copy when it can.
func TestAScheduledBackupThatFails(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		dir := filepath.Join(t.TempDir(), "copies")
		b.write(dir, "a file stands where the folder should be")
		r := b.boot(scheduled(dir))
		b.sleep(20 * time.Minute)
		if n := len(b.log.since(0, "A scheduled backup failed; trying again")); n != 1 {
			t.Errorf("it is logged %d times", n)
		}
		if n := r.count(wire.EventStateBackupFailed, ""); n != 1 {
			t.Errorf("%d events of it", n)
		}
		if err := os.Remove(dir); err != nil {
			t.Fatal(err)
		}
		b.sleep(time.Hour)
		if n := r.count(wire.EventStateBackedUp, ""); n != 1 {
			t.Errorf("after the folder can be made there are %d copies", n)
		}
	})
}

// What a killed queen did not finish is removed, but not while it is written to.
func TestAbandonedCopiesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-2 * abandonedAfter)
	for name, changed := range map[string]time.Time{
		"queen-20000101T000000Z.db.unfinished-1": old,
		"queen-20000101T000000Z.db.unfinished-2": time.Now(),
		"other.db.unfinished-3":                  old,
		"queen-20000101T000000Z.db":              old,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, changed, changed); err != nil {
			t.Fatal(err)
		}
	}
	Schedule{Dir: dir}.removeAbandoned(time.Now())
	left, _ := os.ReadDir(dir)
	if len(left) != 3 {
		t.Errorf("left is %v, want all but the first", left)
	}
}

func TestTheQueenStopsWhileABackupIsTaken(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		conn, err := b.net.Dialer("127.0.0.1")(t.Context(), "tcp", queenAddr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n", wire.PathBackups, queenAddr)
		buf := make([]byte, 12)
		for string(buf) != "HTTP/1.1 200" {
			if _, err := conn.Read(buf); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		begun := time.Now()
		r.stop()
		if took := time.Since(begun); took > drain+time.Second {
			t.Errorf("she took %v", took)
		}
		conn.Close()
	})
}
