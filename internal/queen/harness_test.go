package queen

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"rbee/internal/apitest"
	"rbee/internal/memnet"
	"rbee/internal/store"
	"rbee/internal/wire"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { apitest.Exit(code, api(), unprovoked) }))
}

const (
	queenIP   = "10.0.0.1"
	queenAddr = queenIP + ":7833"
	queenURL  = "http://" + queenAddr
	never     = 1000 * time.Hour // a discovery delay that stories do not reach
)

// bed is a network with queens and scripted hives, in virtual time.
type bed struct {
	t     *testing.T
	net   *memnet.Net
	start time.Time
	path  string // state file of the next queen to boot
	log   *logbook

	later bool // a scripted hive says what only a later document has

	mu      sync.Mutex
	dials   []dial // by queens
	clients map[string]*http.Client
}

// dial is one attempt of a queen to connect.
type dial struct {
	at   time.Duration
	addr string
}

// inBed runs story in a bubble of its own.
func inBed(t *testing.T, story func(t *testing.T, b *bed)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bed{
			t: t, net: memnet.New(), start: time.Now(), path: filepath.Join(t.TempDir(), "queen.db"),
			log: &logbook{start: time.Now()}, clients: map[string]*http.Client{},
		}
		t.Cleanup(func() {
			for _, c := range b.clients {
				c.CloseIdleConnections()
			}
		})
		story(t, b)
	})
}

// sleep lets d pass, and everything that happens at its end.
func (b *bed) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// at is the virtual time since the story began.
func (b *bed) at() time.Duration { return time.Since(b.start) }

// sleepUntil lets time pass until d after the story began.
func (b *bed) sleepUntil(d time.Duration) { b.sleep(d - b.at()) }

// dialled lists the queens' attempts to connect from then on, without those of
// the given addresses.
func (b *bed) dialled(then time.Duration, without ...string) []dial {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []dial
	for _, d := range b.dials {
		if d.at >= then && !slices.Contains(without, d.addr) {
			out = append(out, d)
		}
	}
	return out
}

// sshConfig writes a client configuration and returns the change that has a
// queen read it.
func (b *bed) sshConfig(text string) func(*Config) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "config")
	b.write(path, text)
	return func(c *Config) { c.SSHConfig, c.LoginUser, c.Home = path, "me", b.t.TempDir() }
}

func (b *bed) write(path, text string) {
	b.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// after sets when SSH hosts are probed, and how often from then on.
func after(delay, interval time.Duration) func(*Config) {
	return func(c *Config) { c.DiscoveryDelay, c.DiscoveryInterval = delay, interval }
}

// running is one boot of a queen.
type running struct {
	*Queen
	b     *bed
	addr  string
	store *store.Store
	end   func() error // cancels Run, waits for it and returns what it did; nil once called
}

// boot starts a queen on the bed's state file; she probes nobody by herself
// unless a change says so.
func (b *bed) boot(changes ...func(*Config)) *running {
	b.t.Helper()
	log := slog.New(b.log)
	s, err := store.Open(context.Background(), b.path, log)
	if err != nil {
		b.t.Fatalf("open the store: %v", err)
	}
	cfg := Config{Store: s, Version: "1.2.3", Log: log, HivePort: wire.DefaultHivePort, DiscoveryDelay: never, Dial: b.dial(queenIP)}
	for _, change := range changes {
		change(&cfg)
	}
	if cfg.Listener == nil {
		cfg.Listener = b.net.Listen(queenAddr)
	}
	r := &running{Queen: New(cfg), b: b, store: s, addr: cfg.Listener.Addr().String()}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	r.end = func() error { cancel(); r.end = nil; return <-ended }
	b.t.Cleanup(r.stop)
	synctest.Wait()
	return r
}

// bootEarlier starts a queen and lets the time pass in which no hive is called
// down; the story begins then.
func (b *bed) bootEarlier(changes ...func(*Config)) *running {
	b.t.Helper()
	r := b.boot(changes...)
	b.sleep(grace)
	b.start, b.log.start = time.Now(), time.Now()
	return r
}

// stop ends the queen as SIGTERM does. Whatever the story was, she then knows
// what is on file and nothing else.
func (r *running) stop() {
	r.b.t.Helper()
	if r.end == nil {
		return
	}
	synctest.Wait() // until all connections are idle: the server looks for that with pauses
	if err := r.end(); err != nil {
		r.b.t.Errorf("Run: %v", err)
	}
	r.wantMemoryLikeFile()
	if err := r.store.Close(); err != nil {
		r.b.t.Errorf("close the store: %v", err)
	}
}

// crash ends the queen without her writing anything more: as far as the file
// can tell, she was killed.
func (r *running) crash() {
	r.b.t.Helper()
	if err := r.store.Close(); err != nil {
		r.b.t.Errorf("close the store: %v", err)
	}
	if err := r.end(); !errors.Is(err, store.ErrClosed) {
		r.b.t.Errorf("Run on a closed store: got %v, want ErrClosed", err)
	}
}

// dial is the network of the queen at ip; it notes where she connects to.
func (b *bed) dial(ip string) func(context.Context, string, string) (net.Conn, error) {
	dialer := b.net.Dialer(ip)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		b.mu.Lock()
		b.dials = append(b.dials, dial{b.at(), addr})
		b.mu.Unlock()
		return dialer(ctx, network, addr)
	}
}

