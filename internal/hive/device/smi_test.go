package device

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// What fakeSMI is told, by environment.
const (
	fakeSMIMode = "RBEE_TEST_NVIDIA_SMI"      // how to behave
	fakeSMIApps = "RBEE_TEST_NVIDIA_SMI_APPS" // what to say of processes, see fakeSMIProcesses
	fakeSMIPIDs = "RBEE_TEST_NVIDIA_SMI_PID"  // where to write who is running
)

// The GPUs of fakeSMI, by the fields they are asked for.
var fakeSMIGPUs = map[string][]map[string]string{
	"normal": {
		{
			"index": "0", "uuid": "GPU-aaaa", "name": "NVIDIA GeForce RTX 4090", "memory.total": "24564", "memory.free": "16441",
			"utilization.gpu": "64", "temperature.gpu": "66", "power.draw": "210.45", "compute_cap": "8.9",
		},
		{
			"index": "1", "uuid": "GPU-bbbb", "name": "Odd, with a comma", "memory.total": "81559", "memory.free": "81559",
			"utilization.gpu": "0", "temperature.gpu": "-5", "power.draw": "0.00", "compute_cap": "12.0",
		},
	},
	"silent": {{
		"index": "0", "uuid": "[N/A]", "name": "NVIDIA GB10", "memory.total": "[N/A]", "memory.free": "[Not Supported]",
		"utilization.gpu": "N/A", "temperature.gpu": "[Unknown Error]", "power.draw": "nan", "compute_cap": "[N/A]",
	}},
	"broken": {
		{"index": "0", "uuid": "GPU-aaaa", "name": "[Unknown Error]"},
		{"index": "1", "uuid": "GPU-bbbb", "name": "NVIDIA L4", "memory.total": "23034", "compute_cap": "8.9"},
		{"index": "2", "uuid": "[GPU is lost]", "name": "[GPU is lost]"},
		{"index": "1", "uuid": "GPU-aaaa", "name": "the same once more"},
		{"index": "9999", "name": "one too far"},
	},
	"all broken": {{"index": "0", "name": "[GPU is lost]"}},
}

// fakeSMI is nvidia-smi as far as this package knows it.
func fakeSMI(mode string, args []string) int {
	if path := os.Getenv(fakeSMIPIDs); path != "" {
		if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
			return 98
		}
	}
	if len(args) != 2 || args[1] != "--format=csv,noheader,nounits" {
		fmt.Println("unexpected arguments", args)
		return 99
	}
	if query, processes := strings.CutPrefix(args[0], "--query-compute-apps="); processes {
		return fakeSMIProcesses(os.Getenv(fakeSMIApps), strings.Split(query, ","))
	}
	query, _ := strings.CutPrefix(args[0], "--query-gpu=")
	fields := strings.Split(query, ",")
	switch mode {
	case "old":
		if slices.Contains(fields, "compute_cap") {
			fmt.Println(`Field "compute_cap" is not a valid field to query.`)
			return 2
		}
		printGPUs("normal", fields)
	case "exit":
		fmt.Println("Unable to determine the device handle: Unknown Error")
		return 255
	case "some, then exit":
		printGPUs("normal", fields)
		fmt.Println("Unable to determine the device handle for GPU 0000:41:00.0: GPU is lost.")
		return 15
	case "no driver":
		fmt.Println("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.")
		return 9
	case "not found":
		return 6
	case "no devices":
		fmt.Println("No devices were found")
	case "nothing":
	case "garbage":
		fmt.Print("\x00\xff\n,,,,,,,,\n-1, 2, 3, 4, 5, 6, 7, 8, x\n0, 1\n<html>\n")
	case "hang":
		time.Sleep(time.Minute)
	case "leave a child":
		child := exec.Command(os.Args[0], args...)
		child.Env = append(os.Environ(), fakeSMIMode+"=hang")
		child.Stdout = os.Stdout
		if child.Start() != nil {
			return 97
		}
	case "huge":
		signal.Ignore(syscall.SIGPIPE)
		line := strings.Repeat("0, 1, 2, 3, 4, 5, 6, 7, x\n", 100)
		for began := time.Now(); time.Since(began) < time.Minute; {
			fmt.Print(line)
		}
	default:
		printGPUs(mode, fields)
	}
	return 0
}

