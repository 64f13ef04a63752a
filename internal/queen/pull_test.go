package queen

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// A pull registers: what the hive has is shown before any heartbeat, and the
// first heartbeat needs no capabilities.
func TestAPullRegisters(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		h := b.hiveAt("10.0.1.1:7835", joining("gaming-pc", "i-1", gpu, cpu))
		r := b.boot(after(5*time.Second, 0), b.sshConfig("Host box box2\n HostName 10.0.1.1\n"))
		b.sleep(6 * time.Second)
		want := wire.Hive{
			ID: "gaming-pc", InstanceID: "i-1", Alias: "box", Aliases: []string{"box2"}, Hostname: "gaming-pc.lan",
			Address: "10.0.1.1", Port: 7835, Version: "0.1.0", OperationalStatus: wire.Ready,
			HealthStatus: wire.HealthStatus{Status: wire.HealthHealthy}, Status: wire.StatusHealthy, RegisteredEpoch: 1,
			FirstSeen: b.start.Add(5 * time.Second).UTC(), LastSeen: b.start.Add(5 * time.Second).UTC(),
			Devices: []wire.Device{gpu, cpu}, Workers: []wire.Worker{},
		}
		if diff := cmp.Diff(want, r.hive("gaming-pc")); diff != "" {
			t.Errorf("hive (-want +got):\n%s", diff)
		}
		wantPull := []pull{{at: 5 * time.Second, host: "10.0.1.1:7835", queenURL: queenURL, queenID: r.store.QueenID}}
		if diff := cmp.Diff(wantPull, h.asked(), cmp.AllowUnexported(pull{})); diff != "" {
			t.Errorf("pulls (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"hive.discovered", "hive.registered"}, r.kinds("gaming-pc")); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if got := b.log.since(0, "Discovered hive: box"); len(got) != 1 {
			t.Errorf("got lines %q, want one", got)
		}
		r.beat(200, "10.0.1.1", b.beatOf("gaming-pc", withInstance("i-1")))
		if h := r.hive("gaming-pc"); len(h.Devices) != 2 || h.Alias != "box" {
			t.Errorf("after the first heartbeat: got %+v", h)
		}
	})
}

// wantOne expects one hive with this id and alias, in memory and on file.
func (r *running) wantOne(id, alias string, aliases ...string) {
	r.b.t.Helper()
	if diff := cmp.Diff([]string{id}, r.ids()); diff != "" {
		r.b.t.Errorf("hives (-want +got):\n%s", diff)
		return
	}
	h := r.hive(id)
	if diff := cmp.Diff(append([]string{}, aliases...), h.Aliases); h.Alias != alias || diff != "" {
		r.b.t.Errorf("got alias %q and %q, want %q and %q", h.Alias, h.Aliases, alias, aliases)
	}
	if got := r.b.sql("SELECT hive_id, coalesce(alias, '') FROM audit_hives"); len(got) != 1 || got[0] != id+"|"+alias {
		r.b.t.Errorf("got hives %q on file, want %s|%s", got, id, alias)
	}
	r.wantMemoryLikeFile()
}

// The alias stands in for a hive of the 2025 shape until it heartbeats from
// there under an id of its own; then the two entries are one.
func TestAnAliasStandsInUntilTheIDIsKnown(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.hiveAt("10.0.1.1:7840", with2025(gpu))
		r := b.boot(b.sshConfig("Host box box2\n HostName 10.0.1.1\n # rbee: port=7840\n"))
		r.discover("")
		r.wantOne("box", "box", "box2")
		if h := r.hive("box"); len(h.Devices) != 1 || h.Hostname != "10.0.1.1" || h.Status != wire.StatusHealthy {
			t.Errorf("got %+v, want a healthy hive with its device", h)
		}
		b.sleep(time.Second)
		r.beat(200, "10.0.1.1", b.beatOf("gaming-pc", withPort(7840))) // never a 404
		r.wantOne("gaming-pc", "box", "box2")
		if diff := cmp.Diff([]string{"hive.renamed", "hive.registered"}, r.kinds("gaming-pc")); diff != "" {
			t.Errorf("events of the id (-want +got):\n%s", diff)
		}
		h := r.hive("gaming-pc")
		if diff := cmp.Diff([]wire.Device{gpu}, h.Devices); diff != "" || !h.FirstSeen.Equal(b.start) || h.RegisteredEpoch != 1 {
			t.Errorf("got %+v, want what the pull found", h)
		}
		if diff := cmp.Diff(map[string]any{"from": "box"}, r.detail(wire.EventHiveRenamed, "gaming-pc")); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		r.beat(200, "10.0.9.9", b.beatOf("gaming-pc", withPort(7840))) // whatever way its heartbeats take
		r.discover("")                                                 // answers without an id belong to it from now on
		r.wantOne("gaming-pc", "box", "box2")
		for _, ip := range []string{"10.0.1.1", "10.0.9.9"} {
			r.beat(404, ip, b.beatOf("other", withPort(7840))) // it has its id
		}
		r.wantOne("gaming-pc", "box", "box2")
		r.beat(200, "10.0.1.1", b.beatOf("gaming-pc", withPort(7840)))
		r.stop()
		r = b.boot(b.sshConfig("Host box box2\n HostName 10.0.1.1\n # rbee: port=7840\n"))
		b.sleep(time.Second)
		r.discover("")
		r.wantOne("gaming-pc", "box", "box2")
		r.beat(200, "10.0.1.1", b.beatOf("gaming-pc", withPort(7840)))
		if got := r.count(wire.EventHiveRediscovered, "gaming-pc"); got != 1 {
			t.Errorf("got %d hive.rediscovered, want 1", got)
		}
	})
}

