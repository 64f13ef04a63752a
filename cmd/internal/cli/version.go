package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Version of the programs, and the commit they were built from: set with
// -ldflags "-X rbee/cmd/internal/cli.Version=…". The version may carry the
// commit behind a '+'.
var (
	Version = "0.1.0"
	Commit  = ""
)

// Build is what a program says of itself.
type Build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"` // "unknown" when nobody stamped it
	Go      string `json:"go"`
}

// ThisBuild describes the running program.
func ThisBuild() Build {
	version, stamped, _ := strings.Cut(Version, "+")
	b := Build{Version: version, Commit: "unknown", Go: runtime.Version()}
	for _, commit := range []string{Commit, stamped, vcsRevision()} {
		if commit != "" {
			b.Commit = commit
			break
		}
	}
	return b
}

// VersionLine is the answer to --version.
func VersionLine(program string) string {
	b := ThisBuild()
	return fmt.Sprintf("%s %s (commit %s, %s)", program, b.Version, b.Commit, b.Go)
}

// vcsRevision is what go build and go install stamp by themselves.
func vcsRevision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(len(s.Value), 12)]
		}
	}
	return ""
}
