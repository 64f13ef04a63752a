package hive

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// These variables make the test binary an inference server: it answers 503 for
// the time in the second, or ends with an error if that is "never"; with "talks"
// it says a lot before it serves.
const (
	engineVariable = "FAKE_ENGINE"
	loadVariable   = "FAKE_LOAD"
)

// talk is how much that is, in lines of 1 KiB.
const talk = 16 << 10

func engine(args []string) int {
	fmt.Println("engine begins:", strings.Join(args, " "))
	fmt.Println("[ERROR] an engine's own words")
	time.AfterFunc(time.Minute, func() { os.Exit(9) })
	if os.Getenv(loadVariable) == "never" {
		fmt.Println("out of paper")
		return 3
	}
	if os.Getenv(loadVariable) == "talks" {
		out := bufio.NewWriter(os.Stdout)
		for n := range talk {
			fmt.Fprintf(out, "%d %s\n", n, strings.Repeat("x", 1<<10-10))
		}
		_ = out.Flush()
	}
	began := time.Now()
	load, _ := time.ParseDuration(os.Getenv(loadVariable))
	port := ""
	for n, arg := range args {
		if arg == "--port" {
			port = args[n+1]
		}
	}
	fmt.Println(http.ListenAndServe("127.0.0.1:"+port, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if time.Since(began) < load {
			http.Error(w, "loading", http.StatusServiceUnavailable)
		}
	})))
	return 4
}
