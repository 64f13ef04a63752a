package queen

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/store"
	"rbee/internal/wire"
)

// outcomes are the discovery rows on file, oldest first.
func (b *bed) outcomes() []string {
	b.t.Helper()
	return b.sql("SELECT alias, source, outcome, coalesce(hive_id, ''), coalesce(error, '') FROM audit_discoveries")
}

func (b *bed) wantOutcomes(want ...string) {
	b.t.Helper()
	got := b.outcomes()
	slices.Sort(got) // the probes of a round end in no order
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("at %v: discovery rows (-want +got):\n%s", b.at(), diff)
	}
}

func (b *bed) wantLines(part string, want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.log.since(0, part)); diff != "" {
		b.t.Errorf("at %v: lines with %q (-want +got):\n%s", b.at(), part, diff)
	}
}

// wantDials compares whom the queen dialled since then, this machine aside.
func (b *bed) wantDials(then time.Duration, want ...dial) {
	b.t.Helper()
	got := b.dialled(then, "127.0.0.1:7835", "[::1]:7835")
	slices.SortStableFunc(got, func(x, y dial) int { return strings.Compare(x.addr, y.addr) })
	for _, dials := range [][]dial{got, want} {
		for i := range dials { // a commit under load waits for more, which puts off the round after it
			dials[i].at = dials[i].at.Round(10 * time.Millisecond)
		}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(dial{})); diff != "" {
		b.t.Errorf("dials since %v (-want +got):\n%s", then, diff)
	}
}

// Nothing named in the SSH config is probed before the delay, then all of it
// at once, however long each takes; then in intervals, from the end of a round.
func TestSSHHostsAreProbedAfterTheDelay(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		var config string
		var first, second []dial
		for i := range 9 {
			addr := fmt.Sprintf("10.0.1.%d", i+1)
			config += fmt.Sprintf("Host h%d\n HostName %s\n", i, addr)
			b.hiveAt(addr+":7835", hanging)
			first = append(first, dial{5 * time.Second, addr + ":7835"})
			second = append(second, dial{75 * time.Second, addr + ":7835"})
		}
		b.boot(after(5*time.Second, time.Minute), b.sshConfig(config))
		b.sleepUntil(5*time.Second - 1)
		if got := b.dialled(0); len(got) != 0 {
			t.Errorf("before the delay: got dials %v, want none", got)
		}
		b.sleepUntil(15*time.Second + 10*time.Millisecond)
		b.wantDials(0, first...)
		b.wantLines("Discovery complete", "Discovery complete: 0 successful, 10 failed, 0 skipped")
		b.sleepUntil(80 * time.Second)
		b.wantDials(6*time.Second, second...)
	})
}

// Known hives are probed right after boot, the most recently healthy first,
// many at a time.
func TestKnownHivesAreProbedAtOnce(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		const hives = probesAtOnce + 6
		for i := range hives {
			r.beat(200, fmt.Sprintf("10.0.1.%d", i+1), b.beatOf(fmt.Sprintf("h%d", i), withDevices()))
			b.sleep(time.Millisecond)
		}
		r.crash()
		began := b.at()
		for i := range hives {
			b.net.Silence(fmt.Sprintf("10.0.1.%d:7835", i+1), true)
		}
		b.boot()
		b.sleep(5 * time.Second)
		var want []dial
		for i := range hives {
			at := began // the six heard of longest ago wait for a place
			if i < 6 {
				at += 2 * time.Second
			}
			want = append(want, dial{at, fmt.Sprintf("10.0.1.%d:7835", i+1)})
		}
		slices.SortStableFunc(want, func(x, y dial) int { return strings.Compare(x.addr, y.addr) })
		b.wantDials(began, want...)
	})
}

// The round over the known hives does not hold up the one over the SSH config.
func TestKnownHivesHoldUpNobody(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.beat(200, "10.0.1.1", b.beatOf("gone", withDevices()))
		r.stop()
		b.hiveAt("10.0.1.1:7835", hanging)
		b.hiveAt("10.0.1.2:7835", joining("b", "i-1"))
		began := b.at()
		r = b.boot(after(time.Second, 0), b.sshConfig("Host b\n HostName 10.0.1.2\n"))
		b.sleep(1001 * time.Millisecond)
		r.wantStatus("b", wire.StatusHealthy)
		b.sleep(time.Minute)
		b.wantDials(began, dial{began, "10.0.1.1:7835"}, dial{began + time.Second, "10.0.1.2:7835"})
	})
}