func TestAnAliasThatIsTheIDIsNoStandIn(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.hiveAt("10.0.1.1:7835", with2025(gpu))
		r := b.boot(b.sshConfig("Host box\n HostName 10.0.1.1\n"))
		r.discover("")
		r.beat(200, "10.0.1.1", b.beatOf("box"))
		r.beat(404, "10.0.1.1", b.beatOf("other")) // the entry has its id now
		r.wantOne("box", "box")
		if got := r.count(wire.EventHiveRenamed, ""); got != 0 {
			t.Errorf("got %d hive.renamed, want none", got)
		}
	})
}

// The entry that an alias stands in for is found again after a restart, where
// the hive is not registered yet.
func TestAnAliasIsMergedAfterARestart(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.hiveAt("10.0.1.1:7835", with2025(gpu))
		r := b.boot(b.sshConfig("Host box\n HostName 10.0.1.1\n"))
		r.discover("")
		r.crash()
		b.net.Silence("10.0.1.1:7835", true) // the heartbeat is quicker than the pull
		r = b.boot()
		r.beat(404, "10.0.1.1", b.beatOf("gaming-pc"))
		r.beat(200, "10.0.1.1", b.beatOf("gaming-pc", withDevices(cpu)))
		r.wantOne("gaming-pc", "box")
		if diff := cmp.Diff([]string{"hive.renamed", "hive.registered", "hive.capabilities_changed"}, r.kinds("gaming-pc")); diff != "" {
			t.Errorf("events of the id (-want +got):\n%s", diff)
		}
		if got := r.hive("gaming-pc").FirstSeen; !got.Equal(b.start) {
			t.Errorf("got first seen %v, want the pull at %v", got, b.start)
		}
		r.stop()
		r = b.boot()
		r.wantOne("gaming-pc", "box")
	})
}

