package metrics

import (
	"bytes"
	"os"
	"runtime"
	rt "runtime/metrics"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// started is about when the process was.
var started = time.Now() //nolint:gochecknoglobals // of a process there is one

// Program writes which program this is, and what it takes of its machine, under
// the names that Go programs use; prefix is rbee_queen or rbee_hive. A version is
// VERSION or VERSION+COMMIT.
func (p *Page) Program(prefix, version string) {
	version, commit, _ := strings.Cut(version, "+")
	p.Gauge(prefix+"_build_info", "The program that answers; always 1.").
		Is(1, "version", version, "commit", commit, "goversion", runtime.Version())
	p.golang()
	p.process()
}

// golang is what the runtime knows without stopping anything.
func (p *Page) golang() {
	samples := []rt.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	rt.Read(samples)
	value := func(i int) float64 { return float64(samples[i].Value.Uint64()) }
	p.Gauge("go_goroutines", "Goroutines that exist.").Is(float64(runtime.NumGoroutine()))
	p.Gauge("go_memstats_alloc_bytes", "Bytes of the heap in use.").Is(value(0))
	p.Counter("go_memstats_alloc_bytes_total", "Bytes ever taken from the heap.").Is(value(1))
	p.Gauge("go_memstats_sys_bytes", "Bytes got from the system, those given back included.").Is(value(2))
	p.Gauge("go_memstats_heap_released_bytes", "Bytes given back to the system.").Is(value(3))
	p.Counter("go_gc_cycles_total", "Collections of garbage.").Is(value(4))
}

// process is what the system knows; what it does not tell is left out.
func (p *Page) process() {
	p.Gauge("process_start_time_seconds", "When the process started, in Unix seconds.").When(started)
	var used unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &used) == nil {
		p.Counter("process_cpu_seconds_total", "CPU time used, of user and system.").
			Is(float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9)
	}
	var files unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &files) == nil {
		p.Gauge("process_max_fds", "File descriptors that may be open.").Is(float64(files.Cur))
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		p.Gauge("process_open_fds", "File descriptors that are open.").Is(float64(len(open) - 1)) // less the one that looks
	}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := bytes.Fields(text); len(fields) > 1 {
			p.pages("process_virtual_memory_bytes", "Addresses in use.", fields[0])
			p.pages("process_resident_memory_bytes", "Memory in use.", fields[1])
		}
	}
}

// pages writes a number of pages in bytes.
func (p *Page) pages(name, help string, text []byte) {
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		p.Gauge(name, help).Is(float64(n) * float64(os.Getpagesize()))
	}
}
