// Package diskfault does to a program what disks do: it replays power cuts from
// the program's own system calls, and has the kernel fail the calls of a
// running one. For tests of whoever promises that something is on the disk; only
// tests import it.
package diskfault

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
)

// ErrUnable says that this machine lacks what a harness needs: a program, a
// privilege, a kernel. The test is then skipped, and says so.
var ErrUnable = errors.New("this machine cannot do that")

// traced are the calls that change files, and those that say which file a
// descriptor is. What is in the second line is not understood by Disk, which
// fails when it meets one.
const traced = "trace=openat,?open,?creat,close,write,pwrite64,lseek,fsync,fdatasync,ftruncate,?rename,?renameat,renameat2,?unlink,unlinkat,?mkdir,mkdirat," +
	"mmap,writev,pwritev,?pwritev2,truncate,fallocate,copy_file_range,sendfile,sync_file_range,dup,?dup2,dup3,?link,linkat,?rmdir"

// Call is one system call. Start and End are the places in the trace at which
// it began and had returned: calls of several threads overlap.
type Call struct {
	Name       string
	Args       []string // as strace writes them, strings in hexadecimal
	Start, End int
	Result     int64 // -1: it failed
}

// never is the End of a call that did not return.
const never = int(^uint(0) >> 1)

// Record runs the program under strace, with its system calls written to the
// file trace.
func Record(ctx context.Context, cmd *exec.Cmd, trace string) error {
	strace, err := exec.LookPath("strace")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnable, err)
	}
	if out, err := exec.CommandContext(ctx, strace, "-o", trace, "true").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: strace may not trace: %w: %s", ErrUnable, err, out)
	}
	cmd.Args = append([]string{strace, "-f", "-qq", "-e", "signal=none", "-xx", "-s", "1048576", "-e", traced, "-o", trace, "--", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = strace
	return cmd.Run()
}

// Parse reads what strace wrote.
func Parse(trace io.Reader) (calls []Call, err error) {
	lines := bufio.NewReaderSize(trace, 1<<20)
	begun := map[string]int{} // by thread: its call that has not returned yet
	for place := 0; ; place++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return calls, nil
		}
		if err != nil {
			return nil, err
		}
		thread, text, _ := strings.Cut(string(bytes.TrimSpace(line)), " ")
		text = strings.TrimSpace(text)
		if rest, found := strings.CutPrefix(text, "<... "); found {
			_, rest, _ = strings.Cut(rest, " resumed>")
			i, found := begun[thread]
			if !found {
				return nil, fmt.Errorf("line %d of the trace: %q was never begun", place+1, text)
			}
			delete(begun, thread)
			if err := calls[i].returned(rest, place); err != nil {
				return nil, err
			}
			continue
		}
		name, rest, found := strings.Cut(text, "(")
		if !found || strings.HasPrefix(text, "+++") {
			continue // the end of a thread
		}
		call := Call{Name: name, Start: place, End: never, Result: -1}
		if args, unfinished := strings.CutSuffix(rest, "<unfinished ...>"); unfinished {
			call.Args = strings.Split(strings.TrimRight(args, ", "), ", ")
			begun[thread] = len(calls)
		} else if err := call.returned(rest, place); err != nil {
			return nil, err
		}
		calls = append(calls, call)
	}
}

// returned reads the end of a call: "arg, arg) = result".
func (c *Call) returned(text string, place int) error {
	i := strings.LastIndex(text, ") ")
	_, result, found := strings.Cut(text[max(i, 0):], "= ")
	if i < 0 || !found {
		return fmt.Errorf("line %d of the trace: %.80q is no system call", place+1, text)
	}
	if c.Args == nil {
		c.Args = strings.Split(text[:i], ", ")
	}
	c.End = place
	result, _, _ = strings.Cut(result, " ")
	if result == "?" { // the process ended within
		c.End = never
		return nil
	}
	var err error
	if c.Result, err = strconv.ParseInt(result, 0, 64); err != nil {
		return fmt.Errorf("line %d of the trace: %w", place+1, err)
	}
	return nil
}

// text reads a string argument.
func (c *Call) text(arg int) ([]byte, error) {
	quoted, found := strings.CutPrefix(c.arg(arg), `"`)
	quoted, whole := strings.CutSuffix(quoted, `"`)
	if !found || !whole {
		return nil, fmt.Errorf("argument %d of %s is no whole string: %.40s", arg, c.Name, c.arg(arg))
	}
	return hex.DecodeString(strings.ReplaceAll(quoted, `\x`, ""))
}

// number reads a number, or a descriptor.
func (c *Call) number(arg int) (int64, error) { return strconv.ParseInt(c.arg(arg), 0, 64) }

func (c *Call) arg(i int) string {
	if i >= len(c.Args) {
		return ""
	}
	return c.Args[i]
}
