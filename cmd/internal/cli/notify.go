package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// Daemon is a program that serves HTTP until its context ends.
type Daemon interface {
	Run(ctx context.Context) error
	Ready() <-chan struct{} // closed when it serves
	Addr() net.Addr         // where, once it does
}

// Serve runs a daemon, and keeps the service manager informed if one started this
// process and wants to know (sd_notify(3)): that the daemon serves, that it ends,
// and in between, with a watchdog, that it is alive, which it is for as long as it
// answers GET path in time, whatever the status.
func (p Process) Serve(ctx context.Context, d Daemon, path string) error {
	n := notifier{socket: p.Getenv("NOTIFY_SOCKET"), every: p.watchdog()}
	if n.socket == "" {
		return d.Run(ctx)
	}
	running, ended := context.WithCancel(ctx)
	var group errgroup.Group
	group.Go(func() error {
		defer ended()
		return d.Run(ctx)
	})
	group.Go(func() error {
		select {
		case <-d.Ready():
		case <-running.Done():
			return nil // what Run returns says why
		}
		n.say("READY=1\nSTATUS=Serving at " + d.Addr().String())
		if n.every > 0 {
			n.watch(running, d.Addr(), path)
		}
		<-running.Done()
		n.say("STOPPING=1\nSTATUS=Ending")
		return nil
	})
	return group.Wait()
}

// watchdog is how often the service manager wants to hear that this process is
// alive, halved to be in time; 0 when it does not.
func (p Process) watchdog() time.Duration {
	us, err := strconv.ParseInt(p.Getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || us <= 0 {
		return 0
	}
	return time.Duration(us) * time.Microsecond / 2
}

// notifier tells a service manager how the process is.
type notifier struct {
	socket string // a path, or @ and an abstract name
	every  time.Duration
}

// say sends assignments, one a line. That nobody takes them is no reason to end.
func (n notifier) say(text string) {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.socket, Net: "unixgram"})
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = io.WriteString(conn, text)
}

// watch pings for as long as the daemon answers.
func (n notifier) watch(ctx context.Context, addr net.Addr, path string) {
	client := &http.Client{Timeout: n.every, Transport: &http.Transport{DisableKeepAlives: true}}
	url := "http://" + reachable(addr) + path
	tick := time.NewTicker(n.every)
	defer tick.Stop()
	for said := false; ; {
		switch err := answers(ctx, client, url); {
		case err == nil && said:
			said = false
			n.say("WATCHDOG=1\nSTATUS=Serving at " + addr.String())
		case err == nil:
			n.say("WATCHDOG=1")
		case ctx.Err() == nil:
			said = true
			n.say(fmt.Sprintf("STATUS=Does not answer GET %s: %v", path, err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// answers asks once; every status is an answer.
func answers(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return errors.Join(err, resp.Body.Close())
}

// reachable is an address of this machine at which addr is listened on.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
