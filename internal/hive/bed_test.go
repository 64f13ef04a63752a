package hive

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"rbee/internal/apitest"
	"rbee/internal/memnet"
	"rbee/internal/wire"
)

// TestMain lets this binary stand in for an engine.
func TestMain(m *testing.M) {
	if os.Getenv(engineVariable) != "" {
		os.Exit(engine(os.Args[1:]))
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { apitest.Exit(code, api(), unprovoked) }))
}

const (
	hiveAddr = "10.0.0.9:7835"
	hostA    = "10.0.0.1:7833"
	hostB    = "10.0.0.2:7833"
	urlA     = "http://" + hostA
	urlB     = "http://" + hostB
)

// bed is one hive, in a network with fake queens, in virtual time.
type bed struct {
	t        *testing.T
	net      *memnet.Net
	start    time.Time
	log      *recorder
	machine  *fakeMachine
	stateDir string
	conns    atomic.Int64 // open connections of the hive to queens
	inFlight atomic.Int64 // heartbeats being answered, by any queen
	seq      atomic.Int64 // heartbeats seen
	client   *http.Client

	hive *Hive
	stop func() error // ends the hive and returns what Run did
}

// inBed runs story in a bubble of its own.
func inBed(t *testing.T, story func(t *testing.T, b *bed)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { story(t, newBed(t)) })
}

func newBed(t *testing.T) *bed {
	b := &bed{
		t: t, net: memnet.New(), start: time.Now(), log: newRecorder(),
		machine: newFakeMachine(), stateDir: t.TempDir(),
	}
	b.client = &http.Client{Transport: api().Watch(
		&http.Transport{DialContext: b.net.Dialer("10.0.0.1"), DisableKeepAlives: true},
		func(err error) { t.Errorf("not as /openapi.json says: %v", err) })}
	return b
}

// run starts the hive; changes fit the Config.
func (b *bed) run(changes ...func(*Config)) {
	b.t.Helper()
	cfg := Config{
		HiveID: "box", StateDir: b.stateDir, AdvertiseHost: "box.lan", RediscoverEvery: DefaultRediscoverEvery,
		Version: "0.1.0", Machine: b.machine, Log: slog.New(b.log),
		Listener: b.net.Listen(hiveAddr), Dial: b.dial,
	}
	for _, change := range changes {
		change(&cfg)
	}
	h, err := New(cfg)
	if err != nil {
		b.t.Fatalf("New: %v", err)
	}
	h.machine = func() fingerprint { return newFingerprint("machine", "02:00:00:00:00:01") }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); err = h.Run(ctx) }()
	b.hive = h
	b.stop = func() error { cancel(); <-ended; return err }
	stop := b.stop // of this run, where a story has several
	b.t.Cleanup(func() {
		if err := stop(); err != nil {
			b.t.Errorf("Run: %v", err)
		}
		synctest.Wait()
		if open, beats := b.conns.Load(), b.inFlight.Load(); open != 0 || beats != 0 {
			b.t.Errorf("got %d connections and %d heartbeats left after Run, want none", open, beats)
		}
	})
	synctest.Wait()
}

// dial is the hive's way to queens.
func (b *bed) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := b.net.Dialer("10.0.0.9")(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	b.conns.Add(1)
	return &countedConn{Conn: c, closed: sync.OnceFunc(func() { b.conns.Add(-1) })}, nil
}

type countedConn struct {
	net.Conn
	closed func()
}

func (c *countedConn) Close() error {
	c.closed()
	return c.Conn.Close()
}

func withQueen(u string) func(*Config) { return func(c *Config) { c.QueenURL = &u } }

func rediscoverEvery(d time.Duration) func(*Config) {
	return func(c *Config) { c.RediscoverEvery = d }
}

// sleep lets d pass, and everything that happens at its end.
func (b *bed) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// at is the virtual time since the story began.
func (b *bed) at() time.Duration { return time.Since(b.start).Round(time.Millisecond) }

