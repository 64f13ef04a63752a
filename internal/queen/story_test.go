package queen

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rbee/internal/store"
	"rbee/internal/wire"
)

// storyAsked is when the queries of the handbook are asked; storySSH is what
// the queen of the story reads.
const (
	storyAsked = "2025-11-21T06:00:00Z"
	storySSH   = `Host lab
  HostName 10.0.2.5
Host den
  HostName 10.0.2.8
Host nas
  HostName 10.0.2.50
Host museum
  HostName 10.0.2.51
Host github.com
  User git
Host vault
  HostName 10.0.2.60
  ProxyJump bastion
Host web
  HostName 203.0.113.10
Host boss
  # rbee: ignore
  HostName 10.0.2.99
`
)

// character is a hive of the story as it is now.
type character struct {
	id, instance, ip string
	devices          []wire.Device
	gpus             []int64 // MiB used on each that it measures
	workers          []wire.Worker
	clock            time.Duration // how far its clock is ahead
	off              bool          // sends nothing
	announces        bool          // its next heartbeat has capabilities
	answers          bool          // pulls reach it
	door             *fakeHive     // where they do
}

// heartbeat is what it sends now.
func (c *character) heartbeat(b *bed) wire.Heartbeat {
	hb := b.beatOf(c.id, withInstance(c.instance))
	hb.Timestamp = hb.Timestamp.Add(c.clock - 20*time.Millisecond)
	hb.Workers = append(hb.Workers, c.workers...)
	hb.Node = &wire.Node{CPUPct: 12.5, RAMUsedMB: 20480, RAMTotalMB: 65536, GPUs: []wire.GPU{}}
	for i, used := range c.gpus {
		hb.Node.GPUs = append(hb.Node.GPUs, wire.GPU{
			ID: c.devices[i].ID, UtilPct: ptr(50.0), VRAMUsedMB: &used, VRAMTotalMB: ptr(*c.devices[i].VRAMGB * 1024),
			TempC: ptr(40 + float64(used)/1000), PowerW: ptr(200.0),
		})
	}
	if c.announces {
		hb.Capabilities, c.announces = append([]wire.Device{}, c.devices...), false
	}
	return hb
}

// story is two nights of a queen and her hives, for which the answers to the
// questions of the handbook are known.
type story struct {
	b        *bed
	r        *running
	ssh      string
	midnight time.Time
	cast     []*character

	pc, rack1, rack2, attic, laptop, oldBox, lab, den *character
}

// tellStory writes the state file of the story to path: a copy that is taken
// while the last epoch lasts.
func tellStory(t *testing.T, path string) {
	t.Helper()
	inBed(t, func(t *testing.T, b *bed) {
		b.sleep(time.Until(time.Date(2025, 11, 19, 23, 30, 0, 0, time.UTC)))
		s := newStory(b)
		s.firstNight()
		s.secondNight()
		db, done := b.open("")
		defer done()
		if _, err := db.ExecContext(t.Context(), "VACUUM INTO ?", path); err != nil {
			t.Fatal(err)
		}
		if got := time.Now().UTC().Format(time.RFC3339); got != storyAsked {
			t.Errorf("the story ends at %s, the queries are asked at %s", got, storyAsked)
		}
	})
}

func newStory(b *bed) *story {
	rtx, second := gpu, gpu
	second.ID = "GPU-1"
	tesla := wire.Device{ID: "GPU-0", Name: "Tesla T4", DeviceType: "gpu", VRAMGB: ptr[int64](16), ComputeCapability: ptr("7.5")}
	s := &story{
		b: b, ssh: storySSH, midnight: time.Now().Add(30 * time.Minute),
		pc:     &character{id: "gaming-pc", instance: "pc-1", ip: "10.0.1.1", devices: []wire.Device{rtx, second, cpu}, gpus: []int64{18000, 10000}, answers: true},
		rack1:  &character{id: "rack-1", instance: "r1", ip: "10.0.1.2", devices: []wire.Device{tesla, cpu}, gpus: []int64{4000}, answers: true},
		rack2:  &character{id: "rack-2", instance: "r2", ip: "10.0.1.3", devices: []wire.Device{tesla, cpu}, gpus: []int64{4000}},
		attic:  &character{id: "attic", instance: "board-1", ip: "10.0.1.4", devices: []wire.Device{cpu}},
		laptop: &character{id: "laptop", instance: "l1", ip: "10.0.1.5", devices: []wire.Device{cpu}, clock: -90 * time.Second},
		oldBox: &character{id: "old-box", instance: "o1", ip: "10.0.1.6", devices: []wire.Device{cpu}},
		lab:    &character{id: "lab", instance: "lab-1", ip: "10.0.2.5", devices: []wire.Device{tesla, cpu}, gpus: []int64{4000}, answers: true},
		den:    &character{id: "den-pc", ip: "10.0.2.8", devices: []wire.Device{cpu}},
	}
	s.cast = []*character{s.pc, s.rack1, s.rack2, s.attic, s.laptop, s.oldBox, s.lab, s.den}
	s.pc.workers = []wire.Worker{
		{PID: 70, Group: "llm", Instance: "8080", CPUPct: 90, RSSMB: 9000, GPUUtilPct: 60, VRAMMB: 17600, TotalVRAMMB: 24576, Model: ptr("llama-3.3-70b")},
		{PID: 71, Group: "embed", Instance: "8081", CPUPct: 10, RSSMB: 2000, GPUUtilPct: 5, VRAMMB: 9800, TotalVRAMMB: 24576, Model: ptr("bge-m3")},
	}
	for _, ip := range []string{"10.0.1.2", "10.0.1.3", "10.0.1.4", "10.0.1.44", "10.0.1.5", "10.0.1.6", "10.0.2.51"} {
		b.net.Silence(ip+":7835", true) // a firewall, or nobody
	}
	for _, c := range s.cast {
		s.starts(c)
	}
	s.den.off = true // until the second night
	return s
}

