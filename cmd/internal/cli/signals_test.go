package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// child is a daemon run through Main: "clean" ends when its context does,
// "stuck" never does.
func child(act string) int {
	os.Args = os.Args[:1]
	return Main("RBEE_CHILD", func(p Process) *cobra.Command {
		return &cobra.Command{Use: "child-rbee", RunE: func(cmd *cobra.Command, _ []string) error {
			fmt.Fprintln(p.Stdout, "ready")
			<-cmd.Context().Done()
			fmt.Fprintln(p.Stdout, context.Cause(cmd.Context()))
			if act == "stuck" {
				select {}
			}
			return nil
		}}
	})
}

func TestSignals(t *testing.T) {
	if _, err := os.Executable(); err != nil {
		t.Fatalf("the test binary cannot run itself: %v", err)
	}
	tests := []struct {
		name, act string
		first     syscall.Signal
		second    syscall.Signal // 0: none
		says      string
		want      int
	}{
		{"SIGTERM ends the context", "clean", syscall.SIGTERM, 0, "received terminated", 0},
		{"Ctrl-C ends the context", "clean", syscall.SIGINT, 0, "received interrupt", 0},
		{"the end of the terminal ends the context", "clean", syscall.SIGHUP, 0, "received hangup", 0},
		{"a second SIGINT ends at once", "stuck", syscall.SIGTERM, syscall.SIGINT, "received terminated", 130},
		{"a second SIGTERM ends at once", "stuck", syscall.SIGTERM, syscall.SIGTERM, "received terminated", 143},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, os.Args[0])
			cmd.Env = append(os.Environ(), "RBEE_TEST_CHILD="+tt.act)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			expect := func(want string) {
				t.Helper()
				if lines.Scan(); lines.Text() != want {
					t.Errorf("the child says %q, want %q", lines.Text(), want)
				}
			}
			expect("ready")
			if err := cmd.Process.Signal(tt.first); err != nil {
				t.Fatal(err)
			}
			expect(tt.says)
			if tt.second != 0 {
				if err := cmd.Process.Signal(tt.second); err != nil {
					t.Fatal(err)
				}
			}
			err = cmd.Wait()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if got := cmd.ProcessState.ExitCode(); got != tt.want || ctx.Err() != nil {
				t.Errorf("exit code %d (%v), want %d; stderr %q", got, ctx.Err(), tt.want, stderr.String())
			}
		})
	}
}

// A function that ends by itself leaves no goroutine (TestMain looks) and no
// context.
func TestWithSignalsEnds(t *testing.T) {
	var within context.Context
	code := WithSignals(t.Context(), func(ctx context.Context) int {
		within = ctx //nolint:fatcontext // looked at after the call, which is the point
		return 7
	})
	if code != 7 || within.Err() == nil {
		t.Errorf("got code %d and context %v, want 7 and an ended one", code, within.Err())
	}
}
