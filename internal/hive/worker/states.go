package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

const (
	askLoading = 250 * time.Millisecond // between two questions while it loads
	askServing = 2 * time.Second        // and while it serves
	askDrained = 250 * time.Millisecond

	// bornWithin is what a process may take from its birth to its own environment.
	bornWithin = time.Second

	firstBackoff  = time.Second
	mostBackoff   = time.Minute
	failureWindow = 10 * time.Minute
	mostFailures  = 10 // within the window: one more, and it is given up
)

// starting starts the process.
func (w *worker) starting(ctx context.Context) stateFunc {
	w.next = time.Time{}
	w.publish(wire.WorkerStarting, "")
	switch err := w.start(ctx); {
	case err == nil:
		return w.loading
	case errors.Is(err, ErrStateDir), errors.Is(err, ErrNoPort): // may pass
		return w.failed(ctx, err.Error())
	default:
		return w.end(ctx, wire.WorkerFailed, err.Error())
	}
}

// watched begins with a process that an earlier hive started.
func (w *worker) watched(next stateFunc) stateFunc {
	return func(ctx context.Context) stateFunc {
		w.log.Info("Worker adopted", "pid", w.rec.Process.PID, "port", w.rec.Port)
		w.watch(ctx)
		return next
	}
}

// loading waits until the engine serves.
func (w *worker) loading(ctx context.Context) stateFunc {
	w.publish(wire.WorkerStarting, "")
	answers, done := poll(ctx, askLoading, func(ctx context.Context) error {
		return w.fleet.ask.health(ctx, w.rec.Port, w.rec.Kind.Health)
	})
	defer done()
	within := w.rec.Kind.ReadyTimeout
	late := time.NewTimer(within)
	defer late.Stop()
	for last := error(nil); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-w.gone:
			return w.crashed
		case o := <-w.orders:
			return w.obey(o, w.stopping)
		case <-late.C:
			w.sweep(ctx)
			return w.end(ctx, wire.WorkerFailed, fmt.Sprintf("it was not ready within %v (%v); its last words: %s",
				within, last, lastLines(w.logPath())))
		case last = <-answers:
			if last == nil {
				w.rec.Ready = true
				w.saveOrWarn()
				return w.serving
			}
			w.publish(wire.WorkerStarting, last.Error())
		}
	}
}

// serving watches a worker that serves.
func (w *worker) serving(ctx context.Context) stateFunc {
	w.publish(wire.WorkerReady, "")
	answers, done := poll(ctx, w.fleet.every, w.askServing)
	defer done()
	state, p := wire.WorkerReady, pulse{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.gone:
			return w.crashed
		case o := <-w.orders:
			return w.obey(o, w.draining)
		case a := <-answers:
			switch {
			case a.err != nil: // an engine may be too busy to say so
			case a.busy:
				state = wire.WorkerBusy
			default:
				state = wire.WorkerReady
			}
			was := p.unhealthy()
			p = p.after(a.health, a.err == nil && a.busy, time.Now())
			is := p.unhealthy()
			w.publish(state, is)
			switch {
			case was == "" && is != "":
				w.log.Warn("Worker unhealthy", "pid", w.rec.Process.PID, "port", w.rec.Port, "reason", is)
			case was != "" && is == "":
				w.log.Info("Worker healthy again", "pid", w.rec.Process.PID, "port", w.rec.Port)
			}
			if w.rec.Spec.Restart == catalog.RestartOnFailure && p.hopeless(w.rec.Kind.UnhealthyRestart, time.Now()) {
				return w.ailing(is)
			}
		}
	}
}

// servingAnswer is what one round of questions to a worker that serves came to.
type servingAnswer struct {
	health error
	busyAnswer
}

// askServing asks one thing after the other, and does not ask who is not there
// how busy he is.
func (w *worker) askServing(ctx context.Context) (a servingAnswer) {
	a.health = w.fleet.ask.health(ctx, w.rec.Port, w.rec.Kind.Health)
	if _, alive, _ := weigh(a.health); !alive {
		a.err = a.health
		return a
	}
	if w.rec.Kind.Busy.Path != "" {
		a.busyAnswer = w.askBusy(ctx)
	}
	return a
}