func TestWhyNoHiveWasFound(t *testing.T) {
	large := `{"devices":[],"x":"` + strings.Repeat("x", 64<<10) + `"}`
	rows := []struct {
		want    string
		text    string
		respond answerer
	}{
		{"timeout", "deadline", hanging},
		{"http_404", "404", plain(404, `{"devices":[]}`)},
		{"http_500", "500", plain(500, "")},
		{"http_302", "302", plain(302, "")},
		{"http_204", "204", plain(204, "")},
		{"not_a_hive", "no devices", plain(200, `{}`)},
		{"not_a_hive", "no devices", plain(200, `{"devices":null}`)},
		{"not_a_hive", "no devices", plain(200, `null`)},
		{"not_a_hive", "larger", plain(200, large)},
		{"not_a_hive", "invalid character", plain(200, "<html>")},
		{"not_a_hive", "end of JSON", plain(200, "")},
		{"not_a_hive", "after top-level", plain(200, `{"devices":[]}{}`)},
		{"not_a_hive", "hive id", plain(200, `{"hive":{"id":"../x","port":7835},"devices":[]}`)},
		{"not_a_hive", "port", plain(200, `{"hive":{"id":"x"},"devices":[]}`)},
		{"not_a_hive", "twice", plain(200, `{"devices":[{"id":"GPU-0"},{"id":"GPU-0"}]}`)},
		{"conflict", "http://10.0.0.9:7833", serving("x", "i-1", "http://10.0.0.9:7833")},
		{"conflict", "did not take", plain(200, `{"hive":{"id":"x","port":7835},"queen_url":null,"devices":[]}`)},
		{"conflict", "busy elsewhere", plain(200, `{"hive":{"id":"x","port":7835},"queen_url":null,"devices":[],"warning":"busy elsewhere"}`)},
	}
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(b.sshConfig("Host box\n HostName 10.0.1.1\n"))
		h := b.hiveAt("10.0.1.1:7835", hanging)
		var want []string
		for _, tt := range rows {
			h.now(tt.respond)
			round := r.discover("")
			got := round.Results[1]
			if got.Outcome != wire.OutcomeFailed || got.Error != tt.want || !strings.Contains(got.ErrorText, tt.text) || got.HiveID != "" {
				t.Errorf("got %+v, want failed: %s with %q", got, tt.want, tt.text)
			}
			if round.Failed != 2 || round.Successful != 0 || round.Skipped != 0 {
				t.Errorf("%s %s: got %+v, want two failures", tt.want, tt.text, round)
			}
			want = append(want, "localhost|localhost|failed||refused", "box|ssh|failed||"+tt.want)
		}
		b.wantOutcomes(want...)
		if got := b.log.since(0, "Discovery complete: 0 successful, 2 failed, 0 skipped"); len(got) != len(rows) {
			t.Errorf("got %d summaries, want %d", len(got), len(rows))
		}
		if ids := r.ids(); len(ids) != 0 {
			t.Errorf("got hives %q, want none", ids)
		}
	})
}

// A host that is switched off answers nothing at all.
func TestAHostThatIsOff(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.net.Silence("10.0.1.1:7835", true)
		r := b.boot(b.sshConfig("Host box\n HostName 10.0.1.1\n"))
		if got := r.discover("").Results[1]; got.Error != wire.ErrorTimeout {
			t.Errorf("got %+v, want timeout", got)
		}
	})
}

// No answer, however slow, holds a round for longer than a pull may take.
func TestAPullTakesTenSecondsAtMost(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.hiveAt("10.0.1.1:7835", hanging)
		r := b.boot(b.sshConfig("Host box\n HostName 10.0.1.1\n"))
		r.discover("")
		if got := b.at(); got != 10*time.Second {
			t.Errorf("got a round of %v, want 10s", got)
		}
	})
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		other := b.hiveAt("10.0.1.2:7835", with2025())
		b.hiveAt("10.0.1.1:7835", redirect("http://10.0.1.2:7835/capabilities"))
		r := b.boot(b.sshConfig("Host box\n HostName 10.0.1.1\n"))
		if got := r.discover("").Results[1]; got.Error != "http_302" {
			t.Errorf("got %+v, want http_302", got)
		}
		if got := other.asked(); len(got) != 0 {
			t.Errorf("the redirect was followed: %v", got)
		}
	})
}

