package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rbee/internal/peer"
	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// The size of TestCrashes; `make crash` asks for more than the default.
var (
	crashCycles = flag.Int("crash.cycles", 50, "kill the queen `N` times")
	crashHives  = flag.Int("crash.hives", 100, "under `N` hives")
	crashLife   = flag.Duration("crash.life", 400*time.Millisecond, "let her serve at most so long")
	crashSeed   = flag.Uint64("crash.seed", 0, "make the choices of an earlier run; 0 is a new seed")
)

// In these shares of the cycles she is killed in her boot, and in the migration
// of an older file.
const (
	bootShare      = 0.10
	migrationShare = 0.10
)

// crashes is a queen that is killed again and again on one state file.
type crashes struct {
	t      *testing.T
	home   string
	state  string
	port   int
	hives  int
	most   time.Duration // of a life
	random *rand.Rand
	old    *oldState
	away   *atomic.Bool // no queen serves
	waited int64        // how often the auditor had to wait for a log to be read

	loads, boots, migrations        int             // how often she was killed under load, and in what
	inBoot, inMigration             int             // of these, before she served
	beats, registrations, events    int             // promised
	lostBeats, lostRegs, lostEvents []string        // and not kept
	health, accepted                []time.Duration // from the start of the program to each
}

// Killed at any moment, under load, in a boot or in a migration, a queen has all
// that she acknowledged or told, and an auditor beside her never meets an error.
func TestCrashes(t *testing.T) {
	t.Parallel()
	needSqlite3(t)
	seed := *crashSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	if _, err := binaries(); err != nil { // or the first boot would take longer
		t.Fatal(err)
	}
	home := t.TempDir()
	c := &crashes{
		t: t, home: home, state: filepath.Join(home, "queen.db"), port: freePorts(t, 1)[0],
		hives: *crashHives, most: *crashLife, random: rand.New(rand.NewPCG(seed, 1)), away: &atomic.Bool{},
	}
	t.Logf("%d cycles, %d hives, -crash.seed %d", *crashCycles, c.hives, seed)
	c.old = newOldState(t, filepath.Join(home, "old"))
	q := c.boot()
	stopAuditor := auditor(t, c.state, 100*time.Millisecond, 4, glance, c.away.Load)
	var last *promises
	for n := range *crashCycles {
		switch x := c.random.Float64(); {
		case n > 0 && x < bootShare:
			c.kill(q)
			c.killInBoot()
		case x < bootShare+migrationShare:
			c.killInMigration()
			continue
		default:
			last = c.load(q, c.life())
		}
		q = c.boot()
		c.keptAfter(last)
		if n%100 == 99 {
			c.sound(c.state)
			t.Logf("%d cycles: to an accepted heartbeat in the last boots: %s", n+1, spread(c.accepted[max(0, len(c.accepted)-80):]))
		}
		if t.Failed() {
			break
		}
	}
	last = c.load(q, c.most)
	reads, waited := stopAuditor()
	c.waited += waited
	c.sound(c.state)
	if reads == 0 {
		t.Fatal("the auditor never read")
	}
	c.tell(reads)
	c.control(last)
}

// glance is what the auditor asks of a file that may be large: four words.
const glance = "SELECT max(epoch) FROM audit_epochs; SELECT count(*) FROM audit_hives; SELECT max(id) FROM audit_events; " +
	"SELECT count(*) FROM (SELECT workers FROM audit_heartbeats ORDER BY received_at DESC LIMIT 10)"

func (c *crashes) start() *realQueen {
	q := &realQueen{url: "http://127.0.0.1:" + strconv.Itoa(c.port), state: c.state}
	q.process = startProgram(c.t, c.home, "queen-rbee", "--port", strconv.Itoa(c.port), "--state", c.state,
		"--ssh-config", filepath.Join(c.home, "none"), "--discovery-delay", "1h", "--log-level", "warn")
	q.client = queenclient.New(q.url, peer.Options{})
	return q
}