// boots starts the queen. The hives learn it from her and announce themselves,
// but for the lab, which knows no queen and waits to be found.
func (s *story) boots() {
	s.r = s.b.boot(s.b.sshConfig(s.ssh), after(5*time.Second, 5*time.Minute))
	for _, c := range s.cast {
		c.announces = c != s.lab
	}
}

// until lets the hives beat, half a second after each full one, until so long
// after midnight.
func (s *story) until(d time.Duration) {
	second := time.Now().Truncate(time.Second)
	for end := s.midnight.Add(d); second.Before(end); second = second.Add(time.Second) {
		s.b.sleep(time.Until(second.Add(500 * time.Millisecond))) // not so long: a commit may wait for others
		s.send(s.cast...)
	}
	s.b.sleep(time.Until(second))
}

// send writes one heartbeat of each that is not off, in one commit, as the
// queen does with those that wait for her.
func (s *story) send(all ...*character) {
	s.b.t.Helper()
	now := time.Now()
	var beats []beat
	for _, c := range all {
		if !c.off {
			hb := c.heartbeat(s.b)
			beats = append(beats, beat{&hb, netip.MustParseAddr(c.ip), now, interval})
		}
	}
	err := s.r.store.Write(context.Background(), func(tx *store.Tx) error {
		for _, b := range beats {
			_, err := s.r.registry.beat(tx, b)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.b.t.Fatal(err)
	}
}

// starts has a hive beat, and answer pulls if they reach it.
func (s *story) starts(c *character) {
	if c.off, c.announces = false, true; c.answers {
		s.b.net.Silence(c.ip+":7835", false)
		c.door = s.b.hiveAt(c.ip+":7835", joining(c.id, c.instance, c.devices...))
	}
}

// dies has it do neither, without a word.
func (s *story) dies(c *character) {
	if c.off = true; c.answers {
		c.door.down()
		s.b.net.Silence(c.ip+":7835", true)
	}
}

// stops has it end as SIGTERM does.
func (s *story) stops(c *character) {
	hb := c.heartbeat(s.b)
	hb.Hive.OperationalStatus = wire.Stopped
	s.r.beat(http.StatusOK, c.ip, hb)
	s.dies(c)
}

// firstNight is one of people at work: a model, a clone, a new board.
func (s *story) firstNight() {
	const minute = time.Minute
	s.boots() // at 23:30
	s.until(-20 * minute)
	s.stops(s.oldBox)
	s.until(-15 * minute)
	s.r.want(http.StatusNoContent, nil, http.MethodDelete, wire.PathHives+"/old-box", "")
	s.until(-10 * minute)
	s.pc.workers = append(s.pc.workers, wire.Worker{PID: 72, Group: "img", Instance: "9090", VRAMMB: 5600, TotalVRAMMB: 24576, Model: ptr("sdxl")})
	s.pc.gpus[0] = 23600
	s.until(0)
	s.pc.workers, s.pc.gpus[0] = s.pc.workers[:2], 18000
	s.until(5 * minute) // somebody starts a clone of its disk
	s.send(&character{id: "gaming-pc", instance: "pc-clone", ip: "10.0.1.77", announces: true})
	s.until(10 * minute)
	s.dies(s.attic)
	s.until(20 * minute)
	s.attic.instance, s.attic.ip = "board-2", "10.0.1.44"
	s.starts(s.attic)
	s.until(30 * minute)
	s.r.stop()
}

// secondNight is one of things that break, the queen among them.
func (s *story) secondNight() {
	const minute = time.Minute
	s.dies(s.lab)
	s.lab.ip = "10.0.2.6"
	s.starts(s.lab)
	s.ssh = strings.Replace(storySSH, "10.0.2.5\n", "10.0.2.6\n", 1)
	s.midnight = s.midnight.Add(24 * time.Hour)
	s.b.sleep(time.Until(s.midnight.Add(-30 * minute)))
	s.b.hiveAt(s.den.ip+":7835", with2025(cpu)) // its answer has no id, its heartbeats have
	s.boots()                                   // at 23:30
	s.until(-28 * minute)
	s.starts(s.den)
	s.until(-25 * minute)
	s.pc.gpus = s.pc.gpus[:1] // it falls off the bus
	s.until(-20 * minute)
	s.pc.off = true // a busy network
	s.until(-20*minute + 5*time.Second)
	s.pc.off = false
	s.until(-15 * minute)
	s.stops(s.laptop)
	s.until(-10 * minute)
	s.stops(s.pc) // somebody looks after it
	s.dies(s.rack1)
	s.until(-8 * minute)
	s.pc.devices, s.pc.workers = []wire.Device{gpu, cpu}, s.pc.workers[:1]
	s.starts(s.pc)
	s.until(5 * minute)
	s.starts(s.rack1)
	s.dies(s.rack2)
	s.until(10 * minute)
	s.r.crash()
	s.dies(s.rack1)
	s.rack1.ip = "10.0.1.22" // the router was replaced
	s.starts(s.rack1)
	s.b.sleep(time.Until(s.midnight.Add(330 * minute)))
	s.boots() // at 05:30
	s.until(340 * minute)
	s.starts(s.rack2)
	s.until(345 * minute)
	s.dies(s.attic)
	s.until(350 * minute)
	s.rack2.ip = "10.0.1.33"
	s.until(360 * minute)
}
