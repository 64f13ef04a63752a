//go:build !linux

package diskfault

import (
	"fmt"
	"os/exec"
	"syscall"
)

// Submit is for Linux only.
func Submit() error { return fmt.Errorf("%w: calls fail on demand on Linux only", ErrUnable) }

// Phase is for Linux only.
func Phase(int) {}

// Supervise is for Linux only.
func Supervise(*exec.Cmd, string, func(Op) syscall.Errno) (int, *Synced, error) {
	return 0, nil, Submit()
}
