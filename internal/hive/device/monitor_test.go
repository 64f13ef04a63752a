package device

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// watched is a Monitor on the fixture, with drivers under the test's control.
type watched struct {
	*Monitor
	nvml, smi *fake
	log       *logged
	root      string               // its proc file system
	stop      func() time.Duration // ends Run and says how long it took to return
}

func newWatched(t *testing.T, nvml, smi func(context.Context) ([]gpu, error)) *watched {
	t.Helper()
	log, lines := newLog()
	w := &watched{nvml: &fake{answer: nvml}, smi: &fake{answer: smi}, log: lines}
	w.root = newProc(t, statFixture, meminfoFixture)
	w.Monitor = New(Config{
		Log: log, ProcRoot: w.root,
		nvml: func(*complaints) source { return w.nvml },
		smi:  func(*complaints) source { return w.smi },
	})
	return w
}

func (w *watched) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	w.stop = func() time.Duration {
		began := time.Now()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: got error %v, want none", err)
		}
		return time.Since(began)
	}
	synctest.Wait()
}

// names asks for the devices and says how long that took.
func (w *watched) names(ctx context.Context) (names []string, took time.Duration) {
	began := time.Now()
	for _, d := range w.Devices(ctx) {
		names = append(names, d.ID+" "+d.Name)
	}
	return names, time.Since(began)
}

func (w *watched) wantDevices(t *testing.T, within time.Duration, want ...string) {
	t.Helper()
	got, took := w.names(t.Context())
	if diff := cmp.Diff(append(want, "CPU-0 CPU (2 cores)"), got); diff != "" {
		t.Errorf("devices (-want +got):\n%s", diff)
	}
	if took != within {
		t.Errorf("Devices took %v, want %v", took, within)
	}
}

func (w *watched) wantLoads(t *testing.T, want int) {
	t.Helper()
	if got := len(w.Node().GPUs); got != want {
		t.Errorf("got %d GPU samples, want %d", got, want)
	}
}

func (w *watched) wantLog(t *testing.T, want ...string) {
	t.Helper()
	if len(want) == 0 {
		want = []string{""}
	}
	if diff := cmp.Diff(want, w.log.lines()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestDevicesAndNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t, has("NVIDIA GeForce RTX 4090", "Tesla\u202eT4"), fails(errNoDriver))
		w.start(t)
		wantDevices := []wire.Device{
			{
				ID: "GPU-0", Name: "NVIDIA GeForce RTX 4090", DeviceType: "gpu", VRAMGB: new(int64(24)),
				ComputeCapability: new("8.9"),
			},
			{ID: "GPU-1", Name: "Tesla\ufffdT4", DeviceType: "gpu", VRAMGB: new(int64(24)), ComputeCapability: new("8.9")},
			fixtureCPU(),
		}
		got := w.Devices(t.Context())
		if diff := cmp.Diff(wantDevices, got); diff != "" {
			t.Errorf("devices (-want +got):\n%s", diff)
		}
		wantNode := &wire.Node{CPUPct: 29.4, RAMUsedMB: 6144, RAMTotalMB: 16384, GPUs: []wire.GPU{
			{ID: "GPU-0", VRAMUsedMB: new(int64(8123)), VRAMTotalMB: new(int64(24564))},
			{ID: "GPU-1", VRAMUsedMB: new(int64(8123)), VRAMTotalMB: new(int64(24564))},
		}}
		if diff := cmp.Diff(wantNode, w.Node()); diff != "" {
			t.Errorf("node (-want +got):\n%s", diff)
		}
		w.stop()
		w.wantLog(t, "INFO GPUs found")
	})
}

func TestMachineWithoutDriver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t, fails(errNoDriver), fails(errNoDriver))
		w.start(t)
		w.wantDevices(t, 0)
		if node := w.Node(); node.GPUs == nil || len(node.GPUs) != 0 {
			t.Errorf("got GPUs %#v, want an empty list", node.GPUs)
		}
		time.Sleep(5*time.Minute + time.Millisecond)
		w.stop()
		w.wantLog(t)
		if reads, closes := w.nvml.count(); reads != 11 || closes != 1 {
			t.Errorf("NVML was tried %d times and closed %d times in five minutes, want 11 and 1", reads, closes)
		}
		if reads, closes := w.smi.count(); reads != 11 || closes != 1 {
			t.Errorf("nvidia-smi was tried %d times and closed %d times in five minutes, want 11 and 1", reads, closes)
		}
	})
}

func TestDriverComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t, fails(errNoDriver), fails(errNoDriver))
		w.start(t)
		time.Sleep(5 * time.Second)
		w.nvml.becomes(has("A"))
		w.wantLoads(t, 0)              // not due for a while
		w.wantDevices(t, 0, "GPU-0 A") // but a detection looks afresh
		w.wantLoads(t, 1)

		w.nvml.becomes(fails(errNoDriver))
		time.Sleep(2 * time.Second)
		w.wantLoads(t, 0) // without anybody asking
		w.wantDevices(t, 0)

		w.nvml.becomes(has("B"))
		time.Sleep(retryEvery)
		w.wantLoads(t, 1) // without anybody asking

		w.nvml.becomes(fails(errors.New("broken")))
		time.Sleep(time.Hour)
		w.wantDevices(t, 0)
		w.stop()
		w.wantLog(t, "INFO GPUs found", "WARN GPU driver is gone", "INFO GPUs found", "WARN GPU driver failed")
	})
}

func TestPaceAndOrderOfSources(t *testing.T) {
	for _, tc := range []struct {
		name      string
		nvml, smi func(context.Context) ([]gpu, error)
		wantNVML  int // reads in a minute
		wantSMI   int
		want      string
		wantLog   string
	}{
		{"NVML answers", has("nvml"), has("smi"), 61, 0, "GPU-0 nvml", "INFO GPUs found"},
		{"NVML is not installed", fails(errNoDriver), has("smi"), 3, 13, "GPU-0 smi", "INFO GPUs found"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWatched(t, tc.nvml, tc.smi)
				w.start(t)
				time.Sleep(time.Minute + time.Millisecond)
				nvmlReads, _ := w.nvml.count()
				smiReads, _ := w.smi.count()
				if nvmlReads != tc.wantNVML || smiReads != tc.wantSMI {
					t.Errorf("NVML was read %d times and nvidia-smi %d times in a minute, want %d and %d",
						nvmlReads, smiReads, tc.wantNVML, tc.wantSMI)
				}
				w.wantDevices(t, 0, tc.want)
				w.stop()
				w.wantLog(t, tc.wantLog)
			})
		})
	}
	t.Run("NVML fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWatched(t, fails(errors.New("version mismatch")), has("smi"))
			w.start(t)
			time.Sleep(time.Hour)
			w.wantLoads(t, 1)
			w.stop()
			w.wantLog(t, "WARN NVML failed, asking nvidia-smi instead", "INFO GPUs found")
		})
	})
	t.Run("built without NVML", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWatched(t, nil, has("smi"))
			w.probe.nvml = nil
			w.start(t)
			w.wantDevices(t, 0, "GPU-0 smi")
			w.stop()
		})
	})
}

func TestManyCallersShareOneDetection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(ctx context.Context) ([]gpu, error) {
			time.Sleep(time.Second)
			return has("slow")(ctx)
		}
		w := newWatched(t, fails(errNoDriver), slow)
		w.start(t)
		time.Sleep(3 * time.Second)
		before, _ := w.smi.count()
		done := make(chan []string)
		for range 50 {
			go func() {
				names, _ := w.names(t.Context())
				done <- names
			}()
		}
		for range 50 {
			if got := <-done; len(got) != 2 {
				t.Fatalf("got devices %v, want a GPU and the CPU", got)
			}
		}
		after, _ := w.smi.count()
		if after-before != 1 {
			t.Errorf("50 detections at once started nvidia-smi %d times, want once", after-before)
		}
		w.stop()
	})
}

