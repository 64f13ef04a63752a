package hive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rbee/internal/hive/model"
	"rbee/internal/hive/model/gguftest"
	"rbee/internal/hive/worker"
	"rbee/internal/wire"
)

// shop is a hive with workers, on real sockets and in real time.
type shop struct {
	t       *testing.T
	url     string
	dir     string
	machine *fakeMachine
	client  *http.Client // whose answers are held against the hive's OpenAPI document
	stop    func()
}

const tiny = "ana/tiny"

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir(), machine: newFakeMachine()}
	s.client = &http.Client{Transport: api().Watch(http.DefaultTransport, func(err error) { t.Errorf("not as /openapi.json says: %v", err) })}
	for name, load := range map[string]string{"fast": "0s", "slow": "1h", "broken": "never", "talker": "talks"} {
		s.write("state/workers.d/"+name+".toml", fmt.Sprintf(`
program = %q
arguments = ["--model", "{model}", "--port", "{port}", "--ctx-size", "{context}"]
health = "/health"
stop_grace = "1s"
environment = { %s = "1", %s = %q }
[devices.cpu]
[devices.cuda]
`, os.Args[0], engineVariable, loadVariable, load))
	}
	m := gguftest.Tiny()
	m.Context = 512
	s.write("models/"+tiny+".gguf", string(m.Bytes()))
	s.run()
	return s
}

func (s *shop) write(name, text string) {
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// copy writes what is in another file, and more.
func (s *shop) copy(from, to, more string) {
	s.t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.dir, from))
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(to, string(raw)+more)
}

