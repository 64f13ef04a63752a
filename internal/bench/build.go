package bench

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// programs are what is measured and what loads it.
type programs struct{ queen, swarm string }

// build builds the programs as the Makefile does, into dir.
func build(ctx context.Context, goCommand, dir string) (programs, error) {
	p := programs{queen: filepath.Join(dir, "queen-rbee"), swarm: filepath.Join(dir, "rbee-swarm")}
	for _, path := range []string{p.queen, p.swarm} {
		cmd := exec.CommandContext(ctx, goCommand, "build", "-buildvcs=false", "-trimpath", "-o", path, "rbee/cmd/"+filepath.Base(path))
		cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return p, fmt.Errorf("build %s: %w\n%s", filepath.Base(path), err, out)
		}
	}
	return p, nil
}