// get asks the hive for path and expects 200.
func (b *bed) get(path string, v any) http.Header {
	b.t.Helper()
	resp, err := b.client.Get("http://" + hiveAddr + path)
	if err != nil {
		b.t.Errorf("GET %s: %v", path, err)
		return nil
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.t.Errorf("GET %s: got %d %s, %v; want 200", path, resp.StatusCode, raw, err)
		return resp.Header
	}
	if err := json.Unmarshal(raw, v); err != nil {
		b.t.Errorf("GET %s: %v in %s", path, err, raw)
	}
	return resp.Header
}

// pull sends a pull with the query pairs key, value, ….
func (b *bed) pull(pairs ...string) wire.Capabilities {
	b.t.Helper()
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	var caps wire.Capabilities
	b.get(wire.PathCapabilities+"?"+q.Encode(), &caps)
	if caps.Devices == nil {
		b.t.Errorf("pull %v: got no devices list", pairs)
	}
	return caps
}

func (b *bed) pullFrom(u string) wire.Capabilities {
	b.t.Helper()
	return b.pull(wire.QueryQueenURL, u)
}

func (b *bed) info() wire.HiveSelf {
	b.t.Helper()
	var self wire.HiveSelf
	b.get(wire.PathInfo, &self)
	return self
}

func (b *bed) wantState(want wire.LinkState, queenURL string) {
	b.t.Helper()
	got := b.info()
	if got.State != want || str(got.QueenURL) != queenURL {
		b.t.Errorf("at %v: got state %s with queen %q, want %s with %q", b.at(), got.State, str(got.QueenURL), want, queenURL)
	}
}

func str(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// seen is one heartbeat as a fake queen saw it.
type seen struct {
	at      time.Duration
	caps    bool // the capabilities key was there
	devices int
	hb      wire.Heartbeat
	host    string        // the Host header
	seq     int           // in the order of all queens of the bed
	status  int           // of the answer; 0 while there is none
	ended   time.Duration // when it was answered
	next    int64         // what it granted
}

func (s seen) String() string { return fmt.Sprintf("%v(caps=%v)", s.at, s.caps) }

// reply is a scripted answer; the zero one is what a queen would answer.
type reply struct {
	status     int
	retryAfter string
	body       string
	detail     string        // of a problem
	delay      time.Duration // before the answer
	hang       bool          // no answer at all
	next       int64         // next_ms of a 200
	clock      time.Duration // hers less ours
	timeless   bool          // no Date at all
}

// fakeQueen answers heartbeats as a queen does, or as script says, and keeps
// each of them with its virtual time.
type fakeQueen struct {
	bed  *bed
	addr string
	id   string

	mu         sync.Mutex
	epoch      int64
	registered bool
	script     func(s seen) reply
	beats      []seen
	server     *http.Server
	served     chan struct{}
}

func (b *bed) queen(addr, id string) *fakeQueen {
	q := &fakeQueen{bed: b, addr: addr, id: id, epoch: 7}
	q.up()
	b.t.Cleanup(q.down)
	return q
}

// always answers every heartbeat with r.
func always(r reply) func(seen) reply { return func(seen) reply { return r } }

func (q *fakeQueen) up() {
	ln := q.bed.net.Listen(q.addr)
	srv := &http.Server{Handler: q, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	served := make(chan struct{})
	q.server, q.served = srv, served
	go func() { defer close(served); _ = srv.Serve(ln) }()
}

// down makes the address refuse connections, those open included.
func (q *fakeQueen) down() {
	if q.server != nil {
		_ = q.server.Close()
		<-q.served
		q.server = nil
		q.bed.sleep(2 * time.Microsecond) // its handlers see it and end
	}
}

// restart is a kill -9 and a new boot: nobody is registered in the new epoch.
func (q *fakeQueen) restart() {
	q.down()
	q.mu.Lock()
	q.epoch++
	q.registered = false
	q.mu.Unlock()
	q.up()
}

func (q *fakeQueen) answers(script func(seen) reply) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.script = script
}

func (q *fakeQueen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b := q.bed
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return // the hive gave up while it sent
	}
	if r.Method != http.MethodPost || r.URL.Path != wire.PathHeartbeat {
		b.t.Errorf("got %s %s: a hive sends heartbeats and nothing else", r.Method, r.URL)
	}
	if r.ContentLength != int64(len(raw)) {
		b.t.Errorf("got Content-Length %d for %d bytes", r.ContentLength, len(raw))
	}
	var keys map[string]json.RawMessage
	s := seen{at: b.at(), host: r.Host}
	if err := json.Unmarshal(raw, &s.hb); err != nil {
		b.t.Errorf("heartbeat %s: %v", raw, err)
	}
	_ = json.Unmarshal(raw, &keys)
	_, s.caps = keys["capabilities"]
	s.devices = len(s.hb.Capabilities)
	if err := s.hb.Validate(); err != nil {
		b.t.Errorf("heartbeat %s: %v", raw, err)
	}
	if string(keys["workers"]) == "" || string(keys["workers"]) == "null" {
		b.t.Errorf("got workers %s, want a list", keys["workers"])
	}
	s.seq = int(b.seq.Add(1))
	n := q.note(s)

	// A hive that gave up on its last request is through with it as soon as
	// everything that can run now has run.
	time.Sleep(time.Microsecond)
	if r.Context().Err() != nil {
		return
	}
	if all := b.inFlight.Add(1); all > 1 {
		b.t.Errorf("at %v: %d heartbeats in flight at once", b.at(), all)
	}
	defer b.inFlight.Add(-1)
	q.answer(w, r, s, n)
}

