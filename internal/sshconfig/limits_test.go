package sshconfig

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tree writes files below a fresh ~/.ssh and reads its config within a time
// that the race detector on a busy machine needs at most.
func tree(t *testing.T, files map[string]string) Result {
	t.Helper()
	home := t.TempDir()
	dir := filepath.Join(home, ".ssh")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	result, err := Read(filepath.Join(dir, "config"), options(home))
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	t.Logf("took %v", took)
	if limit := 20 * time.Second; took > limit {
		t.Errorf("took %v, want less than %v", took, limit)
	}
	return result
}

func probed(result Result) (names []string) {
	for _, h := range result.Hosts {
		if h.Skipped == "" {
			names = append(append(names, h.Alias), h.Aliases...)
		}
	}
	return names
}

func wantWarning(t *testing.T, result Result, part string) {
	t.Helper()
	for _, warning := range result.Warnings {
		if strings.Contains(warning, part) {
			return
		}
	}
	t.Errorf("got warnings %.500q, want one with %q", result.Warnings, part)
}

// lines repeats a text with the numbers from 0 in place of %d.
func lines(format string, n int) string {
	var text strings.Builder
	for i := range n {
		text.WriteString(strings.ReplaceAll(format, "%d", strconv.Itoa(i)))
	}
	return text.String()
}

func TestTenThousandHosts(t *testing.T) {
	shapes := map[string]map[string]string{
		"one block each":  {"config": lines("Host gpu%d\n HostName %d.lan\n", maxHosts+50) + "Host *\n User late\n"},
		"one line":        {"config": "Host" + lines(" gpu%d", maxHosts+50) + "\n User late\n"},
		"two files":       {"config": "Include a b\n", "a": lines("Host gpu%d\n", 6_000), "b": lines("Host gpu%d\n", maxHosts+50) + "Host *\n User late\n"},
		"wildcard behind": {"config": "Host" + lines(" gpu%d", maxHosts+50) + " *\n User late\n"},
	}
	for name, files := range shapes {
		t.Run(name, func(t *testing.T) {
			result := tree(t, files)
			names := probed(result)
			if len(names) != maxHosts || names[0] != "gpu0" || names[maxHosts-1] != "gpu9999" {
				t.Errorf("got %d hosts, want gpu0 to gpu9999", len(names))
			}
			if got := result.Hosts[len(result.Hosts)-1].User; got != "late" {
				t.Errorf("got user %q, want the default behind the limit", got)
			}
			wantWarning(t, result, "more than 10000 hosts")
		})
	}
}

// TestSpeed is about growth with the product of hosts and blocks, which would
// take minutes here. The best of three counts: the machine may be busy.
func TestSpeed(t *testing.T) {
	text := lines("Host gpu%d\n HostName %d.lan\n", maxHosts) + "Host *\n User late\n"
	best := time.Hour
	for range 3 {
		start := time.Now()
		if got := len(readText(t, text).Hosts); got != maxHosts {
			t.Fatalf("got %d hosts, want %d", got, maxHosts)
		}
		best = min(best, time.Since(start))
	}
	t.Logf("took %v", best)
	if best > 5*time.Second {
		t.Errorf("10,000 hosts and one Host * took %v at best, want well under a second, or 5s with the race detector", best)
	}
}

