package hive

import (
	"testing"
	"time"

	"rbee/internal/wire"
)

// The arrows of doc.go: what leads from a state where, and what does not lead
// away.
func TestArrows(t *testing.T) {
	const (
		standalone = wire.Standalone
		push       = wire.DiscoveryPush
		wait       = wire.DiscoveryWait
		telemetry  = wire.Telemetry
	)
	answer := func(r reply, during time.Duration) func(b *bed, a *fakeQueen) {
		return func(b *bed, a *fakeQueen) { a.answers(always(r)); b.sleep(during) }
	}
	pull := func(pairs ...string) func(b *bed, a *fakeQueen) {
		return func(b *bed, _ *fakeQueen) { b.pull(append([]string{wire.QueryQueenURL}, pairs...)...) }
	}
	nothing := func(d time.Duration) func(b *bed, a *fakeQueen) { return func(b *bed, _ *fakeQueen) { b.sleep(d) } }
	hang := reply{hang: true}
	for _, row := range []struct {
		name  string
		from  wire.LinkState
		event func(b *bed, a *fakeQueen)
		to    wire.LinkState
	}{
		{"nothing", standalone, nothing(24 * time.Hour), standalone},
		{"a refused pull", standalone, pull("ftp://10.0.0.1"), standalone},
		{"a pull", standalone, pull(urlB), push},

		{"200", push, answer(reply{}, 3*time.Second), telemetry},
		{"four fail", push, answer(reply{status: 500}, 29*time.Second), push},
		{"five fail", push, answer(reply{status: 500}, 31*time.Second), wait},
		{"five times 404", push, answer(reply{status: 404}, 31*time.Second), wait},
		{"turned away", push, answer(reply{status: 403}, 3*time.Second), wait},
		{"busy", push, answer(reply{status: 503, retryAfter: "30"}, 4*time.Minute), push},
		{"a pull of the same", push, pull(urlA), push},
		{"a pull of another", push, pull(urlB), push},
		{"a refused pull", push, pull("mailto:a@b"), push},

		{"nothing", wait, nothing(24 * time.Hour), wait},
		{"a refused pull", wait, pull(""), wait},
		{"a pull of the same", wait, pull(urlA), push},
		{"a pull of another", wait, pull(urlB), push},

		{"200", telemetry, nothing(time.Hour), telemetry},
		{"400", telemetry, answer(reply{status: 400}, time.Second), push},
		{"404", telemetry, answer(reply{status: 404}, time.Second), push},
		{"refused", telemetry, func(b *bed, a *fakeQueen) { a.down(); b.sleep(time.Second) }, push},
		{"turned away", telemetry, answer(reply{status: 409}, time.Second), wait},
		{"500", telemetry, answer(reply{status: 500}, time.Hour), telemetry},
		{"503", telemetry, answer(reply{status: 503, retryAfter: "30"}, time.Hour), telemetry},
		{"timeouts", telemetry, answer(hang, time.Hour), telemetry},
		{"a redirect", telemetry, answer(reply{status: 307}, time.Hour), telemetry},
		{"a pull of the same", telemetry, pull(urlA), telemetry},
		{"a pull of another", telemetry, pull(urlB), telemetry},
		{"a take", telemetry, pull(urlB, wire.QueryTake, "1"), push},
	} {
		t.Run(string(row.from)+" "+row.name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				a := b.queen(hostA, "queen-a")
				b.queen(hostB, "queen-b").answers(always(hang))
				switch row.from {
				case standalone:
					b.run()
				case push:
					a.answers(always(reply{status: 500}))
					b.run(withQueen(urlA))
				case wait:
					a.answers(always(reply{status: 500}))
					b.run(withQueen(urlA))
					b.sleep(time.Minute)
				case telemetry:
					b.run(withQueen(urlA))
					b.sleep(500 * time.Millisecond)
				}
				if got := b.info().State; got != row.from {
					t.Fatalf("got state %s, want %s", got, row.from)
				}
				row.event(b, a)
				if got := b.info().State; got != row.to {
					t.Errorf("got %s → %s, want %s", row.from, got, row.to)
				}
			})
		})
	}
}

// After a slow retry too, 200 leads from DISCOVERY_WAIT to TELEMETRY.
func TestArrowOfASlowRetry(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q, _ := waiting(b)
		q.answers(nil)
		b.sleep(73 * time.Second)
		b.wantState(wire.Telemetry, urlA)
	})
}