func printGPUs(mode string, fields []string) {
	for _, gpu := range fakeSMIGPUs[mode] {
		cells := make([]string, len(fields))
		for i, field := range fields {
			cells[i] = gpu[field]
		}
		fmt.Println(strings.Join(cells, ", "))
	}
}

// installSMI makes this binary the only nvidia-smi, and returns the file that
// names the process that ran last.
func installSMI(t *testing.T, mode string) (pidFile string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "nvidia-smi")); err != nil {
		t.Skipf("SKIPPED: this system links no files, so there is no nvidia-smi to fake: %v", err)
	}
	pidFile = filepath.Join(dir, "pid")
	t.Setenv("PATH", dir)
	t.Setenv(fakeSMIMode, mode)
	t.Setenv(fakeSMIPIDs, pidFile)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector would keep each process a second
	return pidFile
}

func newProgram(timeout time.Duration) (*program, *logged) {
	c, lines := newComplaints()
	return &program{complaints: c, timeout: timeout}, lines
}

// The GPUs of "normal", as they are to be read.
func wantNormal(capabilities bool) []gpu {
	want := []gpu{
		{
			wire.Device{ID: "GPU-0", Name: "NVIDIA GeForce RTX 4090", DeviceType: "gpu", VRAMGB: new(int64(24))},
			wire.GPU{
				ID: "GPU-0", UtilPct: new(64.0), VRAMUsedMB: new(int64(8123)), VRAMTotalMB: new(int64(24564)),
				TempC: new(66.0), PowerW: new(210.45),
			},
		},
		{
			wire.Device{ID: "GPU-1", Name: "Odd, with a comma", DeviceType: "gpu", VRAMGB: new(int64(80))},
			wire.GPU{
				ID: "GPU-1", UtilPct: new(0.0), VRAMUsedMB: new(int64(0)), VRAMTotalMB: new(int64(81559)),
				TempC: new(-5.0), PowerW: new(0.0),
			},
		},
	}
	if capabilities {
		want[0].device.ComputeCapability = new("8.9")
		want[1].device.ComputeCapability = new("12.0")
	}
	return want
}

