package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rbee/internal/hive"
	"rbee/internal/metrics/metricstest"
	"rbee/internal/wire"
)

// measured is a machine whose GPU tells everything.
type measured struct{ machine }

func (measured) Node() *wire.Node {
	return &wire.Node{CPUPct: 12.5, RAMUsedMB: 100, RAMTotalMB: 200, GPUs: []wire.GPU{
		{ID: "GPU-0", UtilPct: new(64.0), VRAMUsedMB: new(int64(8123)), VRAMTotalMB: new(int64(24564)), TempC: new(66.0), PowerW: new(210.0)},
	}}
}

// exposed is what a queen and a hive with all there can be answer to GET /metrics.
type exposed []metricstest.Scrape

func scrapeBoth(t *testing.T) (both exposed) {
	inVirtualTime(t, func(t *testing.T, w *world) {
		w.queen("10.0.0.1", "queen.db", nil)
		w.hive("10.0.0.2", "box", func(c *hive.Config) {
			c.QueenURL, c.Machine = new("http://10.0.0.1:7833"), measured{}
		})
		w.at(10 * time.Second)
		client := &http.Client{Transport: &http.Transport{DialContext: w.net.Dialer("10.0.0.3"), DisableKeepAlives: true}}
		for _, at := range []string{"10.0.0.1:7833", "10.0.0.2:7835"} {
			resp, err := client.Get("http://" + at + wire.PathMetrics)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			s, err := metricstest.Read(resp.Header.Get("Content-Type"), text)
			if err != nil {
				t.Errorf("%s: %v", at, err)
			}
			both = append(both, s)
		}
	})
	return both
}

// of is the scrape that has a metric.
func (e exposed) of(name string) (metricstest.Scrape, bool) {
	for _, s := range e {
		if s.Kind(name) != "" {
			return s, true
		}
	}
	return metricstest.Scrape{}, false
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("../..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// metricRow is a row of a table of docs/metrics.md: name, type, labels.
var metricRow = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (counter|gauge|histogram) \\| ([^|]*) \\|")

func TestMetricsAreDocumented(t *testing.T) {
	both := scrapeBoth(t)
	documented := map[string]bool{}
	for _, row := range metricRow.FindAllStringSubmatch(read(t, "docs/metrics.md"), -1) {
		name, kind, labels := row[1], row[2], strings.Fields(strings.NewReplacer("`", "", ",", "").Replace(row[3]))
		if documented[name] {
			t.Errorf("%s is documented twice", name)
		}
		documented[name] = true
		s, there := both.of(name)
		if !there {
			t.Errorf("%s is documented, and no daemon has it", name)
			continue
		}
		slices.Sort(labels)
		if got := s.Labels(name); s.Kind(name) != kind || !slices.Equal(got, labels) {
			t.Errorf("%s is a %s with the labels %v, documented as a %s with %v", name, s.Kind(name), got, kind, labels)
		}
	}
	for _, s := range both {
		for _, name := range s.Names() {
			if !documented[name] {
				t.Errorf("%s is not in docs/metrics.md", name)
			}
		}
	}
}

var (
	metricUse    = regexp.MustCompile(`\b((?:rbee|process|go)_[a-z_]+)\b(?:\{([^}]*)\})?`)
	labelUse     = regexp.MustCompile(`([a-z_]+)(=~|!~|!=|=)"([^"]*)"`)
	groupingUse  = regexp.MustCompile(`\b(?:by|on) \(([^)]*)\)`)
	ofPrometheus = []string{"job", "instance", "hive", "le"} // labels that no daemon sets
)

// misused lists what an expression asks for and no daemon has: metrics, labels,
// and the values that labels are compared with.
func (e exposed) misused(expr string) (wrong []string) {
	var labels []string
	for _, use := range metricUse.FindAllStringSubmatch(expr, -1) {
		name := use[1]
		base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
		s, there := e.of(base)
		if !there || (base != name) != (s.Kind(base) == "histogram") {
			wrong = append(wrong, "metric "+name)
			continue
		}
		labels = append(labels, s.Labels(base)...)
		for _, l := range labelUse.FindAllStringSubmatch(use[2], -1) {
			if slices.Contains(ofPrometheus, l[1]) {
				continue
			}
			for value := range strings.SplitSeq(l[3], "|") {
				if !slices.Contains(s.Values(base, l[1]), value) {
					wrong = append(wrong, fmt.Sprintf("%s of %s: %q", l[1], name, value))
				}
			}
		}
	}
	for _, g := range groupingUse.FindAllStringSubmatch(expr, -1) {
		for label := range strings.SplitSeq(g[1], ", ") {
			if !slices.Contains(labels, label) && !slices.Contains(ofPrometheus, label) {
				wrong = append(wrong, "label "+label)
			}
		}
	}
	return wrong
}

func TestMisuseIsFound(t *testing.T) {
	both := scrapeBoth(t)
	for expr, want := range map[string]int{
		`rbee_queen_hives{status="down"} > 0`: 0,
		`sum by (result) (rate(rbee_queen_heartbeats_total{job="x", result!~"accepted|queue_full"}[5m]))`: 0,
		`histogram_quantile(0.9, sum by (le) (rate(rbee_queen_commit_duration_seconds_bucket[5m])))`:      0,
		`rbee_queen_bees`:                                 1,
		`rbee_queen_hives{status="dead"}`:                 1,
		`rbee_queen_hives{state="down"}`:                  1,
		`sum by (state) (rbee_queen_hives)`:               1,
		`rbee_queen_commit_duration_seconds`:              1,
		`rbee_queen_hives_count`:                          1,
		`rbee_hive_heartbeats_total{result=~"ok|failed"}`: 1,
	} {
		if got := both.misused(expr); len(got) != want {
			t.Errorf("%s: found %v, want %d mistakes", expr, got, want)
		}
	}
}

// ruleExpr, ruleName and ruleBook are lines of the file of alerts.
var (
	ruleExpr = regexp.MustCompile(`(?m)^ +expr: '(.*)'$`)
	ruleName = regexp.MustCompile(`(?m)^ +- alert: (.*)$`)
	ruleBook = regexp.MustCompile(`(?m)^ +runbook: (.*)$`)
)

func TestAlertsAskForWhatThereIs(t *testing.T) {
	both := scrapeBoth(t)
	rules := read(t, "deploy/prometheus/rbee.rules.yml")
	exprs, names, books := ruleExpr.FindAllStringSubmatch(rules, -1), ruleName.FindAllStringSubmatch(rules, -1), ruleBook.FindAllStringSubmatch(rules, -1)
	if len(names) < 20 || len(exprs) != len(names) || len(books) != len(names) {
		t.Fatalf("%d alerts, %d expressions, %d places in the docs", len(names), len(exprs), len(books))
	}
	for _, e := range exprs {
		for _, wrong := range both.misused(strings.ReplaceAll(e[1], "''", "'")) {
			t.Errorf("%s: there is no %s", e[1], wrong)
		}
	}
	scenarios := read(t, "deploy/prometheus/rbee.rules.test.yml") + read(t, "deploy/prometheus/rbee.days.test.yml")
	documented := read(t, "docs/metrics.md")
	for _, n := range names {
		if !strings.Contains(scenarios, `alertname="`+n[1]+`"`) {
			t.Errorf("%s fires in no scenario", n[1])
		}
		if !strings.Contains(documented, "`"+n[1]+"`") {
			t.Errorf("%s is not in docs/metrics.md", n[1])
		}
	}
	for _, b := range books {
		if !leads(t, "../../README.md", b[1]) {
			t.Errorf("an alert names %s, which is not there", b[1])
		}
	}
	for _, wrong := range both.misused(strings.Join(seriesOf(scenarios), " ")) {
		t.Errorf("a scenario has what no daemon has: %s", wrong)
	}
}

// seriesOf lists the series of the scenarios.
func seriesOf(scenarios string) (all []string) {
	for _, s := range regexp.MustCompile(`series: '([^']*)'`).FindAllStringSubmatch(scenarios, -1) {
		all = append(all, s[1])
	}
	return all
}

// dashboard is what the test reads of Grafana's file.
type dashboard struct {
	Templating struct {
		List []struct{ Name, Type, Definition string }
	}
	Panels []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ H, W, X, Y int }
		Targets []struct{ Expr string }
	}
}