func (s *shop) run() {
	s.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	h, err := New(Config{
		HiveID: "box", StateDir: filepath.Join(s.dir, "state"), Version: "0.1.0", Machine: s.machine,
		Log: slog.New(slog.DiscardHandler), Listener: ln,
		Work: &Work{
			Models: []model.Place{{Source: wire.ModelOwn, Path: filepath.Join(s.dir, "models")}},
			Ports:  worker.PortRange{From: 21900, To: 21999}, StopWorkers: true, Env: os.Environ(), Path: "/nowhere",
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	s.url = "http://" + ln.Addr().String()
	<-h.Ready()
	stopped := false
	s.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("Run: %v", err)
		}
	}
	s.t.Cleanup(func() {
		s.stop()
		http.DefaultClient.CloseIdleConnections()
	})
}

// ask sends a request, headers in pairs, and returns status and body.
func (s *shop) ask(method, path, body string, headers ...string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for n := 0; n < len(headers); n += 2 {
		if headers[n] == "Host" {
			req.Host = headers[n+1]
		}
		req.Header.Set(headers[n], headers[n+1])
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

// post starts a job and returns its id.
func (s *shop) post(body string, headers ...string) string {
	s.t.Helper()
	status, raw := s.ask(http.MethodPost, wire.PathJobs, body, headers...)
	var ack wire.JobAck
	if err := json.Unmarshal([]byte(raw), &ack); err != nil || status != http.StatusOK || ack.SSEURL != wire.PathJobs+"/"+ack.JobID+"/stream" {
		s.t.Fatalf("POST %s: got %d %s", body, status, raw)
	}
	return ack.JobID
}

// said is what the stream of a job has until its end.
type said struct {
	ids     []string
	lines   []string // without results
	results []string
}

func (d said) last() string { return d.lines[len(d.lines)-1] }

func (s *shop) stream(id string, headers ...string) said {
	s.t.Helper()
	status, raw := s.ask(http.MethodGet, wire.PathJobs+"/"+id+"/stream", "", headers...)
	if status != http.StatusOK {
		s.t.Fatalf("stream: got %d %s", status, raw)
	}
	var d said
	event := ""
	markers := 0
	for sc := bufio.NewScanner(strings.NewReader(raw)); sc.Scan(); {
		field, value, _ := strings.Cut(sc.Text(), ": ")
		switch field {
		case "id":
			d.ids = append(d.ids, value)
		case "event":
			event = value
		case "data":
			if event == wire.JobEventData {
				d.results = append(d.results, value)
			} else {
				d.lines = append(d.lines, value)
			}
			if value == wire.JobMarkerDone || value == wire.JobMarkerCancelled || strings.HasPrefix(value, wire.JobMarkerError) {
				markers++
			}
			event = ""
		}
	}
	if markers != 1 || len(d.lines) == 0 || !strings.HasPrefix(d.last(), "[") {
		s.t.Errorf("got %d markers, the last line being %q:\n%s", markers, d.lines, raw)
	}
	return d
}

// do runs a job to its end.
func (s *shop) do(body string) said {
	s.t.Helper()
	return s.stream(s.post(body))
}

func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

func (s *shop) workers() []wire.WorkerProcess {
	s.t.Helper()
	_, raw := s.ask(http.MethodGet, wire.PathWorkers, "")
	return decode[wire.WorkerList](s.t, raw).Workers
}

func TestAWorkerFromSpawnToDelete(t *testing.T) {
	s := newShop(t)
	id := s.post(`{"operation":"worker_spawn","worker":"fast","model":"` + tiny + `","device":"CPU-0"}`)
	d := s.stream(id)
	if d.last() != wire.JobMarkerDone || len(d.results) != 1 {
		t.Fatalf("got %+v", d)
	}
	w := decode[wire.WorkerProcess](t, d.results[0])
	if w.State != wire.WorkerReady || w.PID == 0 || w.Model != tiny || w.Port < 21900 {
		t.Errorf("got %+v", w)
	}
	if resp, err := http.Get(w.URL + "/health"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("the worker does not serve: %v", err)
	} else {
		resp.Body.Close()
	}

	t.Run("its engine got path and context", func(t *testing.T) {
		status, text := s.ask(http.MethodGet, wire.PathWorkers+"/"+w.WorkerID+"/logs", "")
		want := fmt.Sprintf("engine begins: --model %s --port %d --ctx-size 512\n[ERROR] an engine's own words\n", filepath.Join(s.dir, "models", tiny+".gguf"), w.Port)
		if status != http.StatusOK || text != want {
			t.Errorf("got %d %q, want %q", status, text, want)
		}
	})
	t.Run("its log as a stream", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.url+wire.PathWorkers+"/"+w.WorkerID+"/logs?follow=1", nil)
		resp, err := s.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
			if sc.Text() == "data: [ERROR] an engine's own words" {
				return
			}
		}
		t.Error("the line did not come")
	})
	t.Run("resume", func(t *testing.T) {
		again := s.stream(id, "Last-Event-ID", d.ids[len(d.ids)-2])
		if len(again.lines) != 1 || len(again.results) != 0 {
			t.Errorf("got %+v, want the marker only", again)
		}
		if status, raw := s.ask(http.MethodGet, wire.PathJobs+"/"+id+"/stream", "", "Last-Event-ID", d.ids[len(d.ids)-1]); status != http.StatusNoContent || raw != "" {
			t.Errorf("after the marker: got %d %s, want 204", status, raw)
		}
		if status, _ := s.ask(http.MethodGet, wire.PathJobs+"/"+id+"/stream", "", "Last-Event-ID", "x"); status != http.StatusBadRequest {
			t.Errorf("a bad id: got %d, want 400", status)
		}
	})
	t.Run("its model stays", func(t *testing.T) {
		if d := s.do(`{"operation":"model_delete","model":"` + tiny + `"}`); !strings.Contains(d.last(), "[ERROR] model "+tiny+" is in use by "+w.WorkerID) {
			t.Errorf("got %q", d.last())
		}
	})
	t.Run("get by pid", func(t *testing.T) {
		d := s.do(fmt.Sprintf(`{"operation":"worker_process_get","pid":%d,"hive_id":"box"}`, w.PID))
		if got := decode[wire.WorkerProcess](t, d.results[0]); got.WorkerID != w.WorkerID {
			t.Errorf("got %+v", got)
		}
	})

	d = s.do(`{"operation":"worker_process_delete","worker_id":"` + w.WorkerID + `"}`)
	if got := decode[wire.WorkerProcess](t, d.results[0]); d.last() != wire.JobMarkerDone || !got.Ended || got.State != wire.WorkerExited {
		t.Errorf("got %+v", d)
	}
	if d := s.do(`{"operation":"model_delete","model":"` + tiny + `"}`); d.last() != wire.JobMarkerDone {
		t.Errorf("delete: got %q", d.last())
	}
	_, raw := s.ask(http.MethodGet, wire.PathModels, "")
	if list := decode[wire.ModelList](t, raw); len(list.Models) != 0 {
		t.Errorf("got %+v, want no model", list)
	}
}

