package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Exit codes. The last three are the queen's, about its state file.
const (
	ExitOK     = 0
	ExitFailed = 1
	ExitUsage  = 2 // the command line or the environment is wrong
	ExitState  = 3 // damaged, foreign, or newer than the program
	ExitLocked = 4 // locked by another queen
	ExitDisk   = 5 // cannot be read or written
)

// ExitError is an error that decides the exit code; any other is ExitFailed.
type ExitError struct {
	Code int
	Err  error
}

// Error is the error within.
func (e *ExitError) Error() string { return e.Err.Error() }

// Unwrap gives the error within.
func (e *ExitError) Unwrap() error { return e.Err }

// Usagef is an error of usage, reported with a hint to --help.
func Usagef(format string, args ...any) error {
	return &ExitError{Code: ExitUsage, Err: fmt.Errorf(format, args...)}
}

// ExitCode is the exit code an error stands for.
func ExitCode(err error) int {
	var exit *ExitError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &exit):
		return exit.Code
	default:
		return ExitFailed
	}
}

// report says err in one line and returns its exit code.
func report(w io.Writer, program, command string, err error) int {
	line := program + ": " + oneLine(err.Error())
	code := ExitCode(err)
	if code == ExitUsage {
		line += fmt.Sprintf(" (try '%s --help')", command)
	}
	fmt.Fprintln(w, line)
	return code
}

// oneLine makes one line of several, as errors.Join writes them.
func oneLine(s string) string {
	lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return Printable(strings.Join(lines, "; "))
}