// The id may have an entry of its own by then: from a heartbeat from elsewhere
// in this epoch or in one before. Its history stays with it.
func TestAnAliasIsMergedWithAnIDThatExisted(t *testing.T) {
	for _, when := range []string{"this epoch", "the epoch before", "forgotten"} {
		t.Run(when, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				config := b.sshConfig("Host box\n HostName 10.0.1.1\n")
				r := b.bootEarlier(config)
				r.beat(200, "10.0.9.9", b.beatOf("gaming-pc", withDevices(cpu)))
				switch when {
				case "the epoch before":
					r.stop()
					r = b.boot(config)
				case "forgotten":
					r.want(204, nil, "DELETE", wire.PathHives+"/gaming-pc", "")
				}
				b.sleep(20500 * time.Millisecond)
				b.hiveAt("10.0.1.1:7835", with2025(gpu))
				r.discover("")
				r.beat(200, "10.0.1.1", b.beatOf("gaming-pc"))
				r.wantOne("gaming-pc", "box")
				h := r.hive("gaming-pc")
				if h.Address != "10.0.1.1" || len(h.Devices) != 1 || h.Devices[0].ID != gpu.ID || !h.FirstSeen.Equal(b.start) {
					t.Errorf("got %+v, want it at the address that answered, with what it has there", h)
				}
				if got := b.sql("SELECT count(*) FROM audit_heartbeats WHERE hive_id = 'gaming-pc'"); got[0] != "2" {
					t.Errorf("got %s heartbeats, want both", got[0])
				}
				want := map[string][]string{
					"this epoch":       {"3s hive.degraded", "11s hive.down", "20.5s hive.recovered"},
					"the epoch before": nil, "forgotten": nil,
				}
				r.wantStory("gaming-pc", want[when]...)
				again := map[string]int{"this epoch": 0, "the epoch before": 1, "forgotten": 1}[when]
				if got := r.count(wire.EventHiveRediscovered, "gaming-pc"); got != again {
					t.Errorf("got %d hive.rediscovered, want %d", got, again)
				}
				for range 4 {
					r.beat(200, "10.0.1.1", b.beatOf("gaming-pc"))
					b.sleep(time.Second)
				}
				if r.registry.anySilence(time.Now()) {
					t.Errorf("the ghost of the alias is still judged")
				}
				// The alias is free again: another hive may have it as its id.
				r.beat(200, "10.0.1.7", b.beatOf("box", withDevices()))
				if got := r.hive("box").Aliases; got == nil {
					t.Errorf("got aliases null, want a list")
				}
				r.stop()
				r = b.boot()
				if diff := cmp.Diff([]string{"box", "gaming-pc"}, r.ids()); diff != "" {
					t.Errorf("hives after a restart (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A hive on another loopback address sends from 127.0.0.1. As long as there is
// only one such entry with its port, that is where it belongs.
func TestLoopbackIsOneHost(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		local := func(c *Config) { c.Listener = b.net.Listen("127.0.0.1:7833") }
		b.hiveAt("127.0.0.2:7840", with2025(gpu))
		b.hiveAt("127.0.0.3:7841", with2025(gpu))
		b.hiveAt("127.0.0.4:7841", with2025(gpu))
		r := b.boot(local, b.sshConfig("Host one\n HostName 127.0.0.2\n # rbee: port=7840\n"+
			"Host two\n HostName 127.0.0.3\n # rbee: port=7841\nHost three\n HostName 127.0.0.4\n # rbee: port=7841\n"))
		r.discover("")
		if diff := cmp.Diff([]string{"one", "three", "two"}, r.ids()); diff != "" {
			t.Fatalf("hives (-want +got):\n%s", diff)
		}
		r.beat(200, "127.0.0.1", b.beatOf("real-one", withPort(7840)))
		r.beat(404, "127.0.0.1", b.beatOf("which", withPort(7841)))                       // two or three?
		r.beat(404, "10.0.1.1", b.beatOf("remote", withPort(7841)))                       // not from this machine
		r.beat(404, "127.0.0.1", b.beatOf("modern", withPort(7841), withInstance("i-1"))) // says who it is
		r.beat(200, "127.0.0.1", b.beatOf("settled", withPort(7841), withDevices()))      // in an entry of its own
		r.beat(200, "127.0.0.3", b.beatOf("real-two", withPort(7841)))                    // exactly
		r.beat(404, "127.0.0.1", b.beatOf("modern", withPort(7841), withInstance("i-1"))) // with one left
		r.beat(200, "127.0.0.1", b.beatOf("settled", withPort(7841)))
		r.beat(200, "127.0.0.1", b.beatOf("real-three", withPort(7841))) // the one left
		if diff := cmp.Diff([]string{"real-one", "real-three", "real-two", "settled"}, r.ids()); diff != "" {
			t.Errorf("hives (-want +got):\n%s", diff)
		}
		for id, alias := range map[string]string{"real-one": "one", "real-two": "two", "real-three": "three"} {
			if got := r.hive(id).Alias; got != alias {
				t.Errorf("%s: got alias %q, want %q", id, got, alias)
			}
		}
	})
}

// A stand-in moves with its SSH alias, and is merged at its new address.
func TestAStandInMovesWithItsAlias(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		old := b.hiveAt("10.0.1.1:7835", with2025(gpu))
		r := b.boot(b.sshConfig("Host box\n HostName 10.0.1.1\n"))
		r.discover("")
		r.stop()
		old.down()
		b.hiveAt("10.0.1.2:7835", with2025(gpu))
		r = b.boot(b.sshConfig("Host box\n HostName 10.0.1.2\n"))
		b.sleep(time.Second)
		r.discover("")
		r.wantOne("box", "box")
		if got := r.hive("box").Address; got != "10.0.1.2" {
			t.Errorf("got address %s, want the one that answered", got)
		}
		r.beat(200, "10.0.1.2", b.beatOf("gaming-pc"))
		r.wantOne("gaming-pc", "box")
	})
}

// A hive that learns to say its id takes over the entry its alias stood in for.
func TestAnUpgradedHiveTakesItsEntry(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		h := b.hiveAt("10.0.1.1:7835", with2025(gpu))
		r := b.boot(b.sshConfig("Host box\n HostName 10.0.1.1\n"))
		r.discover("")
		h.now(joining("gaming-pc", "i-1", gpu))
		r.discover("")
		r.wantOne("gaming-pc", "box")
	})
}

