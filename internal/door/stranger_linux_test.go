package door

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// machineVariable makes the test binary a machine of its own, in a network
// namespace: it serves and asks as its standard input says.
const machineVariable = "DOOR_TEST_MACHINE"

func init() { //nolint:gochecknoinits // TestMain is other systems' too
	if os.Getenv(machineVariable) != "" {
		machine()
		os.Exit(0)
	}
}

// machine does "serve ADDRESS" and "ask FROM TO", and answers each in a line.
func machine() {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		words := strings.Fields(in.Text())
		switch {
		case len(words) == 2 && words[0] == "serve":
			ln, err := Listen(context.Background(), words[1])
			if err != nil {
				fmt.Println(err)
				continue
			}
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, FromThisMachine(r)) })
			go func() { _ = Serve(context.Background(), ln, h, 0, quiet) }()
			fmt.Println("serves")
		case len(words) == 3 && words[0] == "ask":
			fmt.Println(askFrom(words[1], words[2]))
		default:
			fmt.Println("what is", words)
		}
	}
}

// askFrom asks the server at to from an address that need not be ours.
func askFrom(from, to string) string {
	transparent := func(_, _ string, c syscall.RawConn) (err error) {
		if ctl := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_TRANSPARENT, 1) }); ctl != nil {
			return ctl
		}
		return err
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Control: transparent, Timeout: 1500 * time.Millisecond}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: dialer.DialContext}}
	resp, err := client.Get("http://" + to)
	if err != nil {
		return "no connection: " + err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	return string(body)
}

// newMachine starts one. It returns what tells it something, and its pid.
func newMachine(t *testing.T) (tell func(string) string, pid string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), machineVariable+"=1")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("*** NO NETWORK NAMESPACES HERE, SO STRANGERS ON THE NETWORK ARE NOT TESTED: %v ***", err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	lines := bufio.NewReader(out)
	return func(what string) string {
		t.Helper()
		if _, err := fmt.Fprintln(in, what); err != nil {
			t.Fatal(err)
		}
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(line)
	}, strconv.Itoa(cmd.Process.Pid)
}

// Two machines on a wire. The other one is a stranger, and cannot pass for ours
// by writing its address on what it sends.
func TestAStrangerOnTheNetwork(t *testing.T) {
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("*** THE PROGRAM ip IS NOT INSTALLED, SO STRANGERS ON THE NETWORK ARE NOT TESTED ***")
	}
	ours, us := newMachine(t)
	theirs, them := newMachine(t)
	run := func(command string) {
		t.Helper()
		words := strings.Fields(command)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			t.Skipf("*** STRANGERS ON THE NETWORK ARE NOT TESTED: %s: %v: %s ***", command, err, out)
		}
	}
	run("ip link add us netns " + us + " type veth peer name them netns " + them)
	for _, at := range []struct{ pid, device, address string }{{us, "us", "10.9.0.1/24"}, {us, "us", "10.9.0.3/24"}, {them, "them", "10.9.0.2/24"}} {
		in := "nsenter --net=/proc/" + at.pid + "/ns/net ip "
		run(in + "addr add " + at.address + " dev " + at.device)
		run(in + "link set " + at.device + " up")
		run(in + "link set lo up")
	}
	for _, address := range []string{"10.9.0.1:80", "0.0.0.0:81", "10.9.0.3:82"} {
		if got := ours("serve " + address); got != "serves" {
			t.Fatal(got)
		}
	}
	for _, tt := range []struct {
		who        func(string) string
		name, asks string
		want       string
	}{
		{ours, "a program here", "ask 10.9.0.1 10.9.0.1:80", "true"},
		{ours, "by the second address of the interface", "ask 10.9.0.3 10.9.0.3:82", "true"},
		{ours, "over the loopback", "ask 127.0.0.1 127.0.0.1:81", "true"},
		{ours, "where all addresses are listened on", "ask 10.9.0.1 10.9.0.1:81", "false"},
		{theirs, "a stranger", "ask 10.9.0.2 10.9.0.1:80", "false"},
		{theirs, "a stranger, where all are", "ask 10.9.0.2 10.9.0.1:81", "false"},
		{theirs, "under our address", "ask 10.9.0.1 10.9.0.1:80", "no connection"},
		{theirs, "under our other address", "ask 10.9.0.3 10.9.0.1:80", "no connection"},
		{theirs, "under an address of the loopback", "ask 127.0.0.1 10.9.0.1:80", "no connection"},
	} {
		if got := tt.who(tt.asks); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s: %q, want %q", tt.name, tt.asks, got, tt.want)
		} else {
			t.Logf("%s: %s: %s", tt.name, tt.asks, got)
		}
	}
}