// client is the HTTP client of the host at ip. Whatever it is answered is held
// against the queen's OpenAPI document.
func (b *bed) client(ip string) *http.Client {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.clients[ip]
	if c == nil {
		c = &http.Client{Transport: api().Watch(&http.Transport{DialContext: b.net.Dialer(ip), MaxIdleConnsPerHost: 1},
			func(err error) {
				if !b.later {
					b.t.Errorf("not as /openapi.json says: %v", err)
				}
			})}
		b.clients[ip] = c
	}
	return c
}

// answer is what a queen answered.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) problem() (p wire.Problem) {
	_ = json.Unmarshal(a.body, &p)
	return p
}

// do sends a request from the host at ip, with the headers key, value, ….
func (r *running) do(ip, method, path, body string, headers ...string) answer {
	r.b.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+r.addr+path, strings.NewReader(body))
	if err != nil {
		r.b.t.Fatalf("%s %s: %v", method, path, err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		switch headers[i] {
		case "Host":
			req.Host = headers[i+1]
		case "Transfer-Encoding":
			req.ContentLength = -1
		default:
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := r.b.client(ip).Do(req)
	if err != nil {
		r.b.t.Errorf("%s %s: %v", method, path, err)
		return answer{}
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		r.b.t.Errorf("%s %s: read the answer: %v", method, path, err)
	}
	return answer{resp.StatusCode, resp.Header, raw}
}

// want sends a request and expects status; the answer is decoded into v unless
// that is nil.
func (r *running) want(status int, v any, method, path, body string, headers ...string) answer {
	r.b.t.Helper()
	a := r.do("10.0.0.200", method, path, body, headers...)
	if a.status != status {
		r.b.t.Errorf("at %v: %s %s: got %d %s, want %d", r.b.at(), method, path, a.status, a.body, status)
		return a
	}
	if v != nil {
		if err := json.Unmarshal(a.body, v); err != nil {
			r.b.t.Errorf("%s %s: %v in %s", method, path, err, a.body)
		}
	}
	return a
}

func (r *running) get(path string, v any) {
	r.b.t.Helper()
	r.want(http.StatusOK, v, http.MethodGet, path, "")
}

// hives lists what GET /v1/hives shows.
func (r *running) hives() []wire.Hive {
	r.b.t.Helper()
	var list wire.HiveList
	r.get(wire.PathHives, &list)
	return list.Hives
}

func (r *running) ids() []string {
	r.b.t.Helper()
	var ids []string
	for _, h := range r.hives() {
		ids = append(ids, h.ID)
	}
	return ids
}

func (r *running) hive(id string) (h wire.Hive) {
	r.b.t.Helper()
	r.get(wire.PathHives+"/"+id, &h)
	return h
}

// kinds lists the events of a hive, "" for all, oldest first.
func (r *running) kinds(hive string) []string {
	r.b.t.Helper()
	var list wire.EventList
	r.get(wire.PathEvents+"?after=0&limit=1000&hive="+hive, &list)
	var kinds []string
	for _, e := range list.Events {
		kinds = append(kinds, string(e.Kind))
	}
	return kinds
}

func (r *running) count(kind wire.EventKind, hive string) (n int) {
	r.b.t.Helper()
	for _, k := range r.kinds(hive) {
		if k == string(kind) {
			n++
		}
	}
	return n
}

// discover asks for a round.
func (r *running) discover(body string) (round wire.Round) {
	r.b.t.Helper()
	r.want(http.StatusOK, &round, http.MethodPost, wire.PathDiscoveries, body)
	return round
}

// beatOf is a heartbeat as a hive in telemetry sends it.
func (b *bed) beatOf(id string, changes ...func(*wire.Heartbeat)) wire.Heartbeat {
	hb := wire.Heartbeat{
		Hive:      wire.HiveInfo{ID: id, Hostname: id + ".lan", Port: wire.DefaultHivePort, Version: "0.1.0"},
		Timestamp: time.Now().UTC(), Workers: []wire.Worker{},
	}
	hb.Normalize()
	for _, change := range changes {
		change(&hb)
	}
	return hb
}

func withDevices(devices ...wire.Device) func(*wire.Heartbeat) {
	return func(hb *wire.Heartbeat) { hb.Capabilities = append([]wire.Device{}, devices...) }
}

func withInstance(id string) func(*wire.Heartbeat) {
	return func(hb *wire.Heartbeat) { hb.Hive.InstanceID = id }
}

func withPort(port int) func(*wire.Heartbeat) {
	return func(hb *wire.Heartbeat) { hb.Hive.Port = port }
}

func saying(s wire.OperationalStatus) func(*wire.Heartbeat) {
	return func(hb *wire.Heartbeat) { hb.Hive.OperationalStatus = s }
}

func ptr[T any](v T) *T { return &v }

var (
	gpu = wire.Device{ID: "GPU-0", Name: "RTX 4090", DeviceType: "gpu", VRAMGB: ptr[int64](24), ComputeCapability: ptr("8.9")}
	cpu = wire.Device{ID: "CPU-0", Name: "CPU (16 cores)", DeviceType: "cpu", VRAMGB: ptr[int64](64)}
)

// beat sends a heartbeat from the host at ip and expects status.
func (r *running) beat(status int, ip string, hb wire.Heartbeat) answer {
	r.b.t.Helper()
	raw, err := json.Marshal(hb)
	if err != nil {
		r.b.t.Fatal(err)
	}
	a := r.do(ip, http.MethodPost, wire.PathHeartbeat, string(raw))
	if a.status != status {
		r.b.t.Errorf("at %v: heartbeat of %s from %s: got %d %s, want %d", r.b.at(), hb.Hive.ID, ip, a.status, a.body, status)
	}
	return a
}

// open opens the state file as an auditor does.
func (b *bed) open(also string) (db *sql.DB, done func()) {
	b.t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: b.path}).EscapedPath()+"?_pragma=busy_timeout(5000)"+also)
	if err != nil {
		b.t.Fatal(err)
	}
	return db, func() { _ = db.Close() }
}

