//go:build unix

package sshconfig

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkOwner refuses a file of anybody but this user and root: its owner could
// otherwise steer what this user's queen dials.
func checkOwner(path string, info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid == 0 || int(stat.Uid) == os.Getuid() {
		return nil
	}
	return fmt.Errorf("ssh config %s belongs to uid %d, neither this user nor root: chown %d %[1]s", shown(path), stat.Uid, os.Getuid())
}