func TestASpawnThatFailsSaysWhy(t *testing.T) {
	s := newShop(t)
	for _, row := range []struct{ body, want string }{
		{`{"operation":"worker_spawn","worker":"broken","model":"` + tiny + `","device":"CPU-0"}`, "out of paper"},
		{`{"operation":"worker_spawn","worker":"fast","model":"ana/none"}`, `no such model: "ana/none" is not among the 1 of this hive: see model_list`},
		{`{"operation":"worker_spawn","worker":"fast","model":"` + tiny + `","device":"GPU-7"}`, "device GPU-7 is not there: this machine has GPU-0, CPU-0"},
		{`{"operation":"worker_process_delete","worker_id":"nobody"}`, `there is no worker "nobody"`},
		{`{"operation":"worker_process_delete","pid":1}`, "no worker has the pid 1"},
		{`{"operation":"model_load","model":"` + tiny + `","device":"CPU-0"}`, "program llama-server"},
		{`{"operation":"model_unload","model":"` + tiny + `"}`, "no worker runs the model"},
	} {
		d := s.do(row.body)
		if !strings.HasPrefix(d.last(), wire.JobMarkerError+" ") || !strings.Contains(d.last(), row.want) {
			t.Errorf("%s: got %q, want %q in it", row.body, d.last(), row.want)
		}
	}
}

func TestAModelThatDoesNotFitIsRefusedUnlessForced(t *testing.T) {
	s := newShop(t)
	total, used := int64(24000), int64(23999)
	s.machine.node = &wire.Node{RAMTotalMB: 1000, RAMUsedMB: 999, GPUs: []wire.GPU{{ID: "GPU-0", VRAMTotalMB: &total, VRAMUsedMB: &used}}}
	for _, device := range []string{"GPU-0", "CPU-0", ""} {
		d := s.do(`{"operation":"worker_spawn","worker":"fast","model":"` + tiny + `","device":"` + device + `"}`)
		if !strings.Contains(d.last(), "[ERROR]") || !strings.Contains(d.last(), "and 0.00 GiB are free") {
			t.Errorf("on %q: got %q", device, d.last())
		}
	}
	if d := s.do(`{"operation":"worker_spawn","worker":"fast","model":"` + tiny + `","force":true}`); d.last() != wire.JobMarkerDone {
		t.Errorf("forced: got %+v", d)
	}
}

func TestACancelledSpawnLeavesNoWorker(t *testing.T) {
	s := newShop(t)
	id := s.post(`{"operation":"worker_spawn","worker":"slow","model":"` + tiny + `","device":"CPU-0"}`)
	until(t, func() bool { w := s.workers(); return len(w) == 1 && w[0].PID > 0 })
	status, raw := s.ask(http.MethodDelete, wire.PathJobs+"/"+id, "")
	if want := `{"job_id":"` + id + `","status":"cancelled"}`; status != http.StatusOK || raw != want {
		t.Errorf("got %d %s, want %s", status, raw, want)
	}
	if d := s.stream(id); d.last() != wire.JobMarkerCancelled {
		t.Errorf("got %q", d.last())
	}
	until(t, func() bool { w := s.workers(); return w[0].Ended })
	if status, _ := s.ask(http.MethodDelete, wire.PathJobs+"/"+id, ""); status != http.StatusNotFound {
		t.Errorf("again: got %d, want 404", status)
	}
}

