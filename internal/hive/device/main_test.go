package device

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"rbee/internal/wire"
)

// TestMain lets this binary stand in for nvidia-smi, see fakeSMI.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "nvidia-smi" {
		os.Exit(fakeSMI(os.Getenv(fakeSMIMode), os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// logged keeps what is logged at Info and above, one "LEVEL message" a line.
type logged struct {
	slog.Handler
	mu  *sync.Mutex
	out *bytes.Buffer
}

func newLog() (*slog.Logger, *logged) {
	l := &logged{mu: &sync.Mutex{}, out: &bytes.Buffer{}}
	return slog.New(l), l
}

func (l *logged) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (l *logged) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out.WriteString(r.Level.String() + " " + r.Message + "\n")
	return nil
}

func (l *logged) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSuffix(l.out.String(), "\n"), "\n")
}

func newComplaints() (*complaints, *logged) {
	log, lines := newLog()
	return &complaints{log: log, said: map[string]bool{}}, lines
}

// A proc file system of two processors, a quarter of their time at work since
// boot, and 16 GiB of which 6 are used.
const (
	statFixture = `cpu  100 20 80 500 100 10 30 10 50 0
cpu0 50 10 40 250 50 5 15 5 25 0
cpu1 50 10 40 250 50 5 15 5 25 0
intr 1 1
ctxt 1
btime 1700000000
processes 1
procs_running 1
procs_blocked 0
softirq 10 1 1 1 1 1 1 1 1 1 1
`
	meminfoFixture = `MemTotal:       16777216 kB
MemFree:         1048576 kB
MemAvailable:   10485760 kB
Buffers:         2097152 kB
Cached:          3145728 kB
`
)

// newProc returns a directory with these files of proc; empty leaves one out.
func newProc(t *testing.T, stat, meminfo string) string {
	t.Helper()
	dir := t.TempDir()
	writeProc(t, dir, "stat", stat)
	writeProc(t, dir, "meminfo", meminfo)
	return dir
}

func writeProc(t *testing.T, dir, name, text string) {
	t.Helper()
	if text == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fixtureCPU is CPU-0 of the fixture.
func fixtureCPU() wire.Device {
	return wire.Device{ID: "CPU-0", Name: "CPU (2 cores)", DeviceType: "cpu", VRAMGB: new(int64(16))}
}

// fake is a source under the test's control.
type fake struct {
	mu     sync.Mutex
	reads  int
	closes int
	answer func(ctx context.Context) ([]gpu, error)
}

func (f *fake) read(ctx context.Context) ([]gpu, error) {
	f.mu.Lock()
	f.reads++
	answer := f.answer
	f.mu.Unlock()
	return answer(ctx)
}

func (f *fake) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closes++
}

func (f *fake) becomes(answer func(context.Context) ([]gpu, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *fake) count() (reads, closes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reads, f.closes
}

// has answers with GPUs of these names, 24564 MiB each.
func has(names ...string) func(context.Context) ([]gpu, error) {
	return func(context.Context) ([]gpu, error) {
		var gpus []gpu
		for i, name := range names {
			gpus = append(gpus, newGPU(i, name, "8.9", new(uint64(24564<<20)), new(uint64(8123<<20))))
		}
		return gpus, nil
	}
}

func fails(err error) func(context.Context) ([]gpu, error) {
	return func(context.Context) ([]gpu, error) { return nil, err }
}

// hangs answers nothing until release is closed, whatever ctx says.
func hangs(release <-chan struct{}) func(context.Context) ([]gpu, error) {
	return func(ctx context.Context) ([]gpu, error) {
		<-release
		return has("after the hang")(ctx)
	}
}