func TestHangingDriver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		w := newWatched(t, has("A"), fails(errNoDriver))
		w.start(t)
		w.nvml.becomes(hangs(release))
		time.Sleep(2 * time.Second)
		w.wantLoads(t, 1)
		w.wantDevices(t, answerWithin, "GPU-0 A")
		w.wantLoads(t, 0) // too old by now

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if names, took := w.names(ctx); len(names) != 2 || took != time.Second {
			t.Errorf("a caller with one second got %v after %v, want the GPU and the CPU after 1s", names, took)
		}

		time.Sleep(time.Hour)
		if reads, _ := w.nvml.count(); reads != 2 {
			t.Errorf("a hanging driver was asked %d times, want 2: none beside the one that hangs", reads)
		}
		if took := w.stop(); took != abandonAfter {
			t.Errorf("Run returned after %v, want %v", took, abandonAfter)
		}
		w.wantDevices(t, 0)
		close(release) // what comes now comes too late
		synctest.Wait()
		w.wantDevices(t, 0)
		w.wantLoads(t, 0)
		if _, closes := w.nvml.count(); closes != 1 {
			t.Errorf("the driver was closed %d times, want once", closes)
		}
		w.wantLog(t, "INFO GPUs found", "WARN GPU driver does not answer, GPUs are shown as last known",
			"WARN GPU driver does not return, its last call is abandoned")
	})
}

func TestDriverHangsFromTheStartAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		w := newWatched(t, hangs(release), fails(errNoDriver))
		w.start(t)
		w.wantDevices(t, answerWithin)
		close(release)
		synctest.Wait()
		w.wantDevices(t, 0, "GPU-0 after the hang")
		if took := w.stop(); took != 0 {
			t.Errorf("Run returned after %v, want at once", took)
		}
	})
}

func TestUnansweredKeepsTheDevicesAndAgesTheLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t, fails(errNoDriver), has("A"))
		w.start(t)
		w.smi.becomes(fails(errNoAnswer))
		time.Sleep(smiGoodFor - time.Second)
		w.wantDevices(t, 0, "GPU-0 A")
		w.wantLoads(t, 1)
		time.Sleep(2 * time.Second)
		w.wantDevices(t, 0, "GPU-0 A")
		w.wantLoads(t, 0)
		w.stop()
		w.wantLog(t, "INFO GPUs found", "WARN GPU driver failed")
	})
}

func TestWithoutRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t, has("A"), fails(errNoDriver))
		w.wantDevices(t, startWithin)
		w.wantLoads(t, 0)
		if reads, _ := w.nvml.count(); reads != 0 {
			t.Errorf("the driver was asked %d times before Run, want never", reads)
		}

		early := make(chan []string)
		go func() { // a Run that is a little late is waited for
			names, _ := w.names(t.Context())
			early <- names
		}()
		time.Sleep(startWithin / 2)
		w.start(t)
		if got := <-early; len(got) != 2 {
			t.Errorf("asked just before Run: got devices %v, want a GPU and the CPU", got)
		}
		w.stop()
		w.wantDevices(t, 0)
		w.wantLoads(t, 0)
		if err := w.Run(t.Context()); err == nil {
			t.Error("a second Run was accepted, want an error")
		}
	})
}

// TestThisMachine asks whatever is here, with nothing faked.
func TestThisMachine(t *testing.T) {
	log, lines := newLog()
	m := New(Config{Log: log})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- m.Run(ctx) }()
	devices := m.Devices(ctx)
	if cpu := devices[len(devices)-1]; cpu.ID != "CPU-0" || cpu.DeviceType != "cpu" {
		t.Errorf("got last device %+v, want CPU-0", cpu)
	}
	node := m.Node()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	beat := wire.Heartbeat{
		Hive: wire.HiveInfo{ID: "here", Port: wire.DefaultHivePort}, Timestamp: time.Now(),
		Node: node, Capabilities: devices,
	}
	if err := beat.Validate(); err != nil {
		t.Errorf("a heartbeat with these devices is refused: %v", err)
	}
	t.Logf("%d devices, log %q", len(devices), lines.lines())
	if runtime.GOOS != "linux" {
		t.Skipf("SKIPPED: processor and memory are not read on %s", runtime.GOOS)
	}
	if node == nil || node.RAMTotalMB <= 0 || node.RAMUsedMB <= 0 || node.CPUPct < 0 || node.CPUPct > 100 {
		t.Errorf("got node %+v, want memory and 0 to 100 percent", node)
	}
}
