package diskfault

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// watched are the calls that are asked about, by what they are in Op.
var watched = map[uint32]string{
	unix.SYS_WRITE: "write", unix.SYS_PWRITE64: "write", unix.SYS_WRITEV: "write", unix.SYS_PWRITEV: "write",
	unix.SYS_FSYNC: "sync", unix.SYS_FDATASYNC: "sync",
	unix.SYS_FTRUNCATE: "truncate", unix.SYS_FALLOCATE: "truncate",
}

// listenerFD is where the supervised program finds the socket to its supervisor.
const listenerFD = 3

// Submit lets the process that Supervise started be supervised from now on. The
// kernel then asks the supervisor before each call that changes a file.
func Submit() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("%w: no_new_privs: %w", ErrUnable, err)
	}
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}} // the number of the call
	for nr := range watched {
		filter = append(filter,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: nr, Jf: 1},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF})
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	const flags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_TSYNC |
		unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	listener, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return fmt.Errorf("%w: seccomp: %w", ErrUnable, errno)
	}
	return unix.Sendmsg(listenerFD, []byte{1}, unix.UnixRights(int(listener)), nil, 0)
}

// Phase tells the supervisor that the program is in another phase. It does so by
// a call that the kernel refuses.
func Phase(n int) { _ = unix.Ftruncate(-1, int64(n)) }

// Supervise runs a program that calls Submit, and decides about each write, sync
// and truncation that it makes on files below dir, in their order over all
// threads. When a sync fails, what was not synced of that file is lost, as on a
// disk that fails. It returns how many calls that were, and what was synced in
// the end.
func Supervise(cmd *exec.Cmd, dir string, decide func(Op) syscall.Errno) (int, *Synced, error) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return 0, nil, err
	}
	synced, err := newSynced(dir)
	if err != nil {
		return 0, nil, err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, err
	}
	theirs := os.NewFile(uintptr(pair[1]), "supervisor")
	defer func() { _ = unix.Close(pair[0]) }()
	cmd.ExtraFiles = []*os.File{theirs}
	runtime.LockOSThread() // the program is to end with its supervisor, which for the kernel is this thread
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err = cmd.Start()
	_ = theirs.Close()
	if err != nil {
		return 0, nil, err
	}
	s := supervisor{dir: dir, synced: synced, decide: decide, kill: cmd.Process.Kill}
	if s.listener, err = receive(pair[0]); err == nil {
		err = s.run()
		_ = unix.Close(s.listener)
	}
	if err != nil {
		_ = cmd.Process.Kill() // it may be waiting for an answer
	}
	return s.n, synced, errors.Join(err, cmd.Wait())
}

// receive takes the listener that Submit sends.
func receive(socket int) (listener int, err error) {
	oob := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(socket, make([]byte, 1), oob, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return 0, err
	}
	messages, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil || len(messages) == 0 {
		return 0, fmt.Errorf("%w: the program was not supervised: %w", ErrUnable, err)
	}
	rights, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return 0, err
	}
	return rights[0], nil
}

type supervisor struct {
	listener int
	dir      string
	synced   *Synced
	decide   func(Op) syscall.Errno
	kill     func() error
	n, phase int
}

// notification and response are the kernel's.
type notification struct {
	id         uint64
	pid, flags uint32
	nr         int32
	arch       uint32
	ip         uint64
	args       [6]uint64
}

type response struct {
	id    uint64
	val   int64
	err   int32
	flags uint32
}

// run answers until the program has ended.
func (s *supervisor) run() error {
	for {
		fds := []unix.PollFd{{Fd: int32(s.listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		if fds[0].Revents&unix.POLLIN == 0 {
			if fds[0].Revents != 0 {
				return nil // it has ended
			}
			continue
		}
		var asked notification
		if err := s.ioctl(unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&asked)); err != nil {
			continue // the one who asked was killed
		}
		answer := response{id: asked.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
		errno, err := s.judge(&asked)
		if err != nil {
			return err
		}
		if errno == Kill {
			if err := s.kill(); err != nil {
				return err
			}
			continue // nobody waits for an answer
		}
		if errno != 0 {
			answer.flags, answer.err = 0, -int32(errno)
		}
		if err := s.ioctl(unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&answer)); err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
}

func (s *supervisor) ioctl(request uintptr, arg unsafe.Pointer) error {
	for {
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(s.listener), request, uintptr(arg)); errno == 0 {
			return nil
		} else if errno != unix.EINTR {
			return errno
		}
	}
}

func (s *supervisor) judge(asked *notification) (answer syscall.Errno, err error) {
	fd := int32(asked.args[0])
	if fd < 0 {
		s.phase = int(asked.args[1])
		return 0, nil
	}
	link := fmt.Sprintf("/proc/%d/fd/%d", asked.pid, fd)
	name := s.name(link)
	if name == "" {
		return 0, nil
	}
	s.n++
	kind := watched[uint32(asked.nr)]
	if answer = s.decide(Op{N: s.n, Phase: s.phase, Kind: kind, Name: name}); answer == Kill {
		return answer, nil //nolint:nilerr // this Errno is no error of ours
	}
	err = s.synced.see(kind, link, answer)
	if answer == Lie {
		answer = 0
	}
	return answer, err
}

// name is that of the file that the link leads to, "" if it is not below the
// directory, or if whoever had it was killed.
func (s *supervisor) name(link string) string {
	path, err := os.Readlink(link)
	if err != nil {
		return ""
	}
	name, err := filepath.Rel(s.dir, path)
	if err != nil || strings.HasPrefix(name, "..") {
		return ""
	}
	return name
}
