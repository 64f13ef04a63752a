package cli

import (
	"bytes"
	"os"
	"testing"

	"github.com/spf13/cobra"
	"go.uber.org/goleak"
)

// TestMain lets the test binary be the child process of the tests of signals.
func TestMain(m *testing.M) {
	if act := os.Getenv("RBEE_TEST_CHILD"); act != "" {
		os.Exit(child(act))
	}
	goleak.VerifyTestMain(m)
}

// ran is what one Execute came to.
type ran struct {
	code           int
	stdout, stderr string
}

// execute runs the command with arguments and an environment.
func execute(t *testing.T, cmd *cobra.Command, env map[string]string, args ...string) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := Process{
		Args:   args,
		Stdin:  bytes.NewReader(nil),
		Stdout: &stdout, Stderr: &stderr,
		LookupEnv: func(name string) (string, bool) { value, set := env[name]; return value, set },
	}
	code := Execute(t.Context(), "RBEE_PROBE", p, cmd)
	return ran{code, stdout.String(), stderr.String()}
}