// Skipped hosts keep a row each with the reason, and are not dialled.
func TestSkippedHostsSayWhy(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		const public = "public address; allow it with --discover-public or a # rbee: comment in its Host block"
		config := "Host git\n HostName 10.0.1.1\n User git\nHost far\n HostName 10.0.1.2\n ProxyJump hop\n" +
			"Host no\n HostName 10.0.1.3\n # rbee: ignore\nHost vps\n HostName 93.184.216.34\n" +
			"Host mine\n HostName 93.184.216.35\n # rbee: port=7836\n"
		r := b.boot(b.sshConfig(config))
		round := r.discover("")
		if round.Skipped != 4 || round.Failed != 2 || round.Successful != 0 {
			t.Errorf("got %+v", round)
		}
		b.wantOutcomes("localhost|localhost|failed||refused", "git|ssh|skipped||User git", "far|ssh|skipped||ProxyJump",
			"no|ssh|skipped||# rbee: ignore", "vps|ssh|skipped||"+public, "mine|ssh|failed||refused")
		b.wantDials(0, dial{0, "93.184.216.35:7836"})
		b.wantLines("Discovery complete", "Discovery complete: 0 successful, 2 failed, 4 skipped")
		r.stop()
		b.sleep(time.Second)
		began := b.at()
		r = b.boot(b.sshConfig(config), func(c *Config) { c.DiscoverPublic = true })
		r.discover("")
		b.wantDials(began, dial{began, "93.184.216.34:7835"}, dial{began, "93.184.216.35:7836"})
	})
}

// A hive that pushed from a public address is not probed there.
func TestAPublicAddressIsJudgedWhenItIsDialled(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.beat(200, "93.184.216.34", b.beatOf("vps", withDevices()))
		r.stop()
		b.boot()
		b.sleep(time.Second)
		if got := b.dialled(0); len(got) != 0 {
			t.Errorf("got dials %v, want none", got)
		}
		b.wantOutcomes("vps|state|skipped||public address; allow it with --discover-public or a # rbee: comment in its Host block")
	})
}

// A queen on loopback without --advertise-url has no URL for remote hosts: she
// skips them with the reason, and says so once.
func TestAQueenOnLoopbackLeavesRemoteHostsAlone(t *testing.T) {
	const reason = "queen listens on loopback only: use --bind or --advertise-url"
	const config = "Host a\n HostName 10.0.1.1\nHost b\n HostName 10.0.1.2\nHost own\n HostName 127.0.0.2\n"
	local := func(b *bed) func(*Config) { return func(c *Config) { c.Listener = b.net.Listen("127.0.0.1:7833") } }
	t.Run("without a URL", func(t *testing.T) {
		inBed(t, func(t *testing.T, b *bed) {
			h := b.hiveAt("127.0.0.2:7835", joining("own", "i-1"))
			r := b.boot(local(b))
			r.beat(200, "10.0.1.3", b.beatOf("remote", withDevices()))
			r.stop()
			r = b.boot(local(b), after(5*time.Second, time.Minute), b.sshConfig(config))
			b.sleep(time.Hour)
			r.discover("")
			b.wantLines(reason, reason)
			b.wantOutcomes("remote|state|skipped||"+reason,
				"localhost|localhost|failed||refused", "a|ssh|skipped||"+reason, "b|ssh|skipped||"+reason, "own|ssh|registered|own|",
				"localhost|localhost|failed||refused", "a|ssh|skipped||"+reason, "b|ssh|skipped||"+reason, "own|ssh|registered|own|",
				"remote|state|skipped||"+reason)
			if got := h.asked()[0].queenURL; got != "http://127.0.0.1:7833" {
				t.Errorf("got queen_url %s for a hive on this machine", got)
			}
			for _, d := range b.dialled(0) {
				if strings.HasPrefix(d.addr, "10.") {
					t.Errorf("dialled %v", d)
				}
			}
		})
	})
	t.Run("with a URL", func(t *testing.T) {
		inBed(t, func(t *testing.T, b *bed) {
			h := b.hiveAt("10.0.1.1:7835", plain(200, `{"hive":{"id":"a","port":7835},"queen_url":"https://queen.example","devices":[]}`))
			r := b.boot(local(b), b.sshConfig(config), func(c *Config) { c.AdvertiseURL = "https://queen.example" })
			r.discover("")
			b.wantLines(reason)
			if got := h.asked()[0].queenURL; got != "https://queen.example" {
				t.Errorf("got queen_url %s, want the advertised one", got)
			}
			if diff := cmp.Diff([]string{"a"}, r.ids()); diff != "" {
				t.Errorf("hives (-want +got):\n%s", diff)
			}
		})
	})
}

