package cli

import (
	"os/user"
	"path/filepath"
)

// StatePath returns where name is kept when the user does not say:
// $XDG_STATE_HOME/rbee/name, or below ~/.local/state. The remedy names the flag
// that says it, such as "--state FILE", for a machine where neither is known.
func (p Process) StatePath(name, remedy string) (string, error) {
	// The XDG base directory specification has relative paths ignored.
	if dir := p.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "rbee", name), nil
	}
	if home := p.Home(); home != "" {
		return filepath.Join(home, ".local", "state", "rbee", name), nil
	}
	return "", Usagef("no place for the state is known, as neither XDG_STATE_HOME nor HOME is an absolute path: set %s", remedy)
}

// DataPath returns where name is kept when the user does not say:
// $XDG_DATA_HOME/rbee/name, or below ~/.local/share. The remedy is as in StatePath.
func (p Process) DataPath(name, remedy string) (string, error) {
	if dir := p.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "rbee", name), nil
	}
	if home := p.Home(); home != "" {
		return filepath.Join(home, ".local", "share", "rbee", name), nil
	}
	return "", Usagef("no place for data is known, as neither XDG_DATA_HOME nor HOME is an absolute path: set %s", remedy)
}

// SSHConfigPath returns ~/.ssh/config.
func (p Process) SSHConfigPath() (string, error) {
	if home := p.Home(); home != "" {
		return filepath.Join(home, ".ssh", "config"), nil
	}
	return "", Usagef("no SSH config is known, as HOME is not an absolute path: set --ssh-config FILE")
}

// Home is the user's directory, "" when HOME is not an absolute path.
func (p Process) Home() string {
	if home := p.Getenv("HOME"); filepath.IsAbs(home) {
		return home
	}
	return ""
}

// LoginUser is the name ssh logs in with when its config names none.
func (p Process) LoginUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	// A container may run under a number that has no name.
	if name := p.Getenv("USER"); name != "" {
		return name
	}
	return p.Getenv("LOGNAME")
}
