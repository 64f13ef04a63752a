package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// ticksPerSecond is what the kernel tells times in; it is the same on all
// architectures that Go runs on.
const ticksPerSecond = 100

var pageSize = int64(os.Getpagesize())

// bootID is read once: this process does not outlive a boot.
var bootID = sync.OnceValues(func() (string, error) {
	raw, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(raw)), err
})

// Read looks at every process that /proc shows.
func Read() (*Table, error) {
	boot, err := bootID()
	if err != nil {
		return nil, err
	}
	at := time.Now()
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	t := &Table{Boot: boot, At: at, All: make([]Process, 0, len(names)), byID: make(map[int]int, len(names))}
	buf := make([]byte, 1024)
	for _, name := range names {
		if name[0] < '0' || name[0] > '9' {
			continue
		}
		raw, err := readSmall("/proc/"+name+"/stat", buf)
		if err != nil {
			continue // it has ended
		}
		p, err := parseStat(raw)
		if err != nil {
			return nil, fmt.Errorf("/proc/%s/stat: %w", name, err)
		}
		t.byID[p.PID] = len(t.All)
		t.All = append(t.All, p)
	}
	return t, nil
}

// readSmall reads a file of /proc into buf without the cost of an os.File.
func readSmall(path string, buf []byte) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(fd) }()
	for {
		n, err := unix.Read(fd, buf)
		if !errors.Is(err, unix.EINTR) {
			return buf[:max(n, 0)], err
		}
	}
}

// parseStat reads a line of /proc/PID/stat. The name in it may hold anything,
// brackets and line ends too: what follows counts from the last bracket.
func parseStat(raw []byte) (Process, error) {
	open, end := bytes.IndexByte(raw, '('), bytes.LastIndexByte(raw, ')')
	if open < 0 || end < open {
		return Process{}, fmt.Errorf("%q has no name in brackets", raw)
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(raw[:open])))
	f := bytes.Fields(raw[end+1:]) // f[0] is field 3
	if err != nil || len(f) < 22 {
		return Process{}, fmt.Errorf("%q has no pid or only %d fields", raw, len(f)+2)
	}
	bad := false
	number := func(field int) int64 {
		n, err := strconv.ParseInt(string(f[field-3]), 10, 64)
		bad = bad || err != nil
		return n
	}
	p := Process{
		PID: pid, Parent: int(number(4)), Session: int(number(6)),
		CPUTicks: uint64(number(14) + number(15)), RSSBytes: number(24) * pageSize,
	}
	p.Start, err = strconv.ParseUint(string(f[22-3]), 10, 64)
	// The first thread of a process that lives on in others is a zombie too.
	p.Ended = f[0][0] == 'X' || (f[0][0] == 'Z' && number(20) < 2)
	if bad || err != nil {
		return Process{}, fmt.Errorf("%q has a field that is no number", raw)
	}
	return p, nil
}

// Identify returns who has this pid now.
func Identify(pid int) (Identity, error) {
	boot, err := bootID()
	if err != nil {
		return Identity{}, err
	}
	raw, err := readSmall("/proc/"+strconv.Itoa(pid)+"/stat", make([]byte, 1024))
	if err != nil {
		return Identity{}, err
	}
	p, err := parseStat(raw)
	return Identity{PID: pid, Start: p.Start, Boot: boot}, err
}

// Alive says whether the process is there and has not ended.
func (id Identity) Alive() bool {
	if boot, err := bootID(); err != nil || boot != id.Boot {
		return false
	}
	raw, err := readSmall("/proc/"+strconv.Itoa(id.PID)+"/stat", make([]byte, 1024))
	if err != nil {
		return false
	}
	p, err := parseStat(raw)
	return err == nil && p.Start == id.Start && !p.Ended
}

// Uptime is how long ago the process started.
func (id Identity) Uptime() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0
	}
	return max(0, time.Duration(now.Nano())-time.Duration(id.Start)*time.Second/ticksPerSecond)
}

// CPUTime turns ticks into time.
func CPUTime(ticks uint64) time.Duration { return time.Duration(ticks) * time.Second / ticksPerSecond }

// Mine says whether the process belongs to the user that this one runs as.
func Mine(pid int) bool {
	var st unix.Stat_t
	return unix.Stat("/proc/"+strconv.Itoa(pid), &st) == nil && int(st.Uid) == os.Geteuid()
}

// IO returns the bytes that the process has had from and given to storage.
func IO(pid int) (read, written int64, err error) {
	raw, err := readSmall("/proc/"+strconv.Itoa(pid)+"/io", make([]byte, 512))
	if err != nil {
		return 0, 0, err
	}
	for line := range bytes.Lines(raw) {
		name, value, _ := bytes.Cut(line, []byte(": "))
		n, _ := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
		switch string(name) {
		case "read_bytes":
			read = n
		case "write_bytes":
			written = n
		}
	}
	return read, written, nil
}

// Variable returns the value of a variable in the environment that the process
// was started with; empty when it has none, or may not be looked at.
func Variable(pid int, name string) string {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return ""
	}
	want := []byte(name + "=")
	value := ""
	for pair := range bytes.SplitSeq(raw, []byte{0}) {
		if v, ok := bytes.CutPrefix(pair, want); ok {
			value = string(v)
		}
	}
	return value
}
