//go:build cgo && linux

package device

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
	"github.com/NVIDIA/go-nvml/pkg/nvml/mock"
	"github.com/NVIDIA/go-nvml/pkg/nvml/mock/dgxa100"
	mockserver "github.com/NVIDIA/go-nvml/pkg/nvml/mock/server"
	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// newServer is NVIDIA's mock of a DGX A100, eight GPUs of 40 GiB, with the
// functions set that the mock leaves out.
func newServer() *mockserver.Server {
	server := dgxa100.New()
	for i := range server.Devices {
		gpu := mockGPU(server, i)
		gpu.MemoryInfo.Used = uint64(i) << 30
		gpu.GetUtilizationRatesFunc = func() (nvml.Utilization, nvml.Return) {
			return nvml.Utilization{Gpu: uint32(10 * i)}, nvml.SUCCESS
		}
		gpu.GetTemperatureFunc = func(sensor nvml.TemperatureSensors) (uint32, nvml.Return) {
			if sensor != nvml.TEMPERATURE_GPU {
				return 0, nvml.ERROR_INVALID_ARGUMENT
			}
			return uint32(30 + i), nvml.SUCCESS
		}
		gpu.GetComputeRunningProcessesFunc = func() ([]nvml.ProcessInfo, nvml.Return) {
			return []nvml.ProcessInfo{{Pid: uint32(100 + i), UsedGpuMemory: uint64(i) << 30}, {Pid: 7, UsedGpuMemory: math.MaxUint64}}, nvml.SUCCESS
		}
		gpu.GetGraphicsRunningProcessesFunc = func() ([]nvml.ProcessInfo, nvml.Return) {
			return []nvml.ProcessInfo{{Pid: uint32(100 + i), UsedGpuMemory: uint64(i) << 30}}, nvml.SUCCESS
		}
		gpu.GetProcessUtilizationFunc = func(last uint64) ([]nvml.ProcessUtilizationSample, nvml.Return) {
			if last >= 9 {
				return nil, nvml.ERROR_NOT_FOUND
			}
			return []nvml.ProcessUtilizationSample{{Pid: uint32(100 + i), TimeStamp: 9, SmUtil: 40}, {Pid: uint32(100 + i), TimeStamp: 5, SmUtil: 90}}, nvml.SUCCESS
		}
		gpu.GetPowerUsageFunc = func() (uint32, nvml.Return) { return uint32(50_500 + i*1000), nvml.SUCCESS }
	}
	return server
}

func mockGPU(server *mockserver.Server, i int) *mockserver.Device {
	return server.Devices[i].(*mockserver.Device)
}

func newLibrary(server nvml.Interface) (*library, *logged) {
	c, lines := newComplaints()
	return &library{complaints: c, nvml: server}, lines
}

func ids(gpus []gpu) string {
	var ids []string
	for _, g := range gpus {
		ids = append(ids, strings.TrimPrefix(g.device.ID, "GPU-"))
	}
	return strings.Join(ids, " ")
}

// wantA100 is GPU-i of newServer.
func wantA100(i int) gpu {
	id := fmt.Sprintf("GPU-%d", i)
	return gpu{
		wire.Device{
			ID: id, Name: "Mock NVIDIA A100-SXM4-40GB", DeviceType: "gpu", VRAMGB: new(int64(40)), ComputeCapability: new("8.0"),
		},
		wire.GPU{
			ID: id, UtilPct: new(float64(10 * i)), VRAMUsedMB: new(int64(i) << 10), VRAMTotalMB: new(int64(40960)),
			TempC: new(float64(30 + i)), PowerW: new(50.5 + float64(i)),
		},
	}
}

