//go:build !linux

package proc

import (
	"context"
	"os"
	"syscall"
	"time"
)

// Read answers ErrUnsupported.
func Read() (*Table, error) { return nil, ErrUnsupported }

// Identify answers ErrUnsupported.
func Identify(int) (Identity, error) { return Identity{}, ErrUnsupported }

// Alive says no.
func (id Identity) Alive() bool { return false }

// Uptime is unknown.
func (id Identity) Uptime() time.Duration { return 0 }

// Signal answers ErrUnsupported.
func (id Identity) Signal(syscall.Signal) error { return ErrUnsupported }

// CPUTime turns ticks into time.
func CPUTime(ticks uint64) time.Duration { return time.Duration(ticks) * time.Second / 100 }

// Mine says no.
func Mine(int) bool { return false }

// IO answers ErrUnsupported.
func IO(int) (read, written int64, err error) { return 0, 0, ErrUnsupported }

// Listens answers ErrUnsupported.
func Listens(int) (bool, error) { return false, ErrUnsupported }

// Variable knows nothing.
func Variable(int, string) string { return "" }

// OwnSession are no attributes.
func OwnSession(*os.File) *syscall.SysProcAttr { return nil }

// OpenGroups answers ErrUnsupported.
func OpenGroups(string) (*Groups, error) { return nil, ErrUnsupported }

// Make answers ErrUnsupported.
func (g *Groups) Make(string) (*os.File, error) { return nil, ErrUnsupported }

// IDs are none.
func (g *Groups) IDs() []string { return nil }

// Members are none.
func (g *Groups) Members(string) []int { return nil }

// Maybe knows nobody.
func (g *Groups) Maybe(int) string { return "" }

// Kill does nothing.
func (g *Groups) Kill(string) error { return nil }

// Close does nothing.
func (g *Groups) Close() {}

// Remove does nothing.
func (g *Groups) Remove(string) error { return nil }

// Limit answers ErrUnsupported.
func (g *Groups) Limit(string, Limits) error { return ErrUnsupported }

// Able answers ErrUnsupported.
func (g *Groups) Able(Limits) error { return ErrUnsupported }

// Usage knows nothing.
func (g *Groups) Usage(string, bool) (Usage, bool) { return Usage{}, false }

// OOM knows nothing.
func (g *Groups) OOM(string) OOM { return OOM{} }

// Wait answers ErrUnsupported.
func Wait(context.Context, Identity) error { return ErrUnsupported }

// Punch answers ErrUnsupported.
func Punch(*os.File, int64) error { return ErrUnsupported }