// ailing ends a worker that serves nobody any more, so that it is started again.
func (w *worker) ailing(why string) stateFunc {
	return func(ctx context.Context) stateFunc {
		w.publish(wire.WorkerStopping, why)
		return w.quit(ctx, func(ctx context.Context) stateFunc {
			if !w.sweep(ctx) {
				return nil
			}
			return w.failed(ctx, fmt.Sprintf("it was ended because it was %s; then: %s", why, w.reap().what))
		})
	}
}

type busyAnswer struct {
	busy bool
	err  error
}

func (w *worker) askBusy(ctx context.Context) busyAnswer {
	busy, err := w.fleet.ask.busy(ctx, w.rec.Port, w.rec.Kind.Busy)
	return busyAnswer{busy, err}
}

// obey leads to where an order does; stop is where a stop goes from this state.
func (w *worker) obey(o order, stop stateFunc) stateFunc {
	w.rec.Stopping = true
	w.saveOrWarn() // a hive that ends now leaves the rest to the next
	if o == orderKill {
		return w.killing
	}
	return stop
}

// draining lets requests in flight end. Nobody keeps new ones away.
func (w *worker) draining(ctx context.Context) stateFunc {
	if w.rec.Kind.Drain <= 0 {
		return w.stopping
	}
	w.publish(wire.WorkerDraining, "")
	var answers <-chan busyAnswer
	if w.rec.Kind.Busy.Path != "" {
		var done func()
		answers, done = poll(ctx, askDrained, w.askBusy)
		defer done()
	}
	late := time.NewTimer(w.rec.Kind.Drain)
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.gone:
			return w.killing
		case o := <-w.orders:
			if o == orderKill {
				return w.killing
			}
		case <-late.C:
			return w.stopping
		case a := <-answers:
			if a.err == nil && !a.busy {
				return w.stopping
			}
		}
	}
}

// stopping asks the process to end. What it leaves behind is killed.
func (w *worker) stopping(ctx context.Context) stateFunc {
	w.publish(wire.WorkerStopping, "")
	return w.quit(ctx, w.killing)
}

// quit asks the process to end, and leads on when it has, or had its time. An
// order meanwhile is that the end be for good.
func (w *worker) quit(ctx context.Context, then stateFunc) stateFunc {
	if err := w.rec.Process.Signal(w.rec.Kind.StopSignal); err != nil {
		w.log.Warn("Worker cannot be signalled", "error", err)
	}
	late := time.NewTimer(w.rec.Kind.StopGrace)
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.gone:
			return then
		case <-late.C:
			return then
		case o := <-w.orders:
			if then = w.obey(o, w.killing); o == orderKill {
				return then
			}
		}
	}
}

// killing ends every process of the worker.
func (w *worker) killing(ctx context.Context) stateFunc {
	w.publish(wire.WorkerStopping, "")
	if !w.sweep(ctx) {
		return nil
	}
	return w.end(ctx, wire.WorkerExited, "stopped: "+w.reap().what)
}

// crashed follows the end of a process that nobody asked for.
func (w *worker) crashed(ctx context.Context) stateFunc {
	if !w.sweep(ctx) { // the next start needs the port and the memory
		return nil
	}
	how := w.reap()
	if how.clean {
		return w.end(ctx, wire.WorkerExited, "it ended by itself: "+how.what)
	}
	if starved := outOfMemory(w.fleet.groups.OOM(w.rec.ID), w.rec.Kind.Limits.MemoryBytes); starved != "" {
		return w.failed(ctx, starved+" ("+how.what+")")
	}
	return w.failed(ctx, "it ended by itself: "+how.what)
}