// An answer without an id needs an alias that can be one.
func TestAnAliasThatCannotBeAnID(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.hiveAt("10.0.1.1:7835", with2025(gpu))
		r := b.boot(b.sshConfig("Host me@box\n HostName 10.0.1.1\n"))
		got := r.discover("").Results[1]
		if got.Outcome != wire.OutcomeFailed || got.Error != wire.ErrorNotAHive || got.HiveID != "" {
			t.Errorf("got %+v, want it refused", got)
		}
		if ids := r.ids(); len(ids) != 0 {
			t.Errorf("got hives %q, want none", ids)
		}
	})
}

func (r *running) wantAddress(id, address string, port int) {
	r.b.t.Helper()
	if h := r.hive(id); h.Address != address || h.Port != port {
		r.b.t.Errorf("got %s at %s:%d, want %s:%d", id, h.Address, h.Port, address, port)
	}
}

// A hive is probed where it last answered a pull, else where its heartbeats
// come from, at the port they name.
func TestWhereAHiveIs(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		h := b.hiveAt("10.0.1.1:7840", joining("a", "i-1"))
		config := b.sshConfig("Host box\n HostName 10.0.1.1\n # rbee: port=7840\n")
		r := b.boot(config)
		r.beat(200, "10.0.9.1", b.beatOf("a", withDevices(), withInstance("i-1")))
		r.wantAddress("a", "10.0.9.1", 7835)
		r.beat(200, "10.0.9.2", b.beatOf("a", withPort(7836), withInstance("i-1")))
		r.wantAddress("a", "10.0.9.2", 7836)
		r.discover("")
		r.wantAddress("a", "10.0.1.1", 7840)
		r.beat(200, "10.0.9.2", b.beatOf("a", withPort(7836), withInstance("i-1"))) // the pull knows better
		r.wantAddress("a", "10.0.1.1", 7840)
		if got := r.count(wire.EventHiveDiscovered, "a"); got != 1 {
			t.Errorf("got %d hive.discovered, want 1", got)
		}
		r.stop()
		r = b.boot(config)
		if got := h.asked(); len(got) != 2 {
			t.Errorf("got %d pulls, want a second right after boot where it last answered", len(got))
		}
		r.beat(200, "10.0.9.2", b.beatOf("a", withPort(7836), withInstance("i-1")))
		r.wantAddress("a", "10.0.1.1", 7840)
		if got := r.count(wire.EventHiveDiscovered, "a"); got != 1 {
			t.Errorf("got %d hive.discovered, want 1: the same place is no news", got)
		}

		h.down()
		r.discover("")
		r.wantMemoryLikeFile()
		r.beat(200, "10.0.9.2", b.beatOf("a", withPort(7836), withInstance("i-1"))) // there it no longer answers
		r.wantAddress("a", "10.0.9.2", 7836)
		r.stop()
		b.hiveAt("10.0.9.2:7836", joining("a", "i-1"))
		r = b.boot(config)
		b.sleep(time.Second)
		r.wantStatus("a", wire.StatusHealthy)
		r.wantAddress("a", "10.0.9.2", 7836)
	})
}

// An answer without an id belongs to the hive that heartbeats from there, under
// whatever name it is reached.
func TestAnAnswerBelongsToWhoHeartbeatsFromThere(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		h := b.hiveAt("127.0.0.1:7835", with2025(gpu))
		r := b.boot(func(c *Config) { c.Listener = b.net.Listen("127.0.0.1:7833") })
		r.beat(200, "127.0.0.1", b.beatOf("gaming-pc", withDevices(gpu)))
		r.discover("")
		if got := len(h.asked()); got != 1 {
			t.Errorf("got %d pulls, want 1: this machine is one target, known or not", got)
		}
		r.wantOne("gaming-pc", "localhost")
		r.wantAddress("gaming-pc", "localhost", 7835)
	})
}

// A hive that only ever pushed has no name in the SSH config, also when it is
// found again after a restart.
func TestAHiveThatOnlyPushedHasNoAlias(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.hiveAt("10.0.1.1:7835", joining("a", "i-1"))
		r := b.boot()
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(), withInstance("i-1")))
		r.stop()
		r = b.boot()
		r.wantStatus("a", wire.StatusHealthy)
		r.wantOne("a", "")
	})
}

