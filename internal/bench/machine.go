package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// fact is one line about where the figures come from.
type fact struct{ name, value string }

// machine says what the figures were taken on.
func machine(dir string, files uint64) []fact {
	facts := []fact{
		{"CPU", fmt.Sprintf("%s, %d cores", orUnknown(field("/proc/cpuinfo", "model name")), runtime.NumCPU())},
		{"memory", orUnknown(field("/proc/meminfo", "MemTotal"))},
		{"kernel", kernel()},
		{"Go", runtime.Version()},
		{"file system of the state", filesystem(dir)},
		{"open files allowed", fmt.Sprint(files)},
	}
	return append(facts, fact{"load average at the start", loadAverage()})
}

// loadAverage is that of 1, 5 and 15 minutes.
func loadAverage() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	f := strings.Fields(string(raw))
	return strings.Join(f[:min(3, len(f))], " ")
}

// occupied tells whether the machine has had something else to do.
func occupied(load string) bool {
	last, _, _ := strings.Cut(load, " ")
	v, err := strconv.ParseFloat(last, 64)
	return err == nil && v > float64(runtime.NumCPU())/4
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}

// field reads the first value of a key in a file of lines "key: value".
func field(file, key string) string {
	raw, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(raw)) {
		k, v, _ := strings.Cut(line, ":")
		if strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func kernel() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}

// filesystem is the type of the mount that a directory lies in.
func filesystem(dir string) string {
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		dir = target
	}
	dir, _ = filepath.Abs(dir) // the working directory is there, we were started in it
	raw, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "unknown"
	}
	best, kind := "", "unknown"
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		if len(f) < 3 {
			continue
		}
		at := strings.TrimSuffix(f[1], "/")
		if (dir == at || strings.HasPrefix(dir, at+"/")) && len(at) >= len(best) {
			best, kind = at, f[2]
		}
	}
	return kind
}

// openFiles is how many files a program started from here may raise itself to.
func openFiles() uint64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return limit.Max
}
