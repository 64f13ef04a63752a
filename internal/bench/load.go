package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"rbee/internal/swarm"
)

// load is an rbee-swarm at work.
type load struct {
	cmd         *exec.Cmd
	told, moans bytes.Buffer
}

// startLoad sends a swarm to a server.
func (b *bench) startLoad(ctx context.Context, s *server, args ...string) (*load, error) {
	l := &load{}
	l.cmd = exec.CommandContext(ctx, b.programs.swarm, append([]string{"--queen", s.url(), "-o", "json", "--log-level", "error"}, args...)...)
	l.cmd.Stdout, l.cmd.Stderr = &l.told, &l.moans
	return l, l.cmd.Start()
}

// report waits for the end of the swarm.
func (l *load) report() (*swarm.Report, error) {
	if err := l.cmd.Wait(); err != nil {
		return nil, fmt.Errorf("rbee-swarm: %w: %s", err, strings.TrimSpace(l.moans.String()))
	}
	r := new(swarm.Report)
	if err := json.Unmarshal(l.told.Bytes(), r); err != nil {
		return nil, fmt.Errorf("read the figures of rbee-swarm: %w", err)
	}
	if r.Accepted == 0 {
		return nil, errors.New("rbee-swarm: no heartbeat was accepted while figures were taken")
	}
	return r, nil
}

// busyLoad loads a server with connections that send again once answered.
func (b *bench) busyLoad(ctx context.Context, s *server, connections int) (*swarm.Report, error) {
	ramp := b.sizes.ramp(connections)
	l, err := b.startLoad(ctx, s, "--busy", strconv.Itoa(connections), "--pid", strconv.Itoa(s.pid),
		"--ramp", ramp.String(), "--warmup", (ramp + b.sizes.busyWarm).String(), "--duration", b.sizes.busyFor.String())
	if err != nil {
		return nil, err
	}
	return l.report()
}

// rhythm starts hives that beat once a second, measured for so long once all
// have had time to register.
func (b *bench) rhythm(ctx context.Context, s *server, hives int, measured time.Duration, args ...string) (*load, error) {
	ramp := b.sizes.ramp(hives)
	return b.startLoad(ctx, s, append([]string{
		"--hives", strconv.Itoa(hives), "--pid", strconv.Itoa(s.pid),
		"--ramp", ramp.String(), "--warmup", (ramp + b.sizes.settle).String(), "--duration", measured.String(),
	}, args...)...)
}

// pause waits, but not beyond the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// refused is how many heartbeats that began while figures were taken got
// anything but a 200.
func refused(r *swarm.Report) float64 { return float64(r.Attempted - r.Accepted) }
