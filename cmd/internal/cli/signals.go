package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// SignalError is the cause (context.Cause) of a context that a signal ended.
type SignalError struct{ Signal os.Signal }

// Error names the signal.
func (e *SignalError) Error() string { return fmt.Sprintf("received %s", e.Signal) }

// WithSignals runs the function with a context that the first SIGINT or SIGTERM
// cancels, and returns what it returns. So does the end of the terminal (SIGHUP),
// unless nohup has the program ignore it. A second signal ends the process at once
// with 128 plus its number, as a shell reports a process that a signal killed.
func WithSignals(ctx context.Context, run func(context.Context) int) int {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	got := make(chan os.Signal, 2)
	signal.Notify(got, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(got, syscall.SIGHUP)
	}
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case s := <-got:
			cancel(&SignalError{Signal: s})
		case <-done:
			return
		}
		select {
		case s := <-got:
			os.Exit(signalCode(s))
		case <-done:
		}
	})
	defer watch.Wait()
	defer close(done)
	defer signal.Stop(got)
	return run(ctx)
}

func signalCode(s os.Signal) int {
	if number, ok := s.(syscall.Signal); ok {
		return 128 + int(number)
	}
	return ExitFailed
}
