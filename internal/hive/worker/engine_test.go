package worker

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// These variables make the test binary something else.
const (
	engineVariable = "FAKE_ENGINE" // an inference server; what follows are its habits
	loadVariable   = "FAKE_LOAD"   // answers 503 for so long
	dieVariable    = "FAKE_DIE"    // ends after so long, with status 3
	deafVariable   = "FAKE_DEAF"   // ignores SIGTERM
	familyVariable = "FAKE_FAMILY" // a list of children, see family
	childVariable  = "FAKE_CHILD"  // a child; what follows is its way
	lifeVariable   = "FAKE_LIFE"   // how long anything lives at most
)

// engine is a small inference server, driven over HTTP by the tests.
func engine(args []string) int {
	if os.Getenv(deafVariable) != "" {
		signal.Ignore(syscall.SIGTERM)
	}
	port := ""
	for n, arg := range args {
		if arg == "--port" && n+1 < len(args) {
			port = args[n+1]
		}
	}
	fmt.Println("engine begins", strings.Join(args, " "))
	time.AfterFunc(life(), func() { os.Exit(9) })
	for _, way := range strings.Fields(os.Getenv(familyVariable)) {
		fmt.Println("child", beget(way))
	}
	began := time.Now()
	load, _ := time.ParseDuration(os.Getenv(loadVariable))
	if d, err := time.ParseDuration(os.Getenv(dieVariable)); err == nil {
		time.AfterFunc(d, func() {
			fmt.Println("engine: out of paper")
			os.Exit(3)
		})
	}
	var inFlight, sick atomic.Int64
	var memory [][]byte
	mux := http.NewServeMux()
	mux.HandleFunc("/sick", func(_ http.ResponseWriter, r *http.Request) { // 0: well, else what health answers
		n, _ := strconv.Atoi(r.FormValue("as"))
		sick.Store(int64(n))
	})
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if n := sick.Load(); n != 0 {
			http.Error(w, "not well", int(n))
			return
		}
		if time.Since(began) < load {
			http.Error(w, `{"error":{"message":"Loading model"}}`, http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "# HELP fake:running requests\nfake:running_total 7\nfake:running{model=\"a b\"} %d\n", inFlight.Load())
	})
	mux.HandleFunc("/think", func(w http.ResponseWriter, r *http.Request) {
		inFlight.Add(1)
		defer inFlight.Add(-1)
		d, _ := time.ParseDuration(r.FormValue("for"))
		time.Sleep(d)
		fmt.Fprint(w, "42")
	})
	mux.HandleFunc("/burn", func(_ http.ResponseWriter, r *http.Request) {
		d, _ := time.ParseDuration(r.FormValue("for"))
		for end := time.Now().Add(d); time.Now().Before(end); {
		}
	})
	mux.HandleFunc("/eat", func(_ http.ResponseWriter, r *http.Request) {
		mb, _ := strconv.Atoi(r.FormValue("mb"))
		b := make([]byte, mb<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		memory = append(memory, b)
	})
	mux.HandleFunc("/say", func(_ http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.FormValue("lines"))
		out := bufio.NewWriter(os.Stdout)
		defer func() { _ = out.Flush() }()
		for i := range n {
			fmt.Fprintf(out, "%s %d\n", r.FormValue("text"), i)
		}
	})
	mux.HandleFunc("/environment", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"env": os.Environ(), "args": os.Args, "sid": sid(), "stdin": stdin()})
	})
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		fmt.Println("engine:", err)
		return 4
	}
	fmt.Println(http.Serve(l, mux), len(memory))
	return 5
}

func life() time.Duration {
	d, err := time.ParseDuration(os.Getenv(lifeVariable))
	if err != nil {
		return 3 * time.Minute
	}
	return d
}

func sid() int {
	raw, _ := os.ReadFile("/proc/self/stat")
	f := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	n, _ := strconv.Atoi(f[3])
	return n
}

func stdin() string {
	to, _ := os.Readlink("/proc/self/fd/0")
	return to
}

// beget starts a child that goes its own way, and returns the pid of the one
// that stays: "plain" stays a child, "group" has a process group of its own,
// "bare" loses its parent and environment, "away" its parent and session, and
// "lost" all three.
func beget(way string) string {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+way, engineVariable+"=")
	if way == "group" {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err.Error()
	}
	if err := cmd.Start(); err != nil {
		return err.Error()
	}
	if way == "bare" || way == "away" || way == "lost" {
		defer func() { _ = cmd.Wait() }()
	}
	line, _ := bufio.NewReader(io.LimitReader(out, 100)).ReadString('\n')
	return strings.TrimSpace(line)
}

// child is one that beget started. It never listens to SIGTERM or SIGHUP.
func child(way string) int {
	signal.Ignore(syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	if way != "bare" && way != "away" && way != "lost" {
		fmt.Println(os.Getpid())
		time.Sleep(life())
		return 0
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stdout = []string{childVariable + "=plain"}, os.Stdout
	if way == "away" {
		cmd.Env = append(os.Environ(), childVariable+"=plain")
	}
	if way != "bare" {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	}
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
	}
	return 0 // and so the grandchild has no parent
}