// note keeps s and returns its place.
func (q *fakeQueen) note(s seen) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.beats = append(q.beats, s)
	return len(q.beats) - 1
}

func (q *fakeQueen) answer(w http.ResponseWriter, r *http.Request, s seen, n int) {
	q.mu.Lock()
	rep := reply{}
	if q.script != nil {
		rep = q.script(s)
	}
	if rep.status == 0 && (s.caps || q.registered) {
		q.registered = true
		rep.status = http.StatusOK
	}
	if rep.status == 0 {
		rep.status = http.StatusNotFound
	}
	ack := wire.Ack{Status: "ok", Message: "Telemetry received from hive " + s.hb.Hive.ID, Epoch: q.epoch, QueenID: q.id}
	if rep.body == "" {
		ack.NextMS = rep.next
	}
	q.mu.Unlock()

	if rep.hang {
		<-r.Context().Done()
		return
	}
	if rep.delay > 0 { // the race detector of Go 1.26 crashes on many timers of no delay in one bubble
		select {
		case <-time.After(rep.delay):
		case <-r.Context().Done():
			return
		}
	}
	q.mu.Lock()
	q.beats[n].status, q.beats[n].ended, q.beats[n].next = rep.status, q.bed.at(), ack.NextMS
	q.mu.Unlock()
	if rep.clock != 0 {
		w.Header().Set("Date", time.Now().Add(rep.clock).UTC().Format(http.TimeFormat))
	}
	if rep.timeless {
		w.Header()["Date"] = nil
	}
	if rep.retryAfter != "" {
		w.Header().Set("Retry-After", rep.retryAfter)
	}
	switch {
	case rep.body != "":
		w.WriteHeader(rep.status)
		_, _ = io.WriteString(w, rep.body)
	case rep.status == http.StatusOK:
		_ = json.NewEncoder(w).Encode(ack)
	default:
		w.Header().Set("Content-Type", wire.ContentTypeProblem)
		w.WriteHeader(rep.status)
		_ = json.NewEncoder(w).Encode(wire.Problem{Status: rep.status, Code: "scripted", Detail: rep.detail})
	}
}

// since returns the heartbeats seen from then on.
func (q *fakeQueen) since(then time.Duration) []seen {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []seen
	for _, s := range q.beats {
		if s.at >= then {
			out = append(out, s)
		}
	}
	return out
}

func (q *fakeQueen) all() []seen { return q.since(0) }

