package bench

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// programs are what is measured and what loads it.
type programs struct{ queen, swarm, hive string }

// build builds the programs as the Makefile does.
func (b *bench) build(ctx context.Context) (programs, error) {
	dir := b.dir
	p := programs{queen: filepath.Join(dir, "queen-rbee"), swarm: filepath.Join(dir, "rbee-swarm")}
	needed := []string{p.queen, p.swarm}
	if b.cfg.Hive {
		p.hive = filepath.Join(dir, "rbee-hive")
		needed = []string{p.queen, p.hive}
	}
	for _, path := range needed {
		cmd := exec.CommandContext(ctx, b.cfg.Go, "build", "-buildvcs=false", "-trimpath", "-o", path, "rbee/cmd/"+filepath.Base(path))
		cmd.Env = cmd.Environ()
		if path != p.hive { // which has NVML, if the Makefile finds a C compiler
			cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			return p, fmt.Errorf("build %s: %w\n%s", filepath.Base(path), err, out)
		}
	}
	return p, nil
}
