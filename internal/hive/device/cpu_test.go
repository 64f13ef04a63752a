package device

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/procfs"

	"rbee/internal/wire"
)

func TestPercent(t *testing.T) {
	before := procfs.CPUStat{
		User: 100, Nice: 10, System: 50, Idle: 1000, Iowait: 40, IRQ: 5, SoftIRQ: 5, Steal: 2, Guest: 7, GuestNice: 1,
	}
	for _, tc := range []struct {
		name  string
		spend func(*procfs.CPUStat)
		want  float64
		known bool
	}{
		{"no time", func(*procfs.CPUStat) {}, 0, false},
		{"idle", func(s *procfs.CPUStat) { s.Idle += 4 }, 0, true},
		{"waiting for disks", func(s *procfs.CPUStat) { s.Iowait += 4 }, 0, true},
		{"at work", func(s *procfs.CPUStat) { s.User += 4 }, 100, true},
		{"all kinds of work", func(s *procfs.CPUStat) {
			s.User++
			s.Nice++
			s.System++
			s.IRQ++
			s.SoftIRQ++
			s.Steal++
			s.Idle += 6
		}, 50, true},
		{"guests are within user", func(s *procfs.CPUStat) { s.User++; s.Guest++; s.Idle += 3 }, 25, true},
		{"a tenth", func(s *procfs.CPUStat) { s.User++; s.Idle += 2 }, 33.3, true},
		{"iowait steps back", func(s *procfs.CPUStat) { s.Iowait -= 30; s.User++; s.Idle++ }, 50, true},
		{"a processor went", func(s *procfs.CPUStat) { s.User -= 50; s.Idle += 2 }, 0, true},
		{"counts began anew", func(s *procfs.CPUStat) { *s = procfs.CPUStat{User: 1, Idle: 1} }, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			after := before
			tc.spend(&after)
			got, known := percent(before, after)
			if got != tc.want || known != tc.known {
				t.Errorf("got %v, %v, want %v, %v", got, known, tc.want, tc.known)
			}
		})
	}
}

// spent returns a stat file of one processor, in hundredths of a second.
func spent(work, idle int) string {
	return fmt.Sprintf("cpu  %d 0 0 %d 0 0 0 0 0 0\ncpu0 %d 0 0 %d 0 0 0 0 0 0\n", work, idle, work, idle)
}

func TestLoadSinceThePreviousSample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := newProc(t, spent(900, 100), meminfoFixture)
		m := New(Config{ProcRoot: root})
		want := func(pct float64) {
			t.Helper()
			if got := m.Node().CPUPct; got != pct {
				t.Errorf("got cpu_pct %v, want %v", got, pct)
			}
		}
		want(90) // since boot: there is nothing else yet
		writeProc(t, root, "stat", spent(910, 130))
		want(90) // too soon after the last
		time.Sleep(time.Second)
		want(25)
		writeProc(t, root, "stat", spent(910, 330))
		time.Sleep(time.Second)
		want(0)
		time.Sleep(time.Second)
		want(0) // the kernel has not counted on
	})
}

func TestRunTakesABaseline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t, fails(errNoDriver), fails(errNoDriver))
		writeProc(t, w.root, "stat", spent(900, 100))
		w.start(t)
		writeProc(t, w.root, "stat", spent(910, 130))
		time.Sleep(time.Second)
		if got := w.Node().CPUPct; got != 25 {
			t.Errorf("first sample: got cpu_pct %v, want 25: the time before Run does not count", got)
		}
		w.stop()
	})
}

func TestMemory(t *testing.T) {
	for _, tc := range []struct {
		name, meminfo string
		total, used   int64 // MiB
	}{
		{"available is told", meminfoFixture, 16384, 6144},
		{"old kernel", "MemTotal: 16777216 kB\nMemFree: 1048576 kB\nBuffers: 2097152 kB\nCached: 3145728 kB\n", 16384, 10240},
		{"more available than there is", "MemTotal: 1024 kB\nMemAvailable: 2048 kB\n", 1, 0},
		{"no total", "MemFree: 1024 kB\n", 0, 0},
		{"garbage", "MemTotal: lots\n", 0, 0},
		{"no file", "", 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			log, lines := newLog()
			m := New(Config{Log: log, ProcRoot: newProc(t, statFixture, tc.meminfo)})
			want := &wire.Node{CPUPct: 29.4, RAMTotalMB: tc.total, RAMUsedMB: tc.used, GPUs: []wire.GPU{}}
			for range 3 {
				if diff := cmp.Diff(want, m.Node()); diff != "" {
					t.Errorf("node (-want +got):\n%s", diff)
				}
			}
			wantLog := ""
			if tc.total == 0 {
				wantLog = "WARN memory is unknown"
			}
			if diff := cmp.Diff([]string{wantLog}, lines.lines()); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCPUDevice(t *testing.T) {
	here := fmt.Sprintf("CPU (%d cores)", runtime.NumCPU())
	if runtime.NumCPU() == 1 {
		here = "CPU (1 core)"
	}
	var sixteen strings.Builder
	sixteen.WriteString("cpu  1 0 0 1 0 0 0 0 0 0\n")
	for i := range 16 {
		fmt.Fprintf(&sixteen, "cpu%d 1 0 0 1 0 0 0 0 0 0\n", i)
	}
	for _, tc := range []struct {
		name, stat, meminfo string
		want                string
		wantGB              *int64
	}{
		{"sixteen cores", sixteen.String(), "MemTotal: 65690000 kB\n", "CPU (16 cores)", new(int64(63))},
		{"one core", spent(1, 1), meminfoFixture, "CPU (1 core)", new(int64(16))},
		{"half a GiB less", spent(1, 1), "MemTotal: 16252928 kB\n", "CPU (1 core)", new(int64(16))},
		{"nothing known", "", "", here, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := newComplaints()
			got := newMachine(newProc(t, tc.stat, tc.meminfo), c).device()
			want := wire.Device{ID: "CPU-0", Name: tc.want, DeviceType: "cpu", VRAMGB: tc.wantGB}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("device (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithoutProc(t *testing.T) {
	log, lines := newLog()
	m := New(Config{Log: log, ProcRoot: t.TempDir() + "/none"})
	for range 3 {
		if got := m.Node(); got != nil {
			t.Errorf("got node %+v, want none", got)
		}
	}
	want := ""
	if runtime.GOOS == "linux" {
		want = "WARN no proc file system, processor and memory are unknown"
	}
	if diff := cmp.Diff([]string{want}, lines.lines()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
