package bench

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"rbee/internal/wire"
)

// takeEvery is how often the readers take what has come.
const takeEvery = 50 * time.Millisecond

// audience is readers of the stream who take what comes and look at none of it.
// They share the machine with the queen, so they cost as little as can be: one
// goroutine takes from all sockets in turn, and nobody is woken for an event.
type audience struct {
	sockets []int
	group   sync.WaitGroup
	leaving chan struct{}

	// To be read after leave.
	dropped int   // readers that the queen hung up on
	first   int64 // bytes that the first one got
}

// listen connects so many readers.
func (a *audience) listen(port, readers int) error {
	a.leaving = make(chan struct{})
	for range readers {
		socket, err := subscribe(port)
		if err != nil {
			a.leave()
			return fmt.Errorf("read the stream: %w", err)
		}
		a.sockets = append(a.sockets, socket)
	}
	a.group.Go(a.take)
	return nil
}

func subscribe(port int) (socket int, err error) {
	socket, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", wire.PathStream, port)
	err = unix.Connect(socket, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	if err == nil {
		_, err = unix.Write(socket, []byte(request))
	}
	if err == nil {
		err = unix.SetNonblock(socket, true)
	}
	if err != nil {
		return 0, errors.Join(err, unix.Close(socket))
	}
	return socket, nil
}

// take takes what comes until the readers leave.
func (a *audience) take() {
	buf := make([]byte, 256<<10)
	gone := make([]bool, len(a.sockets))
	tick := time.NewTicker(takeEvery)
	defer tick.Stop()
	for {
		for i, socket := range a.sockets {
			if gone[i] {
				continue
			}
			n, open := drainSocket(socket, buf)
			if i == 0 {
				a.first += n
			}
			if !open {
				gone[i] = true
				a.dropped++
			}
		}
		select {
		case <-tick.C:
		case <-a.leaving:
			return
		}
	}
}

// drainSocket takes all that has come, and tells whether more may.
func drainSocket(socket int, buf []byte) (taken int64, open bool) {
	for {
		n, err := unix.Read(socket, buf)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return taken, true
		case err != nil, n == 0:
			return taken, false
		}
		taken += int64(n)
		if n < len(buf) {
			// The last chunk of an answer is an empty one; two ends of a line in
			// a row come nowhere else but after the headers.
			return taken, !bytes.HasSuffix(buf[:n], []byte("0\r\n\r\n"))
		}
	}
}

// leave ends the reading.
func (a *audience) leave() {
	close(a.leaving)
	a.group.Wait()
	for _, socket := range a.sockets {
		_ = unix.Close(socket) // nothing was written that could be lost
	}
}
