package proc

import "path/filepath"

// Groups are control groups (cgroup v2), one for each worker, in a part of the
// tree that was handed to this program. No process leaves its group unless it may
// write to the tree. Nil has no groups, and all its methods do nothing.
type Groups struct{ dir string }

// Dir is where the groups are; empty when there are none.
func (g *Groups) Dir() string {
	if g == nil {
		return ""
	}
	return g.dir
}

func (g *Groups) path(id string) string { return filepath.Join(g.dir, id) }