func TestNVMLReadsEightGPUs(t *testing.T) {
	l, lines := newLibrary(newServer())
	got, err := l.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var want []gpu
	for i := range 8 {
		want = append(want, wantA100(i))
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(gpu{})); diff != "" {
		t.Errorf("GPUs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{""}, lines.lines()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// TestNVMLFiguresThatAreNotTold breaks one function of one GPU at a time.
func TestNVMLFiguresThatAreNotTold(t *testing.T) {
	const no = nvml.ERROR_NOT_SUPPORTED
	for _, tc := range []struct {
		name    string
		spoil   func(*mockserver.Device)
		want    func(*gpu)
		wantLog string
	}{
		{"memory not supported", func(d *mockserver.Device) {
			d.GetMemoryInfoFunc = func() (nvml.Memory, nvml.Return) { return nvml.Memory{}, no }
		}, func(g *gpu) { g.device.VRAMGB, g.load.VRAMTotalMB, g.load.VRAMUsedMB = nil, nil, nil }, ""},
		{"memory unreadable", func(d *mockserver.Device) {
			d.GetMemoryInfoFunc = func() (nvml.Memory, nvml.Return) { return nvml.Memory{}, nvml.ERROR_UNKNOWN }
		}, func(g *gpu) {
			g.device.VRAMGB, g.load.VRAMTotalMB, g.load.VRAMUsedMB = nil, nil, nil
		}, "WARN GPU does not tell its memory"},
		{"compute capability", func(d *mockserver.Device) {
			d.GetCudaComputeCapabilityFunc = func() (int, int, nvml.Return) { return 0, 0, no }
		}, func(g *gpu) { g.device.ComputeCapability = nil }, ""},
		{"utilisation", func(d *mockserver.Device) {
			d.GetUtilizationRatesFunc = func() (nvml.Utilization, nvml.Return) { return nvml.Utilization{}, no }
		}, func(g *gpu) { g.load.UtilPct = nil }, ""},
		{"temperature", func(d *mockserver.Device) {
			d.GetTemperatureFunc = func(nvml.TemperatureSensors) (uint32, nvml.Return) { return 0, no }
		}, func(g *gpu) { g.load.TempC = nil }, ""},
		{"frost", func(d *mockserver.Device) {
			d.GetTemperatureFunc = func(nvml.TemperatureSensors) (uint32, nvml.Return) {
				return math.MaxUint32 - 4, nvml.SUCCESS
			}
		}, func(g *gpu) { g.load.TempC = new(-5.0) }, ""},
		{"power", func(d *mockserver.Device) {
			d.GetPowerUsageFunc = func() (uint32, nvml.Return) { return 0, no }
		}, func(g *gpu) { g.load.PowerW = nil }, ""},
		{"all ones", func(d *mockserver.Device) {
			d.GetPowerUsageFunc = func() (uint32, nvml.Return) { return math.MaxUint32, nvml.SUCCESS }
			d.GetUtilizationRatesFunc = func() (nvml.Utilization, nvml.Return) {
				return nvml.Utilization{Gpu: math.MaxUint32}, nvml.SUCCESS
			}
		}, func(g *gpu) { g.load.PowerW, g.load.UtilPct = nil, nil }, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := newServer()
			tc.spoil(mockGPU(server, 2))
			l, lines := newLibrary(server)
			want := wantA100(2)
			tc.want(&want)
			for range 2 {
				got, err := l.read(t.Context())
				if err != nil || len(got) != 8 {
					t.Fatalf("got %d GPUs and error %v, want 8", len(got), err)
				}
				if diff := cmp.Diff(want, got[2], cmp.AllowUnexported(gpu{})); diff != "" {
					t.Errorf("GPU-2 (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(wantA100(3), got[3], cmp.AllowUnexported(gpu{})); diff != "" {
					t.Errorf("GPU-3 beside it (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff([]string{tc.wantLog}, lines.lines()); diff != "" {
				t.Errorf("log of two readings (-want +got):\n%s", diff)
			}
		})
	}
}

// An old or a future library may lack a function; calling it would end the process.
func TestNVMLFunctionsThatAreMissing(t *testing.T) {
	server := newServer()
	server.LookupSymbolFunc = func(string) error { return errors.New("undefined symbol") }
	for i := range server.Devices {
		gpu := mockGPU(server, i)
		gpu.GetMemoryInfoFunc, gpu.GetCudaComputeCapabilityFunc = nil, nil // a call panics
		gpu.GetUtilizationRatesFunc, gpu.GetTemperatureFunc, gpu.GetPowerUsageFunc = nil, nil, nil
	}
	l, _ := newLibrary(server)
	got, err := l.read(t.Context())
	if err != nil || len(got) != 8 {
		t.Fatalf("got %d GPUs and error %v, want 8", len(got), err)
	}
	want := gpu{
		wire.Device{ID: "GPU-7", Name: "Mock NVIDIA A100-SXM4-40GB", DeviceType: "gpu"},
		wire.GPU{ID: "GPU-7"},
	}
	if diff := cmp.Diff(want, got[7], cmp.AllowUnexported(gpu{})); diff != "" {
		t.Errorf("GPU-7 (-want +got):\n%s", diff)
	}
}

func TestNVMLOneBrokenGPUOfEight(t *testing.T) {
	for name, spoil := range map[string]func(*mockserver.Server){
		"no handle": func(s *mockserver.Server) {
			intact := s.DeviceGetHandleByIndexFunc
			s.DeviceGetHandleByIndexFunc = func(i int) (nvml.Device, nvml.Return) {
				if i == 3 {
					return nil, nvml.ERROR_GPU_IS_LOST
				}
				return intact(i)
			}
		},
		"no name": func(s *mockserver.Server) {
			mockGPU(s, 3).GetNameFunc = func() (string, nvml.Return) { return "", nvml.ERROR_UNKNOWN }
		},
		"an empty name": func(s *mockserver.Server) {
			mockGPU(s, 3).GetNameFunc = func() (string, nvml.Return) { return "", nvml.SUCCESS }
		},
		"lost while it is read": func(s *mockserver.Server) {
			mockGPU(s, 3).GetMemoryInfoFunc = func() (nvml.Memory, nvml.Return) {
				return nvml.Memory{}, nvml.ERROR_GPU_IS_LOST
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := newServer()
			spoil(server)
			l, lines := newLibrary(server)
			for range 3 {
				got, err := l.read(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if got, want := ids(got), "0 1 2 4 5 6 7"; got != want {
					t.Errorf("got GPUs %q, want %q", got, want)
				}
			}
			if diff := cmp.Diff([]string{"WARN GPU cannot be read, left out"}, lines.lines()); diff != "" {
				t.Errorf("log of three readings (-want +got):\n%s", diff)
			}
			if got := len(server.InitCalls()); got != 1 {
				t.Errorf("NVML was started %d times, want once", got)
			}
		})
	}
}

// Nothing but Init of this mock may be called: everything else panics.
func TestNVMLNothingIsCalledUnlessInitSucceeded(t *testing.T) {
	for _, tc := range []struct {
		ret    nvml.Return
		silent bool
	}{
		{nvml.ERROR_LIBRARY_NOT_FOUND, true},
		{nvml.ERROR_DRIVER_NOT_LOADED, true},
		{nvml.ERROR_LIB_RM_VERSION_MISMATCH, false},
		{nvml.ERROR_UNKNOWN, false},
	} {
		l, _ := newLibrary(&mock.Interface{InitFunc: func() nvml.Return { return tc.ret }})
		for range 2 {
			gpus, err := l.read(t.Context())
			if err == nil || errors.Is(err, errNoDriver) != tc.silent {
				t.Errorf("Init says %v: got GPUs %v, error %v, want an error, no driver: %v", tc.ret, gpus, err, tc.silent)
			}
		}
		l.close()
	}
}

func TestNVMLWithoutGPUs(t *testing.T) {
	server := newServer()
	server.Devices = nil
	l, _ := newLibrary(server)
	if _, err := l.read(t.Context()); !errors.Is(err, errNoDriver) {
		t.Errorf("got error %v, want %v", err, errNoDriver)
	}
	if got := len(server.ShutdownCalls()); got != 1 {
		t.Errorf("NVML was given back %d times, want once: a GPU that comes is seen by a new Init only", got)
	}
}

func TestNVMLListsNoMoreThanAnAnnouncementHolds(t *testing.T) {
	server := newServer()
	for len(server.Devices) < 2*wire.MaxDevices {
		server.Devices = append(server.Devices, server.Devices[0])
	}
	l, _ := newLibrary(server)
	gpus, err := l.read(t.Context())
	if err != nil || len(gpus) != wire.MaxDevices-1 {
		t.Errorf("got %d GPUs, error %v, want %d", len(gpus), err, wire.MaxDevices-1)
	}
}

// resettable is a server whose driver can be reset: then it answers only that it
// is not initialised, until the next Init.
func resettable() (server *mockserver.Server, reset func()) {
	server = newServer()
	var up atomic.Bool
	server.InitFunc = func() nvml.Return { up.Store(true); return nvml.SUCCESS }
	server.DeviceGetCountFunc = func() (int, nvml.Return) {
		if !up.Load() {
			return 0, nvml.ERROR_UNINITIALIZED
		}
		return len(server.Devices), nvml.SUCCESS
	}
	return server, func() { up.Store(false) }
}

func TestNVMLIsStartedAnewAfterAReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, reset := resettable()
		l, _ := newLibrary(server)
		want := func(n int, starts int) {
			t.Helper()
			gpus, err := l.read(t.Context())
			if len(gpus) != n || (err == nil) != (n > 0) {
				t.Errorf("got %d GPUs, error %v, want %d", len(gpus), err, n)
			}
			if got := len(server.InitCalls()); got != starts {
				t.Errorf("NVML was started %d times by now, want %d", got, starts)
			}
		}
		want(8, 1)
		time.Sleep(time.Hour)
		reset()
		want(8, 2)
		reset()
		want(0, 2) // not twice in a row
		time.Sleep(retryEvery)
		want(8, 3)
		l.close()
		l.close()
		if got := len(server.ShutdownCalls()); got != 3 {
			t.Errorf("NVML was given back %d times, want as often as it was started, 3", got)
		}
	})
}

func TestNVMLIsStartedAnewForALostGPU(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer()
		mockGPU(server, 0).GetNameFunc = func() (string, nvml.Return) {
			if len(server.InitCalls()) < 2 {
				return "", nvml.ERROR_GPU_IS_LOST
			}
			return "back again", nvml.SUCCESS
		}
		l, _ := newLibrary(server)
		for _, tc := range []struct {
			after time.Duration
			want  string
		}{
			{0, "1 2 3 4 5 6 7"},
			{lostEvery - time.Second, "1 2 3 4 5 6 7"}, // the others are left in peace for a while
			{time.Second, "0 1 2 3 4 5 6 7"},
		} {
			time.Sleep(tc.after)
			gpus, err := l.read(t.Context())
			if got := ids(gpus); err != nil || got != tc.want {
				t.Errorf("%v later: got GPUs %q, error %v, want %q", tc.after, got, err, tc.want)
			}
		}
	})
}

// The whole of it on the mock: a reset, a hang and an end.
func TestMonitorOnNVML(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, reset := resettable()
		release := make(chan struct{})
		var hanging atomic.Bool
		mockGPU(server, 5).GetUtilizationRatesFunc = func() (nvml.Utilization, nvml.Return) {
			if hanging.Load() {
				<-release
			}
			return nvml.Utilization{}, nvml.SUCCESS
		}
		w := newWatched(t, nil, fails(errNoDriver))
		w.probe.nvml = &library{complaints: w.probe.complaints, nvml: server}
		w.start(t)
		a100 := "Mock NVIDIA A100-SXM4-40GB"
		all := []string{
			"GPU-0 " + a100, "GPU-1 " + a100, "GPU-2 " + a100, "GPU-3 " + a100,
			"GPU-4 " + a100, "GPU-5 " + a100, "GPU-6 " + a100, "GPU-7 " + a100,
		}
		w.wantDevices(t, 0, all...)
		w.wantLoads(t, 8)
		time.Sleep(time.Minute + time.Second/2)
		reset()
		time.Sleep(time.Second)
		w.wantLoads(t, 8)
		hanging.Store(true)
		time.Sleep(2 * time.Second)
		w.wantDevices(t, answerWithin, all...)
		time.Sleep(nvmlGoodFor)
		w.wantLoads(t, 0)
		if took := w.stop(); took != abandonAfter {
			t.Errorf("Run returned after %v, want %v", took, abandonAfter)
		}
		close(release)
	})
}