// TestHostile reads files made to take for ever or to hide a default beyond a
// limit. Whatever cannot be judged must not be probed.
func TestHostile(t *testing.T) {
	const gpu = "Host gpu\n HostName 10.0.0.1\n"
	tests := []struct {
		name    string
		files   map[string]string
		probed  int
		warning string
	}{
		{"itself", map[string]string{"config": gpu + "Match all\nInclude config\n"}, 1, "includes itself"},
		{"loop of two", map[string]string{"config": "Include a\n" + gpu, "a": "Include config\n"}, 1, "includes itself"},
		{"itself often", map[string]string{"config": gpu + "Match all\n" + lines("Include config\n", 60_000)}, 1, "includes itself"},
		{"fan out", map[string]string{
			"config": gpu + "Match all\nInclude" + lines(" a", 100) + "\n",
			"a":      "Include" + lines(" b", 100) + "\n", "b": "Include" + lines(" c", 100) + "\n", "c": "User x\n",
		}, 1, "more than 10000 files"},
		{"bytes", map[string]string{"config": gpu + "Match all\nInclude" + lines(" a", 20) + "\n", "a": strings.Repeat("#\n", 450_000)}, 1, "more than 8 MiB"},
		{"wildcards", map[string]string{"config": gpu + lines("Host x%d*\n", maxPatterns+1) + "Host *\nProxyJump b\n"}, 0, "more than 30000 patterns"},
		{"matches", map[string]string{"config": gpu + lines("Match all\n", maxPatterns+1) + "ProxyJump b\n"}, 0, "more than 30000 patterns"},
		{"empty hosts", map[string]string{"config": gpu + strings.Repeat("Host\n", 200_000) + "Host *\nProxyJump b\n"}, 0, "more than 30000 patterns"},
		{"long pattern", map[string]string{"config": gpu + "Host " + strings.Repeat("*", 1<<19) + "\nProxyJump b\n"}, 0, "longer than 1024 bytes"},
		{"backtracking", map[string]string{"config": "Host" + lines(" "+strings.Repeat("a", 90)+"%d", 8_000) + "\n" +
			"Host" + lines(" "+strings.Repeat("*a", 90)+"b%d", 200) + "\nProxyJump b\n"}, -1, "too many wildcard"},
		{"names times includes", map[string]string{"config": "Host" + lines(" g%d", 9_000) + "\n" + lines("Include a\n", 9_000), "a": "User x\n"}, -1, "too many wildcard"},
		{"long lines", map[string]string{"config": gpu + "User " + strings.Repeat("x", 900_000)}, 0, ""},
		{"long comment", map[string]string{"config": gpu + "# " + strings.Repeat("x", 900_000)}, 1, ""},
		{"long include", map[string]string{"config": gpu + "Include " + strings.Repeat("/x", 400_000)}, 0, ""},
		{"blank lines", map[string]string{"config": gpu + strings.Repeat("\n", 1_000_000)}, 1, ""},
		{"NUL", map[string]string{"config": gpu + "User a\x00b\nHost ok\n"}, 1, ""},
		{"UTF-16", map[string]string{"config": "\xff\xfeH\x00o\x00s\x00t\x00 \x00g\x00\n\x00"}, 0, ""},
		{"garbage", map[string]string{"config": gpu + "Host *\n" + strings.Repeat("\xff\xfe\x01\x02", 1_000) + "\n"}, 0, ""},
		{"many warnings", map[string]string{"config": lines("Match exec %d\n", 5_000) + gpu}, 1, "4800 further warnings left out"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := tree(t, test.files)
			if got := probed(result); test.probed >= 0 && len(got) != test.probed {
				t.Errorf("got %d probed %.200q, want %d", len(got), got, test.probed)
			}
			if test.warning != "" {
				wantWarning(t, result, test.warning)
			}
			if got := len(result.Warnings); got > maxWarnings+3 { // the urgent ones and the count come on top
				t.Errorf("got %d warnings, want a bounded number", got)
			}
		})
	}
}

// TestDepth holds that 16 levels are followed, as ssh does, and no more.
func TestDepth(t *testing.T) {
	files := map[string]string{"config": "Include level1\nHost gpu\n"}
	for i := 1; i <= 20; i++ {
		files[fmt.Sprintf("level%d", i)] = fmt.Sprintf("Include level%d\nHost host%d\n", i+1, i)
	}
	result := tree(t, files)
	if got := probed(result); len(got) != maxDepth+1 || got[0] != "host16" || got[maxDepth] != "gpu" {
		t.Errorf("got %q, want host16 to host1 and gpu", got)
	}
	wantWarning(t, result, "more than 16 levels")
}

func TestManyIncludedFiles(t *testing.T) {
	files := map[string]string{"config": "Include d*\nHost gpu\n"}
	for i := range 10_500 {
		files[fmt.Sprintf("d%05d", i)] = ""
	}
	files["d00000"], files["d10499"] = "Host first\n", "Host last\n"
	result := tree(t, files)
	if got := probed(result); len(got) != 2 || got[0] != "first" || got[1] != "gpu" {
		t.Errorf("got %q, want first and gpu", got)
	}
	wantWarning(t, result, "more than 10000 files")
}