func TestDashboardAsksForWhatThereIs(t *testing.T) {
	both := scrapeBoth(t)
	var d dashboard
	if err := json.Unmarshal([]byte(read(t, "deploy/grafana/rbee.json")), &d); err != nil {
		t.Fatal(err)
	}
	var exprs []string
	ids, shown := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] {
			t.Errorf("two panels have the id %d", p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, taken := shown[[2]int{x, y}]; taken || x >= 24 {
					t.Fatalf("%q lies on %q, or beyond the edge", p.Title, other)
				}
				shown[[2]int{x, y}] = p.Title
			}
		}
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			exprs = append(exprs, target.Expr)
		}
	}
	for _, v := range d.Templating.List {
		for _, wrong := range both.misused(v.Definition) {
			t.Errorf("variable %s: there is no %s", v.Name, wrong)
		}
	}
	for _, e := range exprs {
		for _, wrong := range both.misused(e) {
			t.Errorf("%s: there is no %s", e, wrong)
		}
	}
	// Every metric of ours is in it, but those that only say something in an alert.
	for _, s := range both {
		for _, name := range s.Names() {
			unseen := []string{"rbee_queen_build_info", "rbee_hive_build_info", "rbee_hive_queen_epoch", "rbee_queen_last_discovery_timestamp_seconds"}
			if strings.HasPrefix(name, "rbee_") && !slices.Contains(unseen, name) && !strings.Contains(strings.Join(exprs, "\n"), name) {
				t.Errorf("%s is on no panel", name)
			}
		}
	}
	parse(t, exprs)
}

// parse has promtool read expressions, if there is one.
func parse(t *testing.T, exprs []string) {
	t.Helper()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		tool, err = exec.LookPath("../../bin/tools/promtool")
	}
	if err != nil {
		t.Log("*** NO PROMTOOL: the expressions of the dashboard are NOT PARSED ***")
		return
	}
	rules := "groups:\n- name: g\n  rules:\n"
	for i, e := range exprs {
		e = strings.NewReplacer("$__rate_interval", "5m").Replace(e)
		rules += fmt.Sprintf("  - record: x%d\n    expr: %q\n", i, e)
	}
	path := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(path, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, tool, "check", "rules", path).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}