// TestNVMLOfThisMachine calls the real library, or finds that there is none; the
// process must survive both.
func TestNVMLOfThisMachine(t *testing.T) {
	c, _ := newComplaints()
	l := newNVML(c)
	defer l.close()
	for range 3 {
		gpus, err := l.read(context.Background()) //nolint:usetesting // it is not used
		if (len(gpus) > 0) == (err != nil) {
			t.Errorf("got %d GPUs and error %v, want one of them", len(gpus), err)
		}
		t.Logf("%d GPUs, error %v", len(gpus), err)
	}
}

func TestNVMLTellsOfProcesses(t *testing.T) {
	server := newServer()
	mockGPU(server, 2).GetComputeRunningProcessesFunc = func() ([]nvml.ProcessInfo, nvml.Return) { return nil, nvml.ERROR_NO_PERMISSION }
	mockGPU(server, 2).GetGraphicsRunningProcessesFunc = func() ([]nvml.ProcessInfo, nvml.Return) { return nil, nvml.ERROR_NO_PERMISSION }
	mockGPU(server, 4).GetProcessUtilizationFunc = func(uint64) ([]nvml.ProcessUtilizationSample, nvml.Return) {
		samples := []nvml.ProcessUtilizationSample{}
		more := 1
		return samples[:more], nvml.SUCCESS // as the binding does
	}
	l, _ := newLibrary(server)
	for round := range 2 {
		if _, err := l.read(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := l.processes()[2]; len(got.uses) != 0 || got.missing != "GPU-2 does not tell which processes use it" {
			t.Errorf("got %+v", got)
		}
		got := l.processes()[3]
		slices.SortFunc(got.uses, func(a, b Use) int { return a.PID - b.PID })
		want := []Use{{"GPU-3", 7, 0, 0}, {"GPU-3", 103, 3072, []float64{40, 0}[round]}}
		if diff := cmp.Diff(want, got.uses); diff != "" {
			t.Errorf("round %d (-want +got):\n%s", round, diff)
		}
		if got.missing != "GPU-3 does not tell how much memory each process uses" {
			t.Errorf("got %q", got.missing)
		}
		if got := l.processes()[4]; len(got.uses) != 2 {
			t.Errorf("a binding that panics: got %+v", got)
		}
	}
}