// A hive that answers at several addresses stays at one of them, without an
// event at every round.
func TestAHiveWithSeveralAddresses(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		lan := b.hiveAt("10.0.1.1:7835", joining("a", "i-1"))
		b.hiveAt("10.0.2.1:7835", joining("a", "i-1"))
		r := b.boot(b.sshConfig("Host lan\n HostName 10.0.1.1\nHost vpn\n HostName 10.0.2.1\n"))
		r.discover("")
		at := r.hive("a").Address
		for range 5 {
			r.discover("")
			r.wantAddress("a", at, 7835)
		}
		if got := r.count(wire.EventHiveDiscovered, "a"); got != 1 {
			t.Errorf("got %d hive.discovered, want 1", got)
		}
		h := r.hive("a")
		if names := append([]string{h.Alias}, h.Aliases...); len(names) != 2 {
			t.Errorf("got names %q, want lan and vpn", names)
		}
		lan.down()
		r.discover("")
		r.discover("")
		r.wantAddress("a", "10.0.2.1", 7835)
	})
}

// What a hive says of its own hostname is shown and never dialled.
func TestAHostnameIsForDisplay(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		hb := b.beatOf("a", withDevices())
		hb.Hive.Hostname = "10.6.6.6"
		r.beat(200, "10.0.1.1", hb)
		r.discover("")
		for _, d := range b.dialled(0) {
			if d.addr == "10.6.6.6:7835" {
				t.Errorf("the hostname was dialled")
			}
		}
		if got := r.hive("a"); got.Hostname != "10.6.6.6" || got.Address != "10.0.1.1" {
			t.Errorf("got %+v", got)
		}
	})
}

// A hive that serves another queen is told of, not registered; only the
// operator's word takes it.
func TestAHiveOfAnotherQueenStaysThere(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		h := b.hiveAt("10.0.1.1:7835", serving("a", "i-1", "http://10.0.0.9:7833", gpu))
		r := b.boot(after(5*time.Second, time.Minute), b.sshConfig("Host box\n HostName 10.0.1.1\n"))
		b.sleep(10 * time.Minute)
		got := r.discover("").Results[1]
		if got.Outcome != wire.OutcomeFailed || got.Error != wire.ErrorConflict || got.ErrorText != "it serves the queen at http://10.0.0.9:7833" {
			t.Errorf("got %+v, want a conflict naming the other queen", got)
		}
		r.discover(`{"take":false}`)
		r.discover(`{}`)
		if ids := r.ids(); len(ids) != 0 {
			t.Errorf("got hives %q, want none", ids)
		}
		for _, p := range h.asked() {
			if p.take != "" {
				t.Errorf("at %v: got take=%q, want none without the operator's word", p.at, p.take)
			}
		}
		r.beat(404, "10.0.1.1", b.beatOf("a", withInstance("i-1")))

		h.now(joining("a", "i-1", gpu))
		r.discover(`{"take":true}`)
		pulls := h.asked()
		if got := pulls[len(pulls)-1].take; got != "1" {
			t.Errorf("got take=%q, want 1", got)
		}
		r.wantOne("a", "box")
		b.sleep(time.Hour)
		pulls = h.asked()
		if got := pulls[len(pulls)-1].take; got != "" {
			t.Errorf("got take=%q in the rounds after, want none", got)
		}
	})
}

// A hive knows its queen by id as well: another URL of the same queen is no
// other queen.
func TestAHiveThatKnowsThisQueenByID(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(b.sshConfig("Host box\n HostName 10.0.1.1\n"))
		b.hiveAt("10.0.1.1:7835", plain(200, `{"hive":{"id":"a","port":7835},"state":"telemetry","queen_url":"http://queen.lan:7833",`+
			`"queen_id":"`+r.store.QueenID+`","devices":[]}`))
		r.discover("")
		r.wantOne("a", "box")
	})
}

// Addresses are given anew: who answers at one has it, and who had it is found
// where it answers now.
func TestAHiveLosesItsAddressToAnother(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		x := b.hiveAt("10.0.1.1:7835", joining("x", "i-x", gpu))
		r := b.boot(b.sshConfig("Host one\n HostName 10.0.1.1\nHost two\n HostName 10.0.1.2\n"))
		r.discover("")
		x.down()
		b.hiveAt("10.0.1.1:7835", joining("y", "i-y", cpu))
		b.hiveAt("10.0.1.2:7835", joining("x", "i-x", gpu))
		b.sleep(time.Minute)
		r.discover("")
		r.discover("")
		for id, want := range map[string]string{"x": "10.0.1.2", "y": "10.0.1.1"} {
			if got := r.hive(id).Address; got != want {
				t.Errorf("%s is looked for at %s, want %s", id, got, want)
			}
		}
	})
}
