package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lookEvery is how often a process is looked at where the kernel cannot tell
// that it ended.
const lookEvery = 250 * time.Millisecond

// OwnSession are the attributes of a process that has no terminal and no
// signals in common with the one that starts it, and is born in the control group
// that is open in group, if that is not nil.
func OwnSession(group *os.File) *syscall.SysProcAttr {
	if group == nil {
		return &syscall.SysProcAttr{Setsid: true}
	}
	return &syscall.SysProcAttr{Setsid: true, UseCgroupFD: true, CgroupFD: int(group.Fd())}
}

// Signal sends sig to the process and to no other that has its pid since. That
// it has ended is no error.
func (id Identity) Signal(sig syscall.Signal) error {
	fd, err := unix.PidfdOpen(id.PID, 0)
	switch {
	case errors.Is(err, unix.ESRCH):
		return nil
	case err == nil:
		defer func() { _ = unix.Close(fd) }()
	}
	// Alive now means alive at the open too, so fd is of this process.
	if !id.Alive() {
		return nil
	}
	if err == nil {
		err = unix.PidfdSendSignal(fd, sig, nil, 0)
	} else {
		err = unix.Kill(id.PID, sig)
	}
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%v to %v: %w", sig, id, err)
	}
	return nil
}

// Wait returns nil when the process, which may be anybody's child, has ended,
// and does not reap it; or the error of ctx. It takes no thread while it waits.
func Wait(ctx context.Context, id Identity) error {
	if err := waitFD(ctx, id); err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for id.Alive() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// waitFD waits by a pidfd in the runtime's poller; an error says that it cannot.
func waitFD(ctx context.Context, id Identity) error {
	fd, err := unix.PidfdOpen(id.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, true); err != nil { // else the runtime does not poll it
		_ = unix.Close(fd)
		return err
	}
	f := os.NewFile(uintptr(fd), "pidfd")
	defer func() { _ = f.Close() }()
	if !id.Alive() {
		return nil
	}
	if err := f.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) })()
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	return conn.Read(func(fd uintptr) bool {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		return err == nil && n > 0
	})
}

// Punch gives the disk blocks of the first n bytes of a file back and leaves all
// offsets as they are. ErrUnsupported: this file system cannot.
func Punch(f *os.File, n int64) error {
	err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, n)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return ErrUnsupported
	}
	return err
}
