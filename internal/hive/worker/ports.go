package worker

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"rbee/internal/hive/worker/proc"
)

// PortRange is the first and the last port that workers may have.
type PortRange struct{ From, To int }

// ports hands out ports, each to one worker at a time.
type ports struct {
	host string
	all  PortRange

	mu    sync.Mutex
	next  int
	taken map[int]string // worker ids
}

func newPorts(host string, all PortRange) *ports {
	return &ports{host: host, all: all, next: all.From, taken: map[int]string{}}
}

// take reserves a port that nobody listens on. It goes round, so that a port
// just given back is the last to be taken again; want, if not 0, comes first.
func (p *ports) take(ctx context.Context, id string, want int) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if want != 0 && (p.taken[want] == "" || p.taken[want] == id) && p.left(ctx, want) {
		p.taken[want] = id
		return want, nil
	}
	for range p.all.To - p.all.From + 1 {
		port := p.next
		if p.next++; p.next > p.all.To {
			p.next = p.all.From
		}
		if p.taken[port] == "" && p.free(ctx, port) {
			if p.taken[want] == id {
				delete(p.taken, want)
			}
			p.taken[port] = id
			return port, nil
		}
	}
	return 0, fmt.Errorf("%w: all of %d to %d are taken by workers or other programs: stop some, or widen the range",
		ErrNoPort, p.all.From, p.all.To)
}

// keep reserves the port of a worker that was adopted.
func (p *ports) keep(port int, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken[port] = id
}

// giveBack ends a reservation.
func (p *ports) giveBack(port int, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken[port] == id {
		delete(p.taken, port)
	}
}

// free says whether any program could listen on the port.
func (p *ports) free(ctx context.Context, port int) bool {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(p.host, strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// left says whether nobody listens on the port any more. Connections of the
// program that did may still be on it, and do not hinder that program.
func (p *ports) left(ctx context.Context, port int) bool {
	if p.free(ctx, port) {
		return true
	}
	held, err := proc.Listens(port)
	return err == nil && !held
}

// becomesFree waits a little for the port of a worker that has ended.
func (p *ports) becomesFree(ctx context.Context, port int, within time.Duration) bool {
	for end := time.Now().Add(within); ; {
		if p.left(ctx, port) {
			return true
		}
		if ctx.Err() != nil || time.Now().After(end) {
			return false
		}
		time.Sleep(20 * time.Millisecond)
	}
}
