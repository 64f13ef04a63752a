package bench

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Servers listen between these ports: below those that the kernel gives to
// connections, so that none of the load's takes the port of a queen who is
// about to start again.
const (
	lowPort  = 20_000
	highPort = 32_000
)

// freePort finds a port that nobody listens on. That the server then is the one
// who does, and nobody else, is seen by listens.
func freePort() (int, error) {
	var err error
	for range 50 {
		port := lowPort + rand.IntN(highPort-lowPort)
		var ln *net.TCPListener
		if ln, err = net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err == nil {
			return port, ln.Close()
		}
	}
	return 0, fmt.Errorf("no free port found: %w", err)
}

// listens tells whether the process itself listens on the port.
func listens(pid, port int) bool {
	const listening = "0A"
	file, err := os.Open("/proc/net/tcp")
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	sockets := map[string]bool{}
	suffix := fmt.Sprintf(":%04X", port)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) > 9 && strings.HasSuffix(f[1], suffix) && f[3] == listening {
			sockets["socket:["+f[9]+"]"] = true
		}
	}
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, name := range files {
		if target, err := os.Readlink(name); err == nil && sockets[target] {
			return true
		}
	}
	return false
}

// written is how many bytes the process has had written to disks, as the kernel
// counts them: in whole pages. NaN where it does not.
func written(pid int) float64 {
	n, err := strconv.ParseFloat(field(fmt.Sprintf("/proc/%d/io", pid), "write_bytes"), 64)
	if err != nil {
		return math.NaN()
	}
	return n
}

// errEnded means that a server ended before anybody told it to.
var errEnded = errors.New("it ended by itself")
