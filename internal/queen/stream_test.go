package queen

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// message is one event or comment of the stream, with the time it came.
type message struct {
	at   time.Duration
	name string // "" for a comment
	kind string // the type in its data
	data string
}

// listener reads the stream.
type listener struct {
	mu       sync.Mutex
	messages []message
	leave    func()
	ended    chan struct{} // closed when the stream has ended
}

// listen opens the stream from the host at ip.
func (r *running) listen(ip string) *listener {
	r.b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{leave: cancel, ended: make(chan struct{})}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.addr+wire.PathStream, nil)
	if err != nil {
		r.b.t.Fatal(err)
	}
	resp, err := r.b.client(ip).Do(req)
	if err != nil {
		r.b.t.Fatalf("stream: %v", err)
	}
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || got != "text/event-stream" {
		r.b.t.Errorf("stream: got %d %s", resp.StatusCode, got)
	}
	r.b.t.Cleanup(func() { cancel(); <-l.ended })
	go func() {
		defer close(l.ended)
		defer func() { _ = resp.Body.Close() }()
		l.read(r.b, bufio.NewScanner(resp.Body))
	}()
	return l
}

func (l *listener) read(b *bed, lines *bufio.Scanner) {
	var m message
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "event":
			m.name = value
		case "data":
			m.data = value
			var typed struct{ Type string }
			_ = json.Unmarshal([]byte(value), &typed)
			m.kind = typed.Type
		case "":
			if value != "" { // a comment
				m.data = value
				continue
			}
			m.at = b.at()
			l.mu.Lock()
			l.messages = append(l.messages, m)
			l.mu.Unlock()
			m = message{}
		}
	}
}

// of returns the messages of a type.
func (l *listener) of(kind string) []message {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []message
	for _, m := range l.messages {
		if m.kind == kind {
			out = append(out, m)
		}
	}
	return out
}

func times(messages []message) []time.Duration {
	var out []time.Duration
	for _, m := range messages {
		out = append(out, m.at)
	}
	return out
}

func TestTheStreamBeginsWithThePulseAndKeepsItsRhythm(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		b.sleep(100 * time.Millisecond)
		l := r.listen("10.0.0.201")
		b.sleepUntil(125 * time.Second) // longer than an ordinary answer may take
		var want []time.Duration
		for at := 100 * time.Millisecond; at < 125*time.Second; at += 2500 * time.Millisecond {
			want = append(want, at)
		}
		if diff := cmp.Diff(want, times(l.of(wire.StreamQueen))); diff != "" {
			t.Errorf("times of the pulse (-want +got):\n%s", diff)
		}
		var comments []time.Duration
		for at := 15100 * time.Millisecond; at < 125*time.Second; at += 15 * time.Second {
			comments = append(comments, at)
		}
		if diff := cmp.Diff(comments, times(l.of(""))); diff != "" {
			t.Errorf("times of the comments (-want +got):\n%s", diff)
		}
		for _, m := range l.messages {
			if want := map[bool]string{true: "", false: "heartbeat"}[m.kind == ""]; m.name != want {
				t.Errorf("got event name %q of %s, want %q", m.name, m.data, want)
			}
		}
	})
}

func TestThePulseSumsUpTheRegistry(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.bootEarlier()
		workers := func(pids ...int64) func(*wire.Heartbeat) {
			return func(hb *wire.Heartbeat) {
				for _, pid := range pids {
					hb.Workers = append(hb.Workers, wire.Worker{PID: pid, Group: "llm"})
				}
			}
		}
		r.beat(200, "10.0.1.4", b.beatOf("gone", withDevices(), workers(9)))
		r.beat(200, "10.0.1.5", b.beatOf("ended", withDevices(), workers(8), saying(wire.Stopped)))
		b.sleep(6 * time.Second)
		r.beat(200, "10.0.1.3", b.beatOf("late", withDevices(), workers(7)))
		b.sleep(5 * time.Second)
		r.beat(200, "10.0.1.1", b.beatOf("ready", withDevices(), workers(1, 2)))
		r.beat(200, "10.0.1.2", b.beatOf("busy", withDevices(), workers(3), saying(wire.Busy)))
		var got map[string]any
		first := r.listen("10.0.0.201")
		b.sleep(time.Millisecond)
		if err := json.Unmarshal([]byte(first.of(wire.StreamQueen)[0].data), &got); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"type": "queen", "workers_online": 4.0, "workers_available": 2.0, "hives_online": 3.0, "hives_available": 1.0,
			"worker_ids": []any{"busy/3", "late/7", "ready/1", "ready/2"}, "hive_ids": []any{"busy", "late", "ready"},
			"timestamp": "2000-01-01T00:00:26Z",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pulse (-want +got):\n%s", diff)
		}
	})
}

