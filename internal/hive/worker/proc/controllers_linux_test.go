package proc

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openerVariable makes the test binary a process that opens its groups.
const openerVariable = "FAKE_OPENER"

// opened is what it found.
type opened struct {
	Dir, Own    string
	Controllers []string
	Lacks, Err  string
	Limited     string // why a worker's group could not be limited
	MemoryMax   string
}

func opener() int {
	var o opened
	g, err := OpenGroups("groups")
	if err != nil {
		o.Err = err.Error()
	} else {
		var lacks error
		if o.Controllers, lacks = g.Controllers(); lacks != nil {
			o.Lacks = lacks.Error()
		}
		o.Dir = g.Dir()
		f, err := g.Make("w")
		if err != nil {
			fmt.Println(err)
			return 1
		}
		_ = f.Close()
		if err := g.Limit("w", Limits{MemoryBytes: 64 << 20}); err != nil {
			o.Limited = err.Error()
		}
		o.MemoryMax = strings.Join(words(g.path("w"), "memory.max"), " ")
		_ = g.Remove("w")
		g.Close()
	}
	o.Own, _, _ = ownGroup()
	_ = json.NewEncoder(os.Stdout).Encode(o)
	return 0
}

// aTree makes a group in the real tree for a test; it skips where there is none
// with the controllers.
func aTree(t *testing.T) string {
	t.Helper()
	own, root, err := ownGroup()
	if err != nil {
		t.Skipf("*** NO CGROUP V2 HERE, SO LIMITS ARE NOT TESTED: %v ***", err)
	}
	if missing := without(wanted, words(own, "cgroup.controllers")); len(missing) > 0 || !root || os.Geteuid() != 0 {
		t.Skipf("*** LIMITS ARE NOT TESTED: %s (its root: %v) lacks the controllers %v, or this is not root ***", own, root, missing)
	}
	if err := handDown(own, wanted); err != nil {
		t.Skipf("*** LIMITS ARE NOT TESTED: %v ***", err)
	}
	dir := filepath.Join(own, "rbee-test-"+fmt.Sprint(os.Getpid()))
	t.Cleanup(func() {
		_ = write(dir, "cgroup.kill", "1")
		for range 100 {
			if (&Groups{dir: own}).Remove(filepath.Base(dir)) == nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("%s is left", dir)
	})
	return dir
}

// in starts a command in a group, which it makes.
func in(t *testing.T, group string, cmd *exec.Cmd) {
	t.Helper()
	if err := os.MkdirAll(group, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(group)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd.SysProcAttr = OwnSession(f)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func TestWhereTheHiveMayBe(t *testing.T) {
	tree := aTree(t)
	for _, tt := range []struct {
		name                string
		delegated, own      string // below the tree
		stranger            bool
		base, after         string // where the groups are, and the hive goes
		limits              bool
		err, lacks, limited string
	}{
		{name: "below its part", delegated: "a.service", own: "a.service/hive", base: "a.service", after: "a.service/hive", limits: true},
		{name: "in its unit", delegated: "b.service", own: "b.service", base: "b.service", after: "b.service", lacks: "DelegateSubgroup=hive", limited: "DelegateSubgroup=hive"},
		{name: "alone in its part", delegated: "c", own: "c", base: "c", after: "c/" + leaf, limits: true},
		{name: "not alone in its part", delegated: "d", own: "d", stranger: true, base: "d", after: "d", lacks: "others than the hive", limited: "others than the hive"},
		{name: "beside a stranger", delegated: "e", own: "e/hive", stranger: true, base: "e", after: "e/hive", lacks: "others than the hive", limited: "others than the hive"},
		{name: "in a unit of a manager", delegated: "f", own: "f/x.service", after: "f/x.service", err: "is not delegated"},
		{name: "in nobody's", delegated: "g", own: "h/hive", after: "h/hive", err: "is not delegated"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at := func(name string) string { return filepath.Join(tree, name) }
			if err := os.MkdirAll(at(tt.delegated), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := handDown(tree, wanted); err != nil {
				t.Fatal(err)
			}
			if err := unix.Setxattr(at(tt.delegated), "trusted.delegate", []byte("1"), 0); err != nil {
				t.Skipf("*** THIS KERNEL KEEPS NO ATTRIBUTES OF GROUPS: %v ***", err)
			}
			if tt.stranger {
				sleep := exec.Command("sleep", "60")
				in(t, at(tt.delegated), sleep)
				defer func() { _ = sleep.Process.Kill(); _ = sleep.Wait() }()
			}
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), openerVariable+"=1")
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, os.Stderr
			in(t, at(tt.own), cmd)
			if err := cmd.Wait(); err != nil {
				t.Fatalf("%v: %s", err, out.String())
			}
			var got opened
			if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
				t.Fatal(err)
			}
			if got.Own != at(tt.after) || (tt.base == "") != (got.Dir == "") || (tt.base != "" && got.Dir != at(tt.base)+"/groups") {
				t.Errorf("the hive is in %s, its workers in %s", got.Own, got.Dir)
			}
			for what, is := range map[string][2]string{"error": {got.Err, tt.err}, "lacks": {got.Lacks, tt.lacks}, "limited": {got.Limited, tt.limited}} {
				if (is[0] == "") != (is[1] == "") || !strings.Contains(is[0], is[1]) {
					t.Errorf("%s: %q, want %q", what, is[0], is[1])
				}
			}
			if has := slices.Equal(got.Controllers, wanted); has != tt.limits || (got.MemoryMax == "67108864") != tt.limits {
				t.Errorf("controllers %v, memory.max %q, want limits: %v", got.Controllers, got.MemoryMax, tt.limits)
			}
		})
	}
}