// A queen on all addresses tells each hive the one on the route to it.
func TestTheURLIsOneTheHiveCanReach(t *testing.T) {
	for _, tt := range []struct{ listen, hive, host, want string }{
		{"0.0.0.0:7833", "127.0.0.1:7835", "localhost", "http://127.0.0.1:7833"},
		{"[::]:7833", "127.0.0.1:7835", "localhost", "http://127.0.0.1:7833"},
		{"10.0.0.1:80", "10.0.1.1:7835", "10.0.1.1", "http://10.0.0.1"},
		{"[fd00::1]:7833", "10.0.1.1:7835", "10.0.1.1", "http://[fd00::1]:7833"},
	} {
		inBed(t, func(t *testing.T, b *bed) {
			h := b.hiveAt(tt.hive, joining("a", "i-1"))
			listen := func(c *Config) { c.Listener = b.net.Listen(tt.listen) }
			r := b.boot(listen, b.sshConfig("Host box\n HostName "+tt.host+"\n"), after(time.Second, 0))
			b.sleep(2 * time.Second)
			if got := h.asked(); len(got) != 1 || got[0].queenURL != tt.want {
				t.Errorf("a queen on %s pulls %s: got %+v, want the URL %s", tt.listen, tt.hive, got, tt.want)
			}
			if got := r.registry.find("a"); got == nil {
				t.Errorf("on %s: not registered", tt.listen)
			}
		})
	}
}

// Interval rounds probe only what is not live, and log and record only what
// changed; with interval 0 there are none. What is asked for probes all.
func TestIntervalRounds(t *testing.T) {
	const config = "Host a\n HostName 10.0.1.1\nHost b\n HostName 10.0.1.2\nHost git\n HostName 10.0.1.3\n User git\n"
	inBed(t, func(t *testing.T, b *bed) {
		a := b.hiveAt("10.0.1.1:7835", joining("a", "i-1"))
		r := b.boot(after(5*time.Second, time.Minute), b.sshConfig(config))
		beats := b.keepBeating(r, "10.0.1.1", "a")
		boot := []string{
			"localhost|localhost|failed||refused", "a|ssh|registered|a|", "b|ssh|failed||refused", "git|ssh|skipped||User git",
		}
		first := "Discovery complete: 1 successful, 2 failed, 1 skipped"
		b.sleepUntil(10 * time.Minute)
		b.wantOutcomes(boot...)
		b.wantLines("Discovery complete", first)
		if got := len(a.asked()); got != 1 {
			t.Errorf("a live hive was pulled %d times, want once", got)
		}
		if got := len(b.dialled(0, "127.0.0.1:7835", "[::1]:7835", "10.0.1.1:7835")); got != 10 {
			t.Errorf("got %d probes of the missing host, want one a minute", got)
		}

		b.hiveAt("10.0.1.2:7835", joining("b", "i-2"))
		b.sleepUntil(11*time.Minute + 6*time.Second)
		boot = append(boot, "b|ssh|registered|b|")
		second := "Discovery complete: 1 successful, 1 failed, 1 skipped"
		b.wantOutcomes(boot...)
		b.wantLines("Discovery complete", first, second)
		b.wantLines("Discovered hive", "Discovered hive: a hive_id=a address=10.0.1.1:7835", "Discovered hive: b hive_id=b address=10.0.1.2:7835")

		began := b.at()
		r.discover("")
		b.wantDials(began, dial{began, "10.0.1.1:7835"}, dial{began, "10.0.1.2:7835"})
		if got := len(a.asked()); got != 2 {
			t.Errorf("got %d pulls of the live hive, want one more when asked for", got)
		}
		if got := len(b.outcomes()); got != len(boot)+4 {
			t.Errorf("got %d rows, want every result of a round that was asked for", got)
		}

		beats() // a falls silent and is gone
		a.down()
		b.sleep(5 * time.Minute)
		if got := b.sql("SELECT outcome, error FROM discoveries WHERE alias = 'a' ORDER BY id DESC LIMIT 2"); got[0] != "failed|refused" || got[1] == got[0] {
			t.Errorf("got the last results %q of a, want one that it is gone", got)
		}
	})
	inBed(t, func(t *testing.T, b *bed) {
		b.boot(after(5*time.Second, 0), b.sshConfig(config))
		b.sleep(100 * time.Hour)
		b.wantDials(0, dial{5 * time.Second, "10.0.1.1:7835"}, dial{5 * time.Second, "10.0.1.2:7835"})
	})
}

