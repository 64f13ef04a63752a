package device

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakeSMIProcesses tells of these processes: lines of pid, gpu_uuid and
// used_gpu_memory, or one word for how to behave.
func fakeSMIProcesses(lines string, fields []string) int {
	switch lines {
	case "hang":
		time.Sleep(time.Minute)
	case "unknown field":
		fmt.Println(`Field "gpu_uuid" is not a valid field to query.`)
		return 2
	case "endless":
		for began := time.Now(); time.Since(began) < time.Minute; {
			if _, err := fmt.Println("1, GPU-aaaa, 1"); err != nil {
				return 1
			}
		}
	}
	for line := range strings.Lines(lines) {
		cells := map[string]string{}
		values := strings.Split(strings.TrimSpace(line), ", ")
		for i, field := range []string{"pid", "gpu_uuid", "used_gpu_memory"} {
			if i < len(values) {
				cells[field] = values[i]
			}
		}
		asked := make([]string, min(len(fields), len(values)))
		for i := range asked {
			asked[i] = cells[fields[i]]
		}
		fmt.Println(strings.Join(asked, ", "))
	}
	return 0
}

// counted is what a GPU tells, with its causes as texts to be found.
type counted struct {
	Uses    []Use
	Missing string
}

func TestSMITellsOfProcesses(t *testing.T) {
	all := func(c counted) [2]counted { return [2]counted{c, c} }
	for name, tc := range map[string]struct {
		lines string
		want  [2]counted // of GPU-0 and GPU-1
	}{
		"two GPUs": {
			"4711, GPU-aaaa, 5120\n4712, GPU-bbbb, 300\n4711, GPU-bbbb, 20\n",
			[2]counted{{Uses: []Use{{GPU: "GPU-0", PID: 4711, VRAMMB: 5120}}}, {Uses: []Use{
				{GPU: "GPU-1", PID: 4712, VRAMMB: 300}, {GPU: "GPU-1", PID: 4711, VRAMMB: 20},
			}}},
		},
		"two parts of a GPU": {"7, GPU-aaaa, 100\n7, GPU-aaaa, 11\n", [2]counted{{Uses: []Use{{GPU: "GPU-0", PID: 7, VRAMMB: 111}}}}},
		"none":               {"", [2]counted{}},
		"none, in words":     {"No running processes found\n", [2]counted{}},
		"no memory told": {"7, GPU-bbbb, [N/A]\n", [2]counted{{}, {
			[]Use{{GPU: "GPU-1", PID: 7}}, `GPU-1 does not tell how much memory each process uses: nvidia-smi says "[N/A]"`,
		}}},
		"not permitted": {"7, GPU-bbbb, [Insufficient Permissions]\n8, GPU-bbbb, 60\n", [2]counted{{}, {
			[]Use{{GPU: "GPU-1", PID: 7}, {GPU: "GPU-1", PID: 8, VRAMMB: 60}}, `nvidia-smi says "[Insufficient Permissions]"`,
		}}},
		"no pid":        {"[N/A], GPU-aaaa, 60\n", [2]counted{{Missing: `GPU-0 does not tell which processes use it: nvidia-smi says "[N/A]" for a pid`}}},
		"pid 0":         {"0, GPU-aaaa, 60\n", [2]counted{{Missing: `nvidia-smi says "0" for a pid`}}},
		"no GPU of its": {"7, GPU-cccc, 60\n", all(counted{Missing: `may be used by more than is known: nvidia-smi printed "7, GPU-cccc, 60"`})},
		"not supported": {"[Not Supported], [Not Supported], [Not Supported]\n", all(counted{Missing: `nvidia-smi printed "[Not Supported]`})},
		"too few":       {"7\n", all(counted{Missing: `nvidia-smi printed "7"`})},
		"unknown field": {"unknown field", all(counted{Missing: "exit status 2"})},
		"endless":       {"endless", all(counted{Missing: "more than 65536 bytes"})},
	} {
		t.Run(name, func(t *testing.T) {
			installSMI(t, "normal")
			t.Setenv(fakeSMIApps, tc.lines)
			p, _ := newProgram(time.Minute)
			if _, err := p.read(t.Context()); err != nil {
				t.Fatal(err)
			}
			for i, got := range p.count(t.Context()) {
				want := tc.want[i]
				if id := fmt.Sprintf("GPU-%d", i); got.gpu != id || !got.idle {
					t.Errorf("got %+v, want what %s tells, and that it does not tell how busy processes are", got, id)
				}
				if diff := cmp.Diff(want.Uses, got.uses); diff != "" {
					t.Errorf("GPU-%d: uses (-want +got):\n%s", i, diff)
				}
				if !strings.Contains(got.missing, want.Missing) || (want.Missing == "") != (got.missing == "") {
					t.Errorf("GPU-%d: missing is %q, want %q in it", i, got.missing, want.Missing)
				}
			}
		})
	}
}