func until(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come to that")
		}
	}
}

func TestWhatIsNoJob(t *testing.T) {
	s := newShop(t)
	for _, row := range []struct{ body, want string }{
		{``, "body"},
		{`null`, "operation is missing"},
		{`{"operation":"dance"}`, "use one of hive_check, "},
		{`{"operation":"status"} x`, "body"},
		{`{"operation":5}`, "operation is a number"},
		{`{"operation":"status","hive_id":"other"}`, `hive_id \"other\" is another hive's`},
		{`{"operation":"status","model":[]}`, "model is a array"},
		{`{"operation":"worker_spawn"}`, "worker is missing"},
		{`{"operation":"worker_spawn","worker":"fast"}`, "needs a model"},
		{`{"operation":"worker_spawn","worker":"nope"}`, "there is no kind of worker"},
		{`{"operation":"worker_spawn","worker":"fast","model":"-x"}`, "begins with '-'"},
		{`{"operation":"worker_spawn","worker":"fast","model":"../x"}`, "begins with '.'"},
		{`{"operation":"worker_spawn","worker":"fast","model":"a\u0000b"}`, "not printable"},
		{`{"operation":"worker_spawn","worker":"fast","model":"a","device":"--gpu"}`, "device"},
		{`{"operation":"worker_spawn","worker":"fast","model":"a","restart":"often"}`, "no policy"},
		{`{"operation":"worker_spawn","worker":"fast","model":"a","context":-1}`, "context -1"},
		{`{"operation":"worker_process_get"}`, "either worker_id or pid"},
		{`{"operation":"worker_process_get","pid":-4}`, "negative"},
		{`{"operation":"worker_process_get","worker_id":"../../etc"}`, "worker_id"},
		{`{"operation":"model_get"}`, "model is missing"},
		{`{"operation":"model_download","model":"http://example.org/x.gguf"}`, "invalid model reference"},
	} {
		status, raw := s.ask(http.MethodPost, wire.PathJobs, row.body)
		if status != http.StatusBadRequest || !strings.Contains(raw, row.want) {
			t.Errorf("%s: got %d %s, want 400 and %q", row.body, status, raw, row.want)
		}
	}
	unknown := wire.PathJobs + "/job-00000000-0000-0000-0000-000000000000"
	for _, path := range []string{unknown, unknown + "/stream", wire.PathJobs + "/x"} {
		if status, raw := s.ask(http.MethodGet, path, ""); status != http.StatusNotFound || !strings.Contains(raw, string(wire.CodeUnknownJob)) {
			t.Errorf("GET %s: got %d %s, want 404", path, status, raw)
		}
	}
	if status, _ := s.ask(http.MethodDelete, unknown, ""); status != http.StatusNotFound {
		t.Errorf("DELETE: got %d, want 404", status)
	}
	if status, raw := s.ask(http.MethodGet, wire.PathWorkers+"/x/logs", ""); status != http.StatusNotFound || !strings.Contains(raw, string(wire.CodeUnknownWorker)) {
		t.Errorf("logs: got %d %s, want 404", status, raw)
	}
	_, raw := s.ask(http.MethodGet, wire.PathJobs, "")
	if list := decode[wire.JobList](t, raw); len(list.Jobs) != 0 {
		t.Errorf("got %+v, want no job", list)
	}
}