// cutOff begins when an earlier hive ended between the two records of a start.
// Its process, if there is one, may be so young that it has no token yet.
func (w *worker) cutOff(ctx context.Context) stateFunc {
	for end := time.Now().Add(bornWithin); ; {
		t, err := proc.Read()
		if err != nil {
			w.log.Warn("Processes of a worker cannot be looked for", "error", err)
			return w.lost
		}
		if w.rec.Process = rootOf(t, w.fleet.marked(t)[w.rec.ID]); w.rec.Process != nil {
			w.saveOrWarn()
			if w.rec.Stopping {
				return w.watched(w.stopping)
			}
			return w.watched(w.loading)
		}
		if time.Now().After(end) {
			return w.lost
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(askLoading):
		}
	}
}

// lost follows when a process ended, or never began, while no hive watched.
func (w *worker) lost(ctx context.Context) stateFunc {
	if !w.sweep(ctx) {
		return nil
	}
	what := "it ended while no hive was watching, its exit status is unknown"
	if starved := outOfMemory(w.fleet.groups.OOM(w.rec.ID), w.rec.Kind.Limits.MemoryBytes); starved != "" {
		what += "; " + starved
	}
	if w.rec.Stopping {
		return w.end(ctx, wire.WorkerExited, what)
	}
	return w.failed(ctx, what)
}

// failed asks the restart policy what follows.
func (w *worker) failed(ctx context.Context, what string) stateFunc {
	if said := lastLines(w.logPath()); said != "" {
		what += "; its last words: " + said
	}
	if w.rec.Spec.Restart == catalog.RestartNever {
		return w.end(ctx, wire.WorkerFailed, what)
	}
	now := time.Now()
	w.failures = slices.DeleteFunc(w.failures, func(at time.Time) bool { return now.Sub(at) >= failureWindow })
	w.failures = append(w.failures, now)
	n := len(w.failures)
	if n > mostFailures {
		return w.end(ctx, wire.WorkerFailed, fmt.Sprintf("given up after %d failures in %v: %s", n, failureWindow, what))
	}
	w.rec.Process, w.cmd = nil, nil
	w.next = now.Add(backoff(n)).UTC()
	w.saveOrWarn()
	w.publish(wire.WorkerFailed, what)
	return w.waiting
}

// backoff is how long the n-th failure in a row delays the next start.
func backoff(n int) time.Duration { return min(firstBackoff<<min(n-1, 10), mostBackoff) }

// waiting lets the backoff pass.
func (w *worker) waiting(ctx context.Context) stateFunc {
	again := time.NewTimer(time.Until(w.next))
	defer again.Stop()
	select {
	case <-ctx.Done():
		return nil
	case <-w.orders:
		return w.end(ctx, wire.WorkerExited, "stopped while it waited to be started again")
	case <-again.C:
		w.rec.Restarts++
		return w.starting
	}
}

// orphaned is a process that carries our token and has no readable record. It is
// shown, and ends by itself or when somebody says so.
func (w *worker) orphaned(ctx context.Context) stateFunc {
	select {
	case <-ctx.Done():
		return nil
	case <-w.gone:
		return w.end(ctx, wire.WorkerExited, "it ended by itself, its exit status is unknown")
	case o := <-w.orders:
		return w.obey(o, w.stopping)
	}
}

// orphanKind is how a process is stopped that nobody has a record of.
func orphanKind() catalog.Kind {
	return catalog.Kind{Name: "unknown", StopSignal: syscall.SIGTERM, StopGrace: 10 * time.Second, Restart: catalog.RestartNever}
}

// poll asks over and over, one question at a time, until done is called or ctx
// ends: at once, and then at full multiples of every, so that the questions to many
// workers wake the hive once and not once each.
func poll[T any](ctx context.Context, every time.Duration, ask func(context.Context) T) (answers <-chan T, done func()) {
	ctx, cancel := context.WithCancel(ctx)
	c, ended := make(chan T), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			answer := ask(ctx)
			select {
			case c <- answer:
			case <-ctx.Done():
				return
			}
			select {
			case <-time.After(time.Until(time.Now().Truncate(every).Add(every))):
			case <-ctx.Done():
				return
			}
		}
	}()
	return c, func() {
		cancel()
		<-ended
	}
}