// sql asks the state file and returns the rows with their columns joined by "|".
func (b *bed) sql(query string) []string {
	b.t.Helper()
	db, done := b.open("&_pragma=query_only(1)")
	defer done()
	return b.rows(db, query)
}

// dump is everything the state file holds, table by table.
func (b *bed) dump() string {
	b.t.Helper()
	db, done := b.open("&_pragma=query_only(1)")
	defer done()
	var out strings.Builder
	for _, table := range b.rows(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") {
		fmt.Fprintf(&out, "%s\n  %s\n", table, strings.Join(b.rows(db, "SELECT * FROM "+table), "\n  "))
	}
	return out.String()
}

func (b *bed) rows(db *sql.DB, query string) (out []string) {
	b.t.Helper()
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		b.t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		b.t.Fatal(err)
	}
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			b.t.Fatal(err)
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = fmt.Sprint(v)
		}
		out = append(out, strings.Join(row, "|"))
	}
	if err := rows.Err(); err != nil {
		b.t.Fatal(err)
	}
	return out
}

// line is one line of a queen's log.
type line struct {
	at    time.Duration
	level slog.Level
	text  string // the message and its attributes
}

// logbook is a slog.Handler that keeps every line.
type logbook struct {
	start time.Time
	hook  func(message string) // optional: called with each message, before it is kept

	mu    sync.Mutex
	lines []line
}

