//go:build !linux

package swarm

import (
	"errors"
	"net/netip"
	"time"
)

var errElsewhere = errors.New("a swarm runs on Linux only")

type poller struct{}

func newPoller() (*poller, error) { return nil, errElsewhere }

func (*poller) add(int, uint64) error      { return errElsewhere }
func (*poller) wait(int) (int, error)      { return 0, errElsewhere }
func (*poller) event(int) (uint64, bool)   { return 0, false }
func (*poller) close()                     {}
func listen(netip.AddrPort) (int, error)   { return -1, errElsewhere }
func accept(int) (int, error)              { return -1, errElsewhere }
func socketError(int) error                { return errElsewhere }
func readSocket(int, []byte) (int, error)  { return 0, errElsewhere }
func writeSocket(int, []byte) (int, error) { return 0, errElsewhere }
func closeSocket(int)                      {}
func cpuTime() time.Duration               { return 0 }
func fileLimit() int                       { return 0 }

func dial(netip.Addr, netip.AddrPort) (int, error) { return -1, errElsewhere }