func TestSMIReadsGPUs(t *testing.T) {
	l4 := gpu{
		wire.Device{
			ID: "GPU-1", Name: "NVIDIA L4", DeviceType: "gpu", VRAMGB: new(int64(22)), ComputeCapability: new("8.9"),
		},
		wire.GPU{ID: "GPU-1", VRAMTotalMB: new(int64(23034))},
	}
	gb10 := gpu{wire.Device{ID: "GPU-0", Name: "NVIDIA GB10", DeviceType: "gpu"}, wire.GPU{ID: "GPU-0"}}
	leftOut, someOnly := "WARN GPU cannot be read, left out", "WARN nvidia-smi tells of some GPUs only"
	for _, tc := range []struct {
		mode    string
		want    []gpu
		wantLog []string
	}{
		{"normal", wantNormal(true), []string{""}},
		{"old", wantNormal(false), []string{""}},
		{"silent", []gpu{gb10}, []string{""}},
		{"broken", []gpu{l4}, []string{leftOut, leftOut, someOnly}},
		{"some, then exit", wantNormal(true), []string{someOnly}},
	} {
		t.Run(tc.mode, func(t *testing.T) {
			installSMI(t, tc.mode)
			p, lines := newProgram(time.Minute)
			for range 2 {
				got, err := p.read(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(gpu{})); diff != "" {
					t.Errorf("GPUs (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(tc.wantLog, lines.lines()); diff != "" {
				t.Errorf("log of two readings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSMIHasNoGPUs(t *testing.T) {
	for _, tc := range []struct {
		mode string
		is   error  // nil: neither no driver nor no answer
		says string // to a person
	}{
		{"no driver", errNoDriver, ""},
		{"no devices", errNoDriver, ""},
		{"not found", errNoDriver, ""},
		{"exit", nil, "exit status 255: \"Unable to determine the device handle: Unknown Error\""},
		{"nothing", nil, "printed nothing"},
		{"garbage", nil, "no GPU: \"<html>\""},
		{"all broken", nil, "tells no GPU's name"},
		{"huge", nil, "more than 65536 bytes"},
	} {
		t.Run(tc.mode, func(t *testing.T) {
			installSMI(t, tc.mode)
			p, _ := newProgram(time.Minute)
			began := time.Now()
			got, err := p.read(t.Context())
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("took %v, want it not to be waited for", took)
			}
			switch {
			case err == nil:
				t.Fatalf("got GPUs %v, want an error", got)
			case tc.is != nil && !errors.Is(err, tc.is):
				t.Errorf("got error %q, want it to be %q", err, tc.is)
			case tc.is == nil && (errors.Is(err, errNoDriver) || errors.Is(err, errNoAnswer)):
				t.Errorf("got error %q, which says too little", err)
			case !strings.Contains(err.Error(), tc.says):
				t.Errorf("got error %q, want it to say %q", err, tc.says)
			}
		})
	}
	t.Run("not installed", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		p, _ := newProgram(time.Minute)
		if _, err := p.read(t.Context()); !errors.Is(err, errNoDriver) {
			t.Errorf("got error %v, want %v", err, errNoDriver)
		}
	})
	t.Run("only in the working directory", func(t *testing.T) {
		pidFile := installSMI(t, "normal")
		t.Chdir(filepath.Dir(pidFile))
		t.Setenv("PATH", ".")
		p, _ := newProgram(time.Minute)
		if _, err := p.read(t.Context()); !errors.Is(err, errNoDriver) {
			t.Errorf("got error %v, want %v", err, errNoDriver)
		}
		if _, err := os.Stat(pidFile); err == nil {
			t.Error("the nvidia-smi of the working directory was run")
		}
	})
	t.Run("cannot be started", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "nvidia-smi"), []byte("\x7fELF"), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir)
		p, _ := newProgram(time.Minute)
		if _, err := p.read(t.Context()); !errors.Is(err, errNoAnswer) {
			t.Errorf("got error %v, want %v", err, errNoAnswer)
		}
	})
}

// lastProcess finds who wrote pidFile.
func lastProcess(t *testing.T, pidFile string) *os.Process {
	t.Helper()
	raw, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(raw))
	if err != nil {
		t.Fatal(err)
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	return process
}

func TestSMIHangs(t *testing.T) {
	t.Run("itself", func(t *testing.T) {
		pidFile := installSMI(t, "hang")
		p, _ := newProgram(2 * time.Second) // enough to have started
		if _, err := p.read(t.Context()); !errors.Is(err, errNoAnswer) {
			t.Errorf("got error %v, want %v", err, errNoAnswer)
		}
		if err := lastProcess(t, pidFile).Signal(syscall.Signal(0)); err == nil {
			t.Error("the hanging nvidia-smi still runs")
		}
	})
	t.Run("a child that keeps its output", func(t *testing.T) {
		pidFile := installSMI(t, "leave a child")
		p, _ := newProgram(time.Minute)
		began := time.Now()
		if _, err := p.read(t.Context()); !errors.Is(err, errNoAnswer) {
			t.Errorf("got error %v, want %v", err, errNoAnswer)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("took %v, want a second or so", took)
		}
		child := lastProcess(t, pidFile)
		if err := child.Kill(); err != nil {
			t.Errorf("end the child: %v", err)
		}
	})
}

// TestMonitorOnSMI goes all the way: PATH, process, Devices and Node, and a Run
// that ends although nvidia-smi does not.
func TestMonitorOnSMI(t *testing.T) {
	pidFile := installSMI(t, "normal")
	log, lines := newLog()
	m := New(Config{
		Log: log, ProcRoot: newProc(t, statFixture, meminfoFixture),
		nvml: func(*complaints) source { return nil },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- m.Run(ctx) }()
	want := wantNormal(true)
	devices := []wire.Device{want[0].device, want[1].device, fixtureCPU()}
	if diff := cmp.Diff(devices, m.Devices(ctx)); diff != "" {
		t.Errorf("devices (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]wire.GPU{want[0].load, want[1].load}, m.Node().GPUs); diff != "" {
		t.Errorf("loads (-want +got):\n%s", diff)
	}

	t.Setenv(fakeSMIMode, "hang")
	if err := os.Remove(pidFile); err != nil {
		t.Fatal(err)
	}
	time.Sleep(freshFor + 50*time.Millisecond)
	if diff := cmp.Diff(devices, m.Devices(ctx)); diff != "" {
		t.Errorf("devices while nvidia-smi hangs (-want +got):\n%s", diff)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	if err := lastProcess(t, pidFile).Signal(syscall.Signal(0)); err == nil {
		t.Error("Run has returned, and nvidia-smi still runs")
	}
	if diff := cmp.Diff([]string{"INFO GPUs found"}, lines.lines()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