func TestTheStreamCarriesEveryHeartbeatAndEveryEvent(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(after(20*time.Second, 0))
		l := r.listen("10.0.0.201")
		node := &wire.Node{CPUPct: 12.5, RAMUsedMB: 1, RAMTotalMB: 2, GPUs: []wire.GPU{}}
		r.beat(404, "10.0.1.1", b.beatOf("a"))
		for i := range 3 {
			hb := b.beatOf("a", withDevices(gpu))
			hb.Workers, hb.Node = []wire.Worker{{PID: int64(i)}}, node
			r.beat(200, "10.0.1.1", hb)
			b.sleep(time.Second)
		}
		b.sleepUntil(21 * time.Second) // down, and a round that finds nobody
		var beats []wire.HiveTelemetry
		for _, m := range l.of(wire.StreamHiveTelemetry) {
			var v wire.HiveTelemetry
			if err := json.Unmarshal([]byte(m.data), &v); err != nil {
				t.Fatal(err)
			}
			beats = append(beats, v)
		}
		var want []wire.HiveTelemetry
		for i := range 3 {
			want = append(want, wire.HiveTelemetry{
				Type: "hive_telemetry", HiveID: "a", Timestamp: b.start.Add(time.Duration(i) * time.Second).UTC(),
				Workers: []wire.Worker{{PID: int64(i)}}, Node: node,
			})
		}
		if diff := cmp.Diff(want, beats); diff != "" {
			t.Errorf("telemetry (-want +got):\n%s", diff)
		}
		var streamed []wire.Event
		for _, m := range l.of(wire.StreamHiveEvent) {
			var v wire.HiveEvent
			if err := json.Unmarshal([]byte(m.data), &v); err != nil {
				t.Fatal(err)
			}
			streamed = append(streamed, v.Event)
		}
		var stored wire.EventList
		r.get(wire.PathEvents+"?after=1", &stored) // the first is the start of the queen
		if diff := cmp.Diff(stored.Events, streamed); diff != "" || len(streamed) != 4 {
			t.Errorf("events (-stored +streamed), want four:\n%s", diff)
		}
	})
}

func TestASlowReaderIsDroppedAndDelaysNobody(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		fast := r.listen("10.0.0.201")
		slow, err := b.client("10.0.0.202").Get("http://" + r.addr + wire.PathStream) // and does not read on
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = slow.Body.Close() }()
		if got := readers(r); got != 2 {
			t.Fatalf("got %d readers, want 2", got)
		}
		const beats = readerBuffer + 10
		for range beats {
			began := b.at()
			r.beat(200, "10.0.1.1", b.beatOf("a", withDevices()))
			if took := b.at() - began; took != 0 {
				t.Fatalf("got %v for a heartbeat, want no waiting for the slow reader", took)
			}
			b.sleep(batchEvery)
		}
		began := b.at()
		if got := readers(r); got != 1 {
			t.Errorf("got %d readers once one was too far behind, want 1", got)
		}
		if _, err := io.Copy(io.Discard, slow.Body); err != nil || b.at() != began {
			t.Errorf("reading on: got %v after %v, want the end at once", err, b.at()-began)
		}
		b.sleep(batchEvery)
		if got := len(fast.of(wire.StreamHiveTelemetry)); got != beats {
			t.Errorf("the fast reader got %d heartbeats, want %d", got, beats)
		}
	})
}

// A reader that has gone silent without a word is noticed by the time a write
// to it takes, however little there is to send.
func TestAReaderThatHangsIsDropped(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		slow, err := b.net.Dialer("10.0.0.202")(t.Context(), "tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = slow.Close() }()
		_, _ = fmt.Fprintf(slow, "GET %s HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n", wire.PathStream)
		b.sleep(writeWithin - time.Millisecond)
		if got := readers(r); got != 1 {
			t.Errorf("got %d readers, want 1", got)
		}
		b.sleep(2 * time.Millisecond)
		if got := readers(r); got != 0 {
			t.Errorf("got %d readers after %v, want none", got, writeWithin)
		}
	})
}

func TestAReaderThatLeavesIsForgotten(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		l := r.listen("10.0.0.201")
		l.leave()
		b.sleep(time.Millisecond)
		if got := readers(r); got != 0 {
			t.Errorf("got %d readers, want none", got)
		}
	})
}

func TestStreamsEndWithTheQueen(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		l := r.listen("10.0.0.201")
		b.sleep(time.Second)
		began := b.at()
		r.stop()
		<-l.ended
		if took := b.at() - began; took > time.Second {
			t.Errorf("got %v until the stream ended with the queen, want no waiting", took)
		}
	})
}

func readers(r *running) int {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	return len(r.hub.readers)
}

// A crowd takes turns, and nobody misses anything for it, whenever it came.
func TestACrowdTakesTurns(t *testing.T) {
	h := newHub()
	const crowd, rounds = 100, 200
	got := make([][]byte, crowd)
	parcels := make([]chan []byte, crowd)
	for i := range parcels {
		var leave func()
		parcels[i], leave = h.subscribe()
		defer leave()
	}
	most := 0
	for n := range rounds + mostTurns {
		if n < rounds {
			h.publish([]any{n})
		}
		owing := h.send()
		served := 0
		for i, ch := range parcels {
			select {
			case parcel := <-ch:
				got[i] = append(got[i], parcel...)
				served++
			default:
			}
		}
		most = max(most, served)
		if n == rounds+mostTurns-1 && owing {
			t.Error("somebody is owed something after everybody's turn")
		}
	}
	var all []any
	for n := range rounds {
		all = append(all, n)
	}
	for i := range got {
		if !bytes.Equal(got[i], events(all...)) {
			t.Fatalf("reader %d got %d bytes, want every message once and in order, %d bytes", i, len(got[i]), len(events(all...)))
		}
	}
	if most > crowd/2 {
		t.Errorf("%d of %d readers were written to in one turn", most, crowd)
	}
}

// However many messages come at once, they are one batch, and a reader is
// dropped by the number of batches it is behind.
func TestOneLargeCommitDropsNobody(t *testing.T) {
	h := newHub()
	batches, leave := h.subscribe()
	defer leave()
	h.publish(make([]any, 20*readerBuffer))
	h.send()
	if batch, ok := <-batches; !ok || bytes.Count(batch, []byte("event: ")) != 20*readerBuffer {
		t.Errorf("got %d messages, open %t, want all of them", bytes.Count(batch, []byte("event: ")), ok)
	}
	for range readerBuffer + 1 {
		h.publish([]any{"one"})
		h.send()
	}
	n := 0
	for range batches {
		n++
	}
	if n != readerBuffer {
		t.Errorf("a reader that reads nothing was dropped after %d batches, want %d", n, readerBuffer)
	}
}
