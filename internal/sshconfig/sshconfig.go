package sshconfig

import (
	"errors"
	"io/fs"
	"os"
)

// Host is one target with its aliases, or one skipped alias.
type Host struct {
	// Alias is the first alias in file order. One that holds characters which
	// cannot be shown safely is given as a quoted Go string and skipped.
	Alias string
	// Aliases are the others with the same hostname and hive port, in file
	// order; empty, never nil. A skipped host has none: each skipped alias is
	// a Host of its own.
	Aliases []string
	// Hostname is the name or address to dial: HostName with %h expanded, the
	// alias itself when the file names none, without the brackets of [::1].
	// Empty when what the file says is no host name (then Skipped says so).
	Hostname string
	// User is the login name, Options.LoginUser when the file names none.
	User string
	// SSHPort is the port of sshd, 22 when the file names none.
	SSHPort int
	// HivePort is the port to probe: `# rbee: port=N` or
	// Options.DefaultHivePort.
	HivePort int
	// Skipped is the reason why the host is not probed; empty when it is.
	Skipped string
	// Marked says that a Host block naming the alias itself, not by a
	// wildcard, carries a `# rbee:` comment. That allows a public address,
	// also one found when the name is resolved later.
	Marked bool
}

// Options are what the file itself does not say.
type Options struct {
	// DefaultHivePort is the port of hosts without `# rbee: port=N`.
	DefaultHivePort int
	// LoginUser is the local user's name, for hosts without User and for
	// Match user and Match localuser.
	LoginUser string
	// Home is the directory that ~ means in Include; relative Includes are
	// under Home/.ssh. Empty: such Includes are passed over with a warning.
	Home string
	// DiscoverPublic allows public addresses everywhere.
	DiscoverPublic bool
}

// Result is what a file says.
type Result struct {
	// Hosts are in the file order of their first aliases.
	Hosts []Host
	// Warnings name what was passed over, each with file and line and what to
	// do about it. They are made for people; a program must not parse them.
	Warnings []string
}

// Bounds on what one Read takes in, Includes and all. They hold the time below
// about a second whatever the files contain.
const (
	maxFileBytes  = 1 << 20
	maxTotalBytes = 8 << 20
	maxFiles      = 10_000
	maxDepth      = 16 // as OpenSSH's READCONF_MAX_DEPTH
	maxHosts      = 10_000
	maxPatterns   = 30_000
	maxValueBytes = 1_024
	maxGlobNames  = 100_000
	maxWarnings   = 200
	maxSteps      = 100_000_000 // characters compared while matching
)

// Read reads the file and what it includes. A missing file is an empty result
// (as is the null device); a directory, an unreadable file, one over 1 MiB or
// one that others may write is an error naming the path and the remedy.
func Read(path string, opts Options) (Result, error) {
	w := newWalk(opts)
	if path == os.DevNull {
		return w.result(nil), nil
	}
	if err := w.file(path, nil); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Result{}, err
	}
	return w.result(judge(w)), nil
}

func (w *walk) result(hosts []Host) Result {
	if hosts == nil {
		hosts = []Host{}
	}
	return Result{Hosts: hosts, Warnings: w.warnings.list()}
}