// A GPU that was left out has processes too, and they are of none of the others.
func TestSMITellsOfProcessesOnABrokenGPU(t *testing.T) {
	installSMI(t, "broken")
	t.Setenv(fakeSMIApps, "7, GPU-aaaa, 60\n8, GPU-bbbb, 70\n")
	p, _ := newProgram(time.Minute)
	if _, err := p.read(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []told{{gpu: "GPU-1", uses: []Use{{GPU: "GPU-1", PID: 8, VRAMMB: 70}}, idle: true}}
	if diff := cmp.Diff(want, p.count(t.Context()), cmp.AllowUnexported(told{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSMIHangsOverProcesses(t *testing.T) {
	pidFile := installSMI(t, "normal")
	t.Setenv(fakeSMIApps, "hang")
	p, _ := newProgram(2 * time.Second)
	if _, err := p.read(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := p.count(t.Context())
	if len(got) != 2 || !strings.Contains(got[1].missing, "did not end within 2s") {
		t.Errorf("got %+v, want that nvidia-smi did not end", got)
	}
	if err := lastProcess(t, pidFile).Signal(syscall.Signal(0)); err == nil {
		t.Error("the hanging nvidia-smi still runs")
	}
}

// TestMonitorCountsProcessesBySMI goes all the way, with real processes.
func TestMonitorCountsProcessesBySMI(t *testing.T) {
	installSMI(t, "normal")
	t.Setenv(fakeSMIApps, "4711, GPU-bbbb, 300\n")
	m := New(Config{ProcRoot: newProc(t, statFixture, meminfoFixture), nvml: func(*complaints) source { return nil }})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- m.Run(ctx) }()
	for end := time.Now().Add(time.Minute); m.Processes().Uses == nil && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	got := m.Processes()
	if age := time.Since(got.AsOf); age < 0 || age > time.Minute {
		t.Errorf("they are as of %v", got.AsOf)
	}
	got.AsOf = time.Time{}
	want := Processes{
		Uses: []Use{{GPU: "GPU-1", PID: 4711, VRAMMB: 300}}, Known: []string{"GPU-0", "GPU-1"},
		TotalMB: map[string]int64{"GPU-0": 24564, "GPU-1": 81559}, Missing: smiIdle, Remedy: smiIdleRemedy,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
}

// counting is a nvidia-smi under the test's control.
type counting struct {
	fake
	counts  int
	told    []told
	release chan struct{} // nil: it answers at once
}

func (c *counting) count(ctx context.Context) []told {
	c.mu.Lock()
	c.counts++
	told, release := c.told, c.release
	c.mu.Unlock()
	if release != nil {
		<-release
	}
	return told
}

func (c *counting) becomesTold(told []told, release chan struct{}) (counts int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told, c.release = told, release
	counts, c.counts = c.counts, 0
	return counts
}

func TestPaceOfCountingBySMI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t, fails(errNoDriver), has("A"))
		smi := &counting{fake: fake{answer: has("A")}, told: []told{{gpu: "GPU-0", uses: []Use{{GPU: "GPU-0", PID: 7, VRAMMB: 60}}}}}
		w.probe.smi = smi
		wantMissing := func(want string, uses int) {
			t.Helper()
			if got := w.Processes(); !strings.Contains(got.Missing, want) || (want == "") != (got.Missing == "") || len(got.Uses) != uses {
				t.Errorf("got %+v, want %d uses and %q in what is missing", got, uses, want)
			}
		}
		w.start(t)
		wantMissing("not known yet", 0)
		if took := detection(t, w); took != 0 {
			t.Errorf("the first detection took %v, want it not to wait for the processes", took)
		}
		time.Sleep(time.Minute)
		wantMissing("", 1)
		if n := smi.becomesTold([]told{{gpu: "GPU-0", missing: "refused"}}, nil); n != 12 {
			t.Errorf("asked %d times in a minute, want 12", n)
		}
		time.Sleep(10 * time.Minute)
		wantMissing("refused", 0)
		if n := smi.becomesTold(nil, nil); n != 20 {
			t.Errorf("asked %d times in ten minutes that it tells nothing, want 20", n)
		}

		release := make(chan struct{})
		smi.becomesTold(nil, release)
		time.Sleep(retryEvery)
		if took := detection(t, w); took != answerWithin {
			t.Errorf("a detection while it hangs took %v, want %v", took, answerWithin)
		}
		time.Sleep(time.Hour)
		wantMissing("has not answered for a while", 0)
		w.wantLoads(t, 0)
		if n := smi.becomesTold([]told{{gpu: "GPU-0"}}, nil); n != 1 {
			t.Errorf("asked %d times while it hangs, want once", n)
		}
		close(release)
		time.Sleep(retryEvery + time.Second)
		wantMissing("", 0)
		w.wantLoads(t, 1)

		w.nvml.becomes(has("A")) // which tells of no processes here
		time.Sleep(retryEvery)
		wantMissing("not known yet", 0)
		smi.becomesTold(nil, nil)
		time.Sleep(time.Minute)
		if n := smi.becomesTold(nil, nil); n != 0 {
			t.Errorf("asked %d times while NVML answers, want never", n)
		}
		w.stop()
		w.wantLog(t, "INFO GPUs found", "WARN GPU driver does not answer, GPUs are shown as last known", "INFO GPUs found")
	})
}

func detection(t *testing.T, w *watched) time.Duration {
	t.Helper()
	names, took := w.names(t.Context())
	if len(names) != 2 {
		t.Errorf("got devices %v, want a GPU and the CPU", names)
	}
	return took
}