// A known hive whose host the SSH config has the queen skip is left alone.
func TestAKnownHiveMayBeSkipped(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.hiveAt("10.0.1.1:7835", joining("a", "i-1"))
		r := b.boot(b.sshConfig("Host box\n HostName 10.0.1.1\n"))
		r.discover("")
		r.stop()
		b.sleep(time.Second)
		r = b.boot(b.sshConfig("Host box\n HostName 10.0.1.1\n # rbee: ignore\n"), after(5*time.Second, time.Minute))
		b.sleep(time.Hour)
		r.discover("")
		b.wantDials(time.Second)
		r.wantStatus("a", wire.StatusUnconfirmed)
	})
}

// A hive that is named nowhere is looked for where its heartbeats came from.
func TestAHiveThatOnlyPushedIsLookedFor(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(after(5*time.Second, time.Minute))
		r.beat(200, "10.0.1.9", b.beatOf("a", withDevices()))
		b.sleepUntil(3 * time.Minute)
		b.wantDials(0, dial{65 * time.Second, "10.0.1.9:7835"}, dial{125 * time.Second, "10.0.1.9:7835"})
	})
}

// keepBeating sends a heartbeat of id every two seconds until it is called off.
func (b *bed) keepBeating(r *running, ip, id string) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.beat(200, ip, b.beatOf(id, withDevices(), withInstance("i-1")))
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(2 * time.Second):
				r.beat(200, ip, b.beatOf(id, withInstance("i-1")))
			}
		}
	}()
	end = func() { cancel(); <-ended }
	b.t.Cleanup(end)
	return end
}

// The SSH config is read anew by every round.
func TestTheSSHConfigIsReadAnew(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(b.sshConfig("Host a\n HostName 10.0.1.1\n"))
		path := r.cfg.SSHConfig
		r.discover("")
		b.write(path, "Host b\n HostName 10.0.1.2\n")
		r.discover("")
		b.wantOutcomes("localhost|localhost|failed||refused", "a|ssh|failed||refused",
			"localhost|localhost|failed||refused", "b|ssh|failed||refused")
		b.wantLines("SSH config")
		r.stop()
		r = b.boot(func(c *Config) { c.SSHConfig = t.TempDir() }) // a directory
		r.discover("")
		if round := r.discover(""); len(round.Warnings) != 1 || !strings.Contains(round.Warnings[0], "directory") {
			t.Errorf("got warnings %q, want one naming the reason", round.Warnings)
		}
		if got := b.log.since(0, "SSH config"); len(got) != 1 || !strings.Contains(got[0], "directory") {
			t.Errorf("got %q, want one line naming the reason", got)
		}
	})
}

// Loopback names with the default port are this machine, under its own alias
// and theirs.
func TestLoopbackNamesAreThisMachine(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		h := b.hiveAt("127.0.0.1:7835", joining("me", "i-1"))
		r := b.boot(b.sshConfig("Host box\n HostName 127.0.0.1\nHost box2\n HostName localhost\n"))
		r.discover("")
		r.wantOne("me", "box", "localhost", "box2")
		if got := len(h.asked()); got != 1 {
			t.Errorf("got %d pulls, want 1", got)
		}
		b.wantOutcomes("localhost|localhost|registered|me|")
		r.wantAddress("me", "localhost", 7835)
	})
}