// wantBeats expects heartbeats at these seconds after then, the first with
// capabilities if caps and the others without, and nothing else since then.
func (q *fakeQueen) wantBeats(then time.Duration, caps bool, seconds ...float64) {
	q.bed.t.Helper()
	got := q.since(then)
	ok := len(got) == len(seconds)
	for i := 0; ok && i < len(got); i++ {
		ok = got[i].caps == (caps && i == 0) && got[i].at == then+time.Duration(math.Round(seconds[i]*1000))*time.Millisecond
	}
	if !ok {
		q.bed.t.Errorf("from %v: got heartbeats %v, want them after %v s", then, got, seconds)
	}
}

// wantAttempts expects attempts, with capabilities, at these seconds, and
// nothing else since then.
func (q *fakeQueen) wantAttempts(then time.Duration, seconds ...float64) {
	q.bed.t.Helper()
	got := q.since(then)
	ok := len(got) == len(seconds)
	for i := 0; ok && i < len(got); i++ {
		ok = got[i].caps && got[i].at == then+time.Duration(seconds[i]*float64(time.Second))
	}
	if !ok {
		q.bed.t.Errorf("from %v: got heartbeats %v, want attempts with capabilities after %v s", then, got, seconds)
	}
}

// fakeMachine has what a test gives it.
type fakeMachine struct {
	mu      sync.Mutex
	devices []wire.Device
	node    *wire.Node
	takes   time.Duration // a detection
	calls   int           // detections begun
	sample  time.Duration // how long Node takes, against its promise
}

func newFakeMachine() *fakeMachine {
	gib, cc := int64(24), "8.9"
	return &fakeMachine{
		devices: []wire.Device{
			{ID: "GPU-0", Name: "NVIDIA GeForce RTX 4090", DeviceType: "gpu", VRAMGB: &gib, ComputeCapability: &cc},
			{ID: "CPU-0", Name: "CPU (16 cores)", DeviceType: "cpu", VRAMGB: &gib},
		},
		node: &wire.Node{CPUPct: 12.5, RAMUsedMB: 1000, RAMTotalMB: 65536},
	}
}

func (m *fakeMachine) Devices(ctx context.Context) []wire.Device {
	m.mu.Lock()
	m.calls++
	takes, devices := m.takes, m.devices
	m.mu.Unlock()
	if takes == 0 { // see answer
		return devices
	}
	select {
	case <-time.After(takes):
		return devices
	case <-ctx.Done():
		return nil
	}
}

func (m *fakeMachine) Node() *wire.Node {
	m.mu.Lock()
	node, sample := m.node, m.sample
	m.mu.Unlock()
	time.Sleep(sample)
	return node
}

// slow makes every heartbeat begun from now on take d before it is sent.
func (m *fakeMachine) slow(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sample = d
}

func (m *fakeMachine) detections() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

// line is one line of the log.
type line struct {
	at    time.Duration
	level slog.Level
	msg   string
	attrs string
}

// recorder is a slog.Handler that keeps every line.
type recorder struct {
	start time.Time
	mu    sync.Mutex
	lines []line
}

func newRecorder() *recorder { return &recorder{start: time.Now()} }

func (r *recorder) Enabled(context.Context, slog.Level) bool { return true }
func (r *recorder) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *recorder) WithGroup(string) slog.Handler            { return r }

func (r *recorder) Handle(_ context.Context, rec slog.Record) error {
	var attrs strings.Builder
	rec.Attrs(func(a slog.Attr) bool { fmt.Fprintf(&attrs, "%s=%v ", a.Key, a.Value); return true })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line{time.Since(r.start).Round(time.Millisecond), rec.Level, rec.Message, attrs.String()})
	return nil
}

// since returns the lines at Info and above from then on.
func (r *recorder) since(then time.Duration) []line {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []line
	for _, l := range r.lines {
		if l.level >= slog.LevelInfo && l.at >= then {
			out = append(out, l)
		}
	}
	return out
}

// messages are those of since.
func (r *recorder) messages(then time.Duration) []string {
	var out []string
	for _, l := range r.since(then) {
		out = append(out, l.msg)
	}
	return out
}

// find returns the lines whose message is msg, at any level.
func (r *recorder) find(msg string) []line {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []line
	for _, l := range r.lines {
		if l.msg == msg {
			out = append(out, l)
		}
	}
	return out
}