// boot starts a queen and sees how long it takes until she answers, and until
// she accepts a heartbeat.
func (c *crashes) boot() *realQueen {
	c.t.Helper()
	began := time.Now()
	q := c.start()
	within(c.t, q.process, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, q.url+wire.PathHealth, http.NoBody)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	})
	c.health = append(c.health, time.Since(began))
	within(c.t, q.process, func(ctx context.Context) error {
		_, err := q.client.Heartbeat(ctx, &wire.Heartbeat{
			Hive:      wire.HiveInfo{ID: "probe", Port: 1, OperationalStatus: wire.Ready, HealthStatus: wire.HealthStatus{Status: wire.HealthHealthy}},
			Timestamp: time.Now(), Workers: []wire.Worker{}, Capabilities: []wire.Device{},
		})
		return err
	})
	c.accepted = append(c.accepted, time.Since(began))
	c.away.Store(false)
	return q
}

// within tries until it succeeds, without a pause worth the name.
func within(t *testing.T, p *process, try func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return
		}
		select {
		case <-p.done:
			t.Fatalf("the queen ended: %v\n%s", p.cmd.ProcessState, p.log)
		case <-ctx.Done():
			t.Fatalf("the queen does not serve: %v\n%s", err, p.log)
		case <-time.After(time.Millisecond):
		}
	}
}

func (c *crashes) kill(q *realQueen) {
	c.away.Store(true)
	q.kill()
}

// killInBoot starts a queen and kills her, most often before she serves.
func (c *crashes) killInBoot() {
	p := c.start()
	time.Sleep(c.upTo(c.accepted[len(c.accepted)-1]))
	if !listens(p.url) {
		c.inBoot++
	}
	p.kill()
	c.boots++
}

// life is how long she serves: one of twenty lives is long enough for the minutes
// of the history to be made again.
func (c *crashes) life() time.Duration {
	if c.random.IntN(20) == 0 {
		return 3 * time.Second
	}
	return c.upTo(c.most)
}

func (c *crashes) upTo(most time.Duration) time.Duration {
	return time.Duration(c.random.Float64() * float64(most))
}

func listens(url string) bool {
	resp, err := http.Get(url + wire.PathHealth)
	if err == nil {
		_ = resp.Body.Close()
	}
	return err == nil
}

// keptAfter looks for what the last queen promised in the file of the next one.
func (c *crashes) keptAfter(p *promises) {
	c.t.Helper()
	if p == nil || p.looked {
		return
	}
	p.looked = true
	beats, registrations, events := p.broken(c.t, c.state)
	c.lostBeats, c.lostRegs, c.lostEvents = append(c.lostBeats, beats...), append(c.lostRegs, registrations...), append(c.lostEvents, events...)
	for what, lost := range map[string][]string{"heartbeats": beats, "registrations": registrations, "events": events} {
		if len(lost) > 0 {
			c.t.Errorf("epoch %d: %d %s are lost, such as %s", p.epoch, len(lost), what, lost[0])
		}
	}
	if got := sqlite3(c.t, c.state, fmt.Sprintf("SELECT stop_reason FROM audit_epochs WHERE epoch = %d", p.epoch)); got != "crash" {
		c.t.Errorf("epoch %d reads %q, want crash", p.epoch, got)
	}
}

func (c *crashes) sound(state string) {
	c.t.Helper()
	if got := sqlite3(c.t, state, "PRAGMA integrity_check"); got != "ok" {
		c.t.Errorf("integrity_check: %s", got)
	}
}

func (c *crashes) tell(reads int64) {
	c.t.Helper()
	c.t.Logf("killed %d times: %d under load, %d in a boot (%d before she served), %d in a migration (%d before she served)",
		c.loads+c.boots+c.migrations, c.loads, c.boots, c.inBoot, c.migrations, c.inMigration)
	c.t.Logf("lost: %d of %d heartbeats, %d of %d registrations, %d of %d events; the auditor read %d times and had to wait %d times",
		len(c.lostBeats), c.beats, len(c.lostRegs), c.registrations, len(c.lostEvents), c.events, reads, c.waited)
	load, _ := os.ReadFile("/proc/loadavg") // for whoever judges the times
	c.t.Logf("from the start of the program to an answer: %s; to an accepted heartbeat: %s; %d processors, load %s",
		spread(c.health), spread(c.accepted), runtime.NumCPU(), strings.TrimSpace(string(load)))
}

func spread(of []time.Duration) string {
	of = slices.Sorted(slices.Values(of))
	at := func(q float64) time.Duration { return of[int(q*float64(len(of)-1))].Round(time.Millisecond) }
	return fmt.Sprintf("p50 %v, p99 %v, max %v", at(0.5), at(0.99), at(1))
}
