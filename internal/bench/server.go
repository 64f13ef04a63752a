package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rbee/internal/wire"
)

// Times that servers may take.
const (
	startWithin = 30 * time.Second // also with a large state file
	stopWithin  = 30 * time.Second
)

// server is a process under load.
type server struct {
	name string
	port int
	pid  int
	cmd  *exec.Cmd
	said bytes.Buffer // on stderr; read it when it has ended
	done chan struct{}
}

func (s *server) url() string { return "http://127.0.0.1:" + strconv.Itoa(s.port) }

// start starts a server and waits until it, and nobody else, answers on the
// port; 0 is any free one. It is killed when ctx ends.
func (b *bench) start(ctx context.Context, name string, port int, program string, args ...string) (*server, error) {
	var err error
	if port == 0 {
		if port, err = freePort(); err != nil {
			return nil, err
		}
	}
	s := &server{name: name, port: port, done: make(chan struct{})}
	s.cmd = exec.CommandContext(ctx, program, append(args, "--port", strconv.Itoa(port))...)
	s.cmd.Stderr = &s.said
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	s.pid = s.cmd.Process.Pid
	go func() {
		defer close(s.done)
		_ = s.cmd.Wait() // that it was killed is no news
	}()
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := s.answers(ctx); err != nil {
		s.kill()
		return nil, fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(s.said.String()))
	}
	return s, nil
}

func (s *server) answers(ctx context.Context) error {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		select {
		case <-s.done:
			return errEnded
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
		if !listens(s.pid, s.port) {
			continue
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url()+wire.PathHealth, http.NoBody)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
	}
}

// kill ends the server without a goodbye.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // it may have ended already
	<-s.done
}

// stop ends it as a user does, and says so when it ended otherwise.
func (s *server) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(stopWithin):
		s.kill()
		return fmt.Errorf("%s does not end", s.name)
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s ended with %d: %s", s.name, code, strings.TrimSpace(s.said.String()))
	}
	return nil
}

// queen starts a queen on a state file. She finds no hive by herself: there may
// be real ones on this machine.
func (b *bench) queen(ctx context.Context, state string, port int) (*server, error) {
	return b.start(ctx, "the queen", port, b.programs.queen, "--bind", "127.0.0.1", "--state", state,
		"--ssh-config", os.DevNull, "--discovery-delay", "24h", "--discovery-interval", "0", "--log-level", "error")
}

func (b *bench) floor(ctx context.Context) (*server, error) {
	return b.start(ctx, "the floor", 0, b.cfg.Self, "floor")
}

func (b *bench) lone(ctx context.Context, state string) (*server, error) {
	return b.start(ctx, "the lone writer", 0, b.cfg.Self, "lone", "--state", state)
}

// state names a new state file in a directory of its own; remove removes it.
func (b *bench) state() (path string, remove func() error, err error) {
	dir, err := os.MkdirTemp(b.dir, "state-")
	if err != nil {
		return "", nil, err
	}
	return dir + "/queen.db", func() error { return os.RemoveAll(dir) }, nil
}

// with runs f beside a server, and ends that.
func with(s *server, f func() error) error {
	defer s.kill() // whatever happens
	return errors.Join(f(), s.stop())
}