// A worker that has its model open goes on without the files.
func TestAModelInUseIsDeletedByForceOnly(t *testing.T) {
	s := newShop(t)
	w := decode[wire.WorkerProcess](t, s.do(`{"operation":"worker_spawn","worker":"fast","model":"` + tiny + `","device":"CPU-0"}`).results[0])
	d := s.do(`{"operation":"model_delete","model":"` + tiny + `","force":true}`)
	if d.last() != wire.JobMarkerDone || !strings.Contains(d.lines[0], "Forced: model "+tiny+" is in use by "+w.WorkerID) {
		t.Errorf("got %q", d.lines)
	}
	_, raw := s.ask(http.MethodGet, wire.PathModels, "")
	if list := decode[wire.ModelList](t, raw); len(list.Models) != 0 {
		t.Errorf("got %+v, want no model", list)
	}
	if got := s.workers(); len(got) != 1 || got[0].State != wire.WorkerReady {
		t.Errorf("got %+v, want the worker as it was", got)
	}
	s.do(`{"operation":"worker_process_delete","worker_id":"` + w.WorkerID + `"}`)
}

func TestAKeyMakesAJobOnce(t *testing.T) {
	s := newShop(t)
	first := s.post(`{"operation":"status"}`, wire.HeaderIdempotencyKey, "k")
	if again := s.post(`{"operation":"status"}`, wire.HeaderIdempotencyKey, "k"); again != first {
		t.Errorf("got %s, want %s", again, first)
	}
	status, raw := s.ask(http.MethodPost, wire.PathJobs, `{"operation":"model_list"}`, wire.HeaderIdempotencyKey, "k")
	if status != http.StatusConflict || !strings.Contains(raw, string(wire.CodeKeyReused)) {
		t.Errorf("another request: got %d %s, want 409", status, raw)
	}
	if status, _ := s.ask(http.MethodPost, wire.PathJobs, `{"operation":"status"}`, wire.HeaderIdempotencyKey, strings.Repeat("k", 300)); status != http.StatusBadRequest {
		t.Errorf("a long key: got %d, want 400", status)
	}
}

func TestJobsAreTakenFromThisMachineOnly(t *testing.T) {
	for _, row := range []struct {
		peer string
		want int
	}{{"127.0.0.1:5", 200}, {"[::1]:5", 200}, {"[::ffff:127.9.9.9]:5", 200}, {"192.168.1.7:5", 403}, {"[fe80::1%eth0]:5", 403}, {"", 403}} {
		for _, method := range []string{http.MethodPost, http.MethodDelete} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(method, wire.PathJobs, nil)
			r.RemoteAddr = row.peer
			loopbackOnly(func(http.ResponseWriter, *http.Request) {})(w, r)
			if w.Code != row.want || (row.want == 403) != bytes.Contains(w.Body.Bytes(), []byte(wire.CodeLoopbackOnly)) {
				t.Errorf("%s from %q: got %d %s, want %d", method, row.peer, w.Code, w.Body, row.want)
			}
		}
	}
}

func TestAProxyIsNotThisMachine(t *testing.T) {
	for _, header := range []string{"Forwarded", "X-Forwarded-For"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, wire.PathJobs, nil)
		r.RemoteAddr = "127.0.0.1:5"
		r.Header.Set(header, "10.0.0.9")
		if loopbackOnly(func(http.ResponseWriter, *http.Request) {})(w, r); w.Code != http.StatusForbidden {
			t.Errorf("%s: got %d, want 403", header, w.Code)
		}
	}
}