func (l *logbook) Enabled(context.Context, slog.Level) bool { return true }
func (l *logbook) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logbook) WithGroup(string) slog.Handler            { return l }

func (l *logbook) Handle(_ context.Context, rec slog.Record) error {
	if l.hook != nil {
		l.hook(rec.Message)
	}
	text := rec.Message
	rec.Attrs(func(a slog.Attr) bool { text += fmt.Sprintf(" %s=%v", a.Key, a.Value); return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line{time.Since(l.start), rec.Level, text})
	return nil
}

// since returns the lines from then on that contain part, at Info and above.
func (l *logbook) since(then time.Duration, part string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, line := range l.lines {
		if line.level >= slog.LevelInfo && line.at >= then && strings.Contains(line.text, part) {
			out = append(out, line.text)
		}
	}
	return out
}

// pull is one request that a scripted hive got.
type pull struct {
	at                            time.Duration
	host, queenURL, queenID, take string
}

// answerer is what a scripted hive does with a pull.
type answerer = func(http.ResponseWriter, *http.Request)

// fakeHive is a scripted hive: the other side of a pull.
type fakeHive struct {
	b       *bed
	addr    string
	down    func() // from then on its address refuses
	mu      sync.Mutex
	pulls   []pull
	respond answerer
}

// hiveAt starts a hive that answers pulls as respond does.
func (b *bed) hiveAt(addr string, respond answerer) *fakeHive {
	h := &fakeHive{b: b, addr: addr, respond: respond}
	ln := b.net.Listen(addr)
	srv := &http.Server{Handler: h, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	served := make(chan struct{})
	go func() { defer close(served); _ = srv.Serve(ln) }()
	h.down = sync.OnceFunc(func() { _ = srv.Close(); <-served })
	b.t.Cleanup(h.down)
	return h
}

func (h *fakeHive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	h.mu.Lock()
	h.pulls = append(h.pulls, pull{
		h.b.at(), r.Host, q.Get(wire.QueryQueenURL), q.Get(wire.QueryQueenID), q.Get(wire.QueryTake),
	})
	respond := h.respond
	h.mu.Unlock()
	if r.Method != http.MethodGet || r.URL.Path != wire.PathCapabilities {
		h.b.t.Errorf("the hive at %s got %s %s: a queen pulls and does nothing else", h.addr, r.Method, r.URL)
	}
	respond(w, r)
}

// asked lists the pulls so far.
func (h *fakeHive) asked() []pull {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.pulls)
}

// now has the hive answer otherwise from now on.
func (h *fakeHive) now(respond answerer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.respond = respond
}

// with2025 answers as a hive of the 2025 shape does.
func with2025(devices ...wire.Device) answerer {
	return func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"devices": append([]wire.Device{}, devices...)})
	}
}

// joining answers as a hive that ties itself to whoever pulls it.
func joining(id, instance string, devices ...wire.Device) answerer {
	return func(w http.ResponseWriter, r *http.Request) {
		serving(id, instance, r.URL.Query().Get(wire.QueryQueenURL), devices...)(w, r)
	}
}

// serving answers as a hive that serves the queen at queen.
func serving(id, instance, queen string, devices ...wire.Device) answerer {
	return func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(wire.Capabilities{
			Hive: &wire.HiveInfo{
				ID: id, InstanceID: instance, Hostname: id + ".lan", Port: wire.DefaultHivePort, Version: "0.1.0",
				OperationalStatus: wire.Ready, HealthStatus: wire.HealthStatus{Status: wire.HealthHealthy},
			},
			State: wire.Telemetry, QueenURL: &queen, Devices: append([]wire.Device{}, devices...),
		})
	}
}

// plain answers with a status and a body.
func plain(status int, body string) answerer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// redirect sends elsewhere.
func redirect(to string) answerer {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

// hanging never answers.
func hanging(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