// The rows of a round and its event are on file before the line that sums it up.
func TestRowsComeBeforeTheLine(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		seen := 0
		b.log.hook = func(message string) {
			if strings.HasPrefix(message, "Discovery complete") {
				seen++
				rows, events := b.sql("SELECT count(*) FROM discoveries"), b.sql("SELECT count(*) FROM events WHERE kind = 'discovery.completed'")
				if rows[0] != "3" || events[0] != "1" {
					t.Errorf("at the line: got %s rows and %s events on file, want 3 and 1", rows[0], events[0])
				}
			}
		}
		b.hiveAt("10.0.1.1:7835", joining("a", "i-1"))
		r := b.boot(b.sshConfig("Host a\n HostName 10.0.1.1\nHost b\n HostName 10.0.1.2\n User git\n"))
		r.discover("")
		if seen != 1 {
			t.Errorf("got %d lines, want 1", seen)
		}
		want := map[string]any{"successful": 1.0, "failed": 1.0, "skipped": 1.0}
		if diff := cmp.Diff(want, r.detail(wire.EventDiscoveryCompleted, "")); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
	})
}

// A round without targets is none: nothing is known at the first boot.
func TestARoundWithoutTargetsIsSilent(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		b.sleep(time.Minute)
		b.wantLines("Discovery complete")
		if got := r.count(wire.EventDiscoveryCompleted, ""); got != 0 {
			t.Errorf("got %d discovery.completed, want none", got)
		}
	})
}

// Results are kept for 90 days, also where every round is like the one before.
func TestOldResultsGo(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(after(time.Second, time.Hour))
		b.sleep(2 * time.Second)
		err := r.store.Write(t.Context(), func(tx *store.Tx) error {
			for alias, days := range map[string]int{"old": 91, "young": 89} {
				err := tx.Discovery(wire.Discovery{
					Alias: alias, Hostname: "10.0.1.1", Port: 7835, Source: wire.SourceSSH, Outcome: wire.OutcomeFailed,
					Error: wire.ErrorRefused, AttemptedAt: time.Now().AddDate(0, 0, -days), Epoch: 1,
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		b.sleep(2 * time.Hour)
		b.wantOutcomes("localhost|localhost|failed||refused", "young|ssh|failed||refused")
	})
}

// GET /v1/discoveries has the latest results first.
func TestDiscoveriesAreListed(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(b.sshConfig("Host a b\n HostName 10.0.1.1\n"))
		r.discover("")
		b.sleep(time.Second)
		r.discover("")
		var list wire.DiscoveryList
		r.get(wire.PathDiscoveries+"?limit=2", &list)
		if len(list.Discoveries) != 2 || !list.Discoveries[0].AttemptedAt.Equal(time.Now()) || list.Discoveries[0].Epoch != 1 {
			t.Errorf("got %+v, want the two of the last round", list)
		}
		r.get(wire.PathDiscoveries, &list)
		if len(list.Discoveries) != 4 {
			t.Errorf("got %d results, want 4", len(list.Discoveries))
		}
	})
}

// An alias that now names another machine is probed there, though the hive that
// it named before lives on.
func TestAnAliasThatMovedIsProbed(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.hiveAt("10.0.1.1:7835", joining("old", "i-1"))
		moved := b.hiveAt("10.0.1.2:7835", joining("new", "i-2"))
		r := b.boot(after(time.Second, 5*time.Second), b.sshConfig("Host gpu\n HostName 10.0.1.1\n"))
		end := b.keepBeating(r, "10.0.1.1", "old")
		defer end()
		b.sleep(3 * time.Second)
		b.write(r.cfg.SSHConfig, "Host gpu\n HostName 10.0.1.2\n")
		b.sleep(10 * time.Second)
		if got := len(moved.asked()); got == 0 {
			t.Error("the machine that the alias names now was not probed")
		}
	})
}

// A queen on 0.0.0.0 has no URL for a host that has IPv6 only.
func TestAnIPv4QueenSkipsIPv6Hosts(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		listen := func(c *Config) { c.Listener = b.net.Listen("0.0.0.0:7833") }
		b.boot(listen, after(time.Second, 0), b.sshConfig("Host six\n HostName fd00::5\n"))
		b.sleep(2 * time.Second)
		b.wantOutcomes("localhost|localhost|failed||refused", "six|ssh|skipped||"+ipv4Only)
	})
}