func TestADownloadBecomesAModel(t *testing.T) {
	s := newShop(t)
	file := gguftest.Tiny().Bytes()
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file))
	}))
	defer hub.Close()
	d := s.do(`{"operation":"model_download","model":"` + hub.URL + `/second.gguf"}`)
	if d.last() != wire.JobMarkerDone {
		t.Fatalf("got %q", d.lines)
	}
	got := decode[wire.ModelProgress](t, d.results[len(d.results)-1])
	if want := (wire.ModelProgress{Step: "done", File: "second.gguf", Bytes: int64(len(file)), TotalBytes: int64(len(file)), Model: "second"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if d := s.do(`{"operation":"model_get","model":"second"}`); decode[wire.Model](t, d.results[0]).Source != wire.ModelOwn {
		t.Errorf("got %q", d.results)
	}
}

func TestQuestions(t *testing.T) {
	s := newShop(t)
	s.write("state/workers.d/bad.toml", "program = 5\n")
	kinds := decode[wire.WorkerKindList](t, s.do(`{"operation":"worker_catalog_list"}`).results[0])
	found := map[string]bool{}
	for _, k := range kinds.Kinds {
		found[k.Name] = k.Found
		if !k.Found && k.Why == "" {
			t.Errorf("%s is not found, and nobody says why", k.Name)
		}
	}
	if !found["fast"] || found["bad"] || len(found) != 9 {
		t.Errorf("got kinds %v", found)
	}
	if k := decode[wire.WorkerKind](t, s.do(`{"operation":"worker_catalog_get","worker":"fast"}`).results[0]); !k.TakesModel || !bytes.Contains(k.Definition, []byte("--ctx-size")) {
		t.Errorf("got %+v", k)
	}
	check := decode[wire.HiveCheck](t, s.do(`{"operation":"hive_check"}`).results[0])
	levels := map[string]string{}
	for _, f := range check.Findings {
		if f.Level != wire.FindingOK {
			levels[f.Subject] = f.Level
		}
		if f.Level != wire.FindingOK && f.Remedy == "" {
			t.Errorf("no remedy: %+v", f)
		}
	}
	if levels["kinds of worker"] != wire.FindingError || levels["queen"] != "" {
		t.Errorf("got findings %+v", check.Findings)
	}
	status := decode[wire.HiveStatus](t, s.do(`{"operation":"status"}`).results[0])
	if status.Hive.ID != "box" || len(status.Devices) != 2 || status.Node == nil {
		t.Errorf("got %+v", status)
	}
}

func TestAHiveThatStopsEndsItsJobs(t *testing.T) {
	s := newShop(t)
	id := s.post(`{"operation":"worker_spawn","worker":"slow","model":"` + tiny + `","device":"CPU-0"}`)
	until(t, func() bool { w := s.workers(); return len(w) == 1 && w[0].PID > 0 })
	heard := make(chan said, 1)
	go func() { heard <- s.stream(id) }()
	time.Sleep(100 * time.Millisecond) // that the stream is open
	s.stop()
	if d := <-heard; d.last() != "[ERROR] the hive is stopping" {
		t.Errorf("got %q", d.last())
	}
	s.run()
	_, raw := s.ask(http.MethodGet, wire.PathJobs+"/"+id, "")
	if j := decode[wire.Job](t, raw); j.State != wire.JobFailed || j.Error != "the hive is stopping" {
		t.Errorf("got %+v", j)
	}
}

func TestHeartbeatsTellWhatOthersHoldOfAGPU(t *testing.T) {
	m := newFakeMachine()
	m.node.GPUs = []wire.GPU{{ID: "GPU-0"}, {ID: "GPU-1"}}
	r := &reporter{id: "box", port: 1, machine: m, workers: (*work)(nil).samples, health: (*work)(nil).health, counts: newCounts(), log: slog.New(slog.DiscardHandler)}
	r.foreign = func() map[string]int64 { return map[string]int64{"GPU-1": 70} }
	got := r.heartbeat(wire.Ready, nil).Node.GPUs
	if len(got) != 2 || got[0].ForeignVRAMMB != nil || got[1].ForeignVRAMMB == nil || *got[1].ForeignVRAMMB != 70 {
		t.Errorf("got %+v", got)
	}
	if m.node.GPUs[1].ForeignVRAMMB != nil {
		t.Error("the machine's own sample was changed")
	}
}
