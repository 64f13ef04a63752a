package proc

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// Listens says whether somebody listens on a TCP port of any address. A port that
// cannot be bound need not be one: what is left of connections holds it for a
// minute where the program that had it set SO_REUSEPORT and not SO_REUSEADDR, as
// llama-server does.
func Listens(port int) (bool, error) {
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		found, err := listensIn(name, fmt.Sprintf(":%04X", port))
		if found || (err != nil && !os.IsNotExist(err)) { // without IPv6 there is no second file
			return found, err
		}
	}
	return false, nil
}

// listensIn looks for a local address that ends so in one of the kernel's tables.
func listensIn(name, suffix string) (bool, error) {
	const local, state, listening = 1, 3, "0A"
	file, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) > state && f[state] == listening && strings.HasSuffix(f[local], suffix) {
			return true, nil
		}
	}
	return false, lines.Err()
}
