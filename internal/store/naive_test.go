package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"rbee/internal/rollup"
	"rbee/internal/wire"
)

// reporter is what testing.T and rapid.T have in common.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// raw is a heartbeat as the file has it, read by the view of the auditors.
type raw struct {
	hive     string
	epoch    int64
	at       time.Time
	interval time.Duration
	workers  []wire.Worker
	node     *wire.Node
}

func readRaw(t reporter, s *Store) (all []raw) {
	t.Helper()
	rows, err := s.readDB.QueryContext(background, `
		SELECT a.hive_id, a.epoch, a.received_at, a.workers, a.node, coalesce(b.next_ms, 1000)
		FROM heartbeats b JOIN hives h ON h.pk = b.hive_pk
		JOIN audit_heartbeats a ON a.received_at = b.received_at AND a.hive_id = h.hive_id
		ORDER BY b.received_at, b.n`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r raw
		var at, workers string
		var node *string
		var ms int64
		if err := rows.Scan(&r.hive, &r.epoch, &at, &workers, &node, &ms); err != nil {
			t.Fatal(err)
		}
		r.interval = time.Duration(ms) * time.Millisecond
		if r.at, err = parseTime(at); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(workers), &r.workers); err != nil {
			t.Fatal(err)
		}
		if node != nil {
			if err := json.Unmarshal([]byte(*node), &r.node); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// naive is what a hive did in a span: every value there was.
type naive struct {
	Beats, Missed int64
	Seconds       map[wire.Status]int64
	Values        map[string][]float64 // by the name of the figure
}

func (n *naive) add(name string, v float64) { n.Values[name] = append(n.Values[name], v) }

// naiveBook sums up by hive and span; key cuts the time into spans.
type naiveBook struct {
	length time.Duration
	spans  map[string]map[int64]*naive
}

func (b *naiveBook) at(hive string, t time.Time) *naive {
	if b.spans[hive] == nil {
		b.spans[hive] = map[int64]*naive{}
	}
	start := t.Unix() / int64(b.length/time.Second)
	if b.spans[hive][start] == nil {
		b.spans[hive][start] = &naive{Seconds: map[wire.Status]int64{}, Values: map[string][]float64{}}
	}
	return b.spans[hive][start]
}

// recompute makes the spans from the heartbeats alone. Ends are when the queen
// last judged, by epoch.
func recompute(all []raw, length time.Duration, ends map[int64]time.Time) map[string]map[int64]*naive {
	book := &naiveBook{length: length, spans: map[string]map[int64]*naive{}}
	last := map[string]raw{}
	for _, r := range all {
		if before, ok := last[r.hive]; ok && before.epoch == r.epoch {
			book.silence(before, r.at)
		} else if ok {
			book.silence(before, ends[before.epoch])
		}
		last[r.hive] = r
		book.figures(r)
	}
	for _, r := range last {
		book.silence(r, ends[r.epoch])
	}
	return book.spans
}

// silence tells how a hive was judged at each whole second after a heartbeat,
// and which ones it missed, up to the next.
func (b *naiveBook) silence(r raw, until time.Time) {
	for tick := r.at.Truncate(time.Second).Add(time.Second); !tick.After(until); tick = tick.Add(time.Second) {
		status := wire.StatusStopped
		if age := tick.Sub(r.at); r.interval > 0 {
			switch {
			case age < 3*r.interval:
				status = wire.StatusHealthy
			case age <= 10*r.interval:
				status = wire.StatusDegraded
			default:
				status = wire.StatusDown
			}
		}
		b.at(r.hive, tick).Seconds[status]++
	}
	if r.interval == 0 {
		return
	}
	for late := r.at.Add(r.interval * 9 / 5); !late.After(until); late = late.Add(r.interval) {
		noticed := late.Truncate(time.Second)
		if noticed.Before(late) {
			noticed = noticed.Add(time.Second)
		}
		if noticed.After(until) {
			noticed = until
		}
		b.at(r.hive, noticed).Missed++
	}
}

func (b *naiveBook) figures(r raw) {
	n := b.at(r.hive, r.at)
	n.Beats++
	if r.node != nil {
		n.add("cpu", r.node.CPUPct)
		n.add("ram", float64(r.node.RAMUsedMB))
		n.add("ram total", float64(r.node.RAMTotalMB))
		for _, g := range r.node.GPUs {
			name := gpuLabel(g.ID, g.VRAMTotalMB)
			addOptional(n, name+" util", g.UtilPct)
			addOptional(n, name+" vram", g.VRAMUsedMB)
			addOptional(n, name+" temp", g.TempC)
			addOptional(n, name+" power", g.PowerW)
			addOptional(n, name+" foreign", g.ForeignVRAMMB)
		}
	}
	for _, w := range r.workers {
		name := workerLabel(w.Group, w.Instance, w.Model, w.TotalVRAMMB)
		n.add(name+" cpu", w.CPUPct)
		n.add(name+" rss", float64(w.RSSMB))
		n.add(name+" util", w.GPUUtilPct)
		n.add(name+" vram", float64(w.VRAMMB))
	}
}

func addOptional[T int64 | float64](n *naive, name string, v *T) {
	if v != nil {
		n.add(name, float64(*v))
	}
}

func gpuLabel(id string, vram *int64) string {
	if vram == nil {
		return fmt.Sprintf("gpu %q of ?", id)
	}
	return fmt.Sprintf("gpu %q of %d", id, *vram)
}

func workerLabel(group, instance string, model *string, vram int64) string {
	if model == nil {
		return fmt.Sprintf("worker %q %q, no model, of %d", group, instance, vram)
	}
	return fmt.Sprintf("worker %q %q %q of %d", group, instance, *model, vram)
}

// summed is a row of the minute or hour tier, or a bucket: means and maxima by
// the name of the figure.
type summedRow struct {
	beats, missed                    int64
	healthy, degraded, down, stopped int64
	mean, highest                    map[string]float64
}

func (r *summedRow) set(name string, mean, highest *float64) {
	if mean != nil {
		r.mean[name], r.highest[name] = *mean, *highest
	}
}

// viewRow has the columns of audit_minutes and audit_hours.
const viewColumns = "hive_id, at, heartbeats, missed, seconds_healthy, seconds_degraded, seconds_down, seconds_stopped, " +
	"cpu_pct_mean, cpu_pct_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers"

// readTier reads a tier by the view of the auditors.
func readTier(t reporter, s *Store, view string, length time.Duration) map[string]map[int64]*summedRow {
	t.Helper()
	rows, err := s.readDB.QueryContext(background, "SELECT "+viewColumns+" FROM "+view)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	all := map[string]map[int64]*summedRow{}
	for rows.Next() {
		r := &summedRow{mean: map[string]float64{}, highest: map[string]float64{}}
		var hive, at, gpus, workers string
		var cpu, cpuMax, ram, ramMax, ramTotal *float64
		err := rows.Scan(&hive, &at, &r.beats, &r.missed, &r.healthy, &r.degraded, &r.down, &r.stopped,
			&cpu, &cpuMax, &ram, &ramMax, &ramTotal, &gpus, &workers)
		if err != nil {
			t.Fatal(err)
		}
		r.set("cpu", cpu, cpuMax)
		r.set("ram", ram, ramMax)
		if ramTotal != nil {
			r.highest["ram total"] = *ramTotal
		}
		r.samples(t, gpus, workers)
		start, err := parseTime(at)
		if err != nil {
			t.Fatal(err)
		}
		if all[hive] == nil {
			all[hive] = map[int64]*summedRow{}
		}
		key := start.Unix() / int64(length/time.Second)
		if all[hive][key] != nil {
			t.Errorf("%s has %s of %s twice", view, hive, at)
		}
		all[hive][key] = r
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func (r *summedRow) samples(t reporter, gpus, workers string) {
	t.Helper()
	var gg []map[string]any
	var ww []map[string]any
	if err := json.Unmarshal([]byte(gpus), &gg); err != nil {
		t.Fatalf("%v in %s", err, gpus)
	}
	if err := json.Unmarshal([]byte(workers), &ww); err != nil {
		t.Fatalf("%v in %s", err, workers)
	}
	number := func(v any) *float64 {
		if f, ok := v.(float64); ok {
			return &f
		}
		return nil
	}
	whole := func(v any) *int64 {
		if f, ok := v.(float64); ok {
			return ptr(int64(f))
		}
		return nil
	}
	for _, g := range gg {
		name := gpuLabel(g["id"].(string), whole(g["vram_total_mb"]))
		for short, column := range map[string]string{"util": "util_pct", "vram": "vram_used_mb", "temp": "temp_c", "power": "power_w", "foreign": "foreign_vram_mb"} {
			r.set(name+" "+short, number(g[column+"_mean"]), number(g[column+"_max"]))
		}
	}
	for _, w := range ww {
		var model *string
		if m, ok := w["model"].(string); ok {
			model = &m
		}
		name := workerLabel(w["group"].(string), w["instance"].(string), model, *whole(w["total_vram_mb"]))
		for short, column := range map[string]string{"cpu": "cpu_pct", "rss": "rss_mb", "util": "gpu_util_pct", "vram": "vram_mb"} {
			r.set(name+" "+short, number(w[column+"_mean"]), number(w[column+"_max"]))
		}
	}
}

// fromBucket makes the same of what the store answers.
func fromBucket(b *rollup.Bucket) *summedRow {
	r := &summedRow{
		beats: b.Heartbeats, missed: b.Missed, healthy: seconds(b.Healthy), degraded: seconds(b.Degraded), down: seconds(b.Down),
		stopped: seconds(b.Stopped), mean: map[string]float64{}, highest: map[string]float64{},
	}
	set := func(name string, f rollup.Figure) {
		if f.N > 0 {
			r.mean[name], r.highest[name] = f.Mean(), f.Max
		}
	}
	set("cpu", b.CPUPct)
	set("ram", b.RAMUsedMB)
	if b.CPUPct.N > 0 {
		r.highest["ram total"] = float64(b.RAMTotalMB)
	}
	for _, g := range b.GPUs {
		vram := &g.VRAMTotalMB
		if *vram == rollup.Unknown {
			vram = nil
		}
		name := gpuLabel(g.ID, vram)
		set(name+" util", g.UtilPct)
		set(name+" vram", g.VRAMUsedMB)
		set(name+" temp", g.TempC)
		set(name+" power", g.PowerW)
		set(name+" foreign", g.ForeignVRAMMB)
	}
	for _, w := range b.Workers {
		var model *string
		if w.HasModel {
			model = &w.Model
		}
		name := workerLabel(w.Group, w.Instance, model, w.TotalVRAMMB)
		set(name+" cpu", w.CPUPct)
		set(name+" rss", w.RSSMB)
		set(name+" util", w.GPUUtilPct)
		set(name+" vram", w.VRAMMB)
	}
	return r
}

// differs tells how a row is not what the heartbeats say; "" when it is. Means
// are stored to two decimals, those of memory or of a thousand and more to whole numbers,
// and the mean of such means is as far off again.
func (n *naive) differs(r *summedRow, judged bool) string {
	if n.Beats != r.beats || n.Missed != r.missed {
		return fmt.Sprintf("%d received and %d missed, want %d and %d", r.beats, r.missed, n.Beats, n.Missed)
	}
	if got, want := [4]int64{r.healthy, r.degraded, r.down, r.stopped}, [4]int64{
		n.Seconds[wire.StatusHealthy], n.Seconds[wire.StatusDegraded], n.Seconds[wire.StatusDown], n.Seconds[wire.StatusStopped],
	}; judged && got != want {
		return fmt.Sprintf("seconds healthy, degraded, down, stopped are %v, want %v", got, want)
	}
	for name, values := range n.Values {
		mean, off := 0.0, 0.011
		for _, v := range values {
			mean += v / float64(len(values))
		}
		if slices.Max(values) >= 999 || name == "ram" {
			off = 1.1
		}
		if got, ok := r.mean[name]; name != "ram total" && (!ok || math.Abs(got-mean) > off) {
			return fmt.Sprintf("%s: mean %v, want %v", name, got, mean)
		}
		if got, ok := r.highest[name]; !ok || math.Abs(got-slices.Max(values)) > 1e-9 {
			return fmt.Sprintf("%s: maximum %v, want %v", name, got, slices.Max(values))
		}
	}
	for name := range r.highest {
		if n.Values[name] == nil {
			return fmt.Sprintf("%s: there is no such figure, only %v", name, slices.Sorted(maps.Keys(n.Values)))
		}
	}
	return ""
}

// compareTier holds a tier, up to a time, against a recomputation.
func compareTier(t reporter, s *Store, tier wire.Tier, until time.Time, ends map[int64]time.Time) {
	t.Helper()
	view := map[wire.Tier]string{wire.TierMinute: "audit_minutes", wire.TierHour: "audit_hours"}[tier]
	want, got := recompute(readRaw(t, s), unit(tier), ends), readTier(t, s, view, unit(tier))
	before := until.Unix() / int64(unit(tier)/time.Second)
	for hive, spans := range want {
		for start, n := range spans {
			switch r := got[hive][start]; {
			case start >= before:
			case r == nil:
				t.Errorf("%s has no row of %s at %s, which has %d heartbeats", view, hive, startText(tier, start), n.Beats)
			default:
				if d := n.differs(r, true); d != "" {
					t.Errorf("%s of %s at %s: %s", view, hive, startText(tier, start), d)
				}
			}
		}
	}
	for hive, spans := range got {
		for start := range spans {
			if want[hive][start] == nil {
				t.Errorf("%s has a row of %s at %s, of which there is nothing", view, hive, startText(tier, start))
			}
		}
	}
	checkBlocks(t, s)
}

// checkBlocks holds history_blocks against the rows. The oldest block of a tier
// may be half deleted.
func checkBlocks(t reporter, s *Store) {
	t.Helper()
	for tier, table := range map[wire.Tier]string{wire.TierMinute: "minutes", wire.TierHour: "hours"} {
		bad := countRows(t, s, "SELECT count(*) FROM history_blocks k WHERE k.tier = '"+string(tier)+"' AND "+notOldest+" AND k.rows <> (SELECT count(*) FROM "+table+" m WHERE m.start = k.start AND m.id >= (k.start / 10) << 36 AND m.id < (k.start / 10 + 1) << 36)")
		if bad != 0 {
			t.Errorf("%d blocks of tier %s do not have as many rows as they should", bad, tier)
		}
		// The estimate made while rows are written is that of a count, but for its
		// rounding; see rollupBytes and blockBytes.
		bad = countRows(t, s, "SELECT count(*) FROM history_blocks k JOIN (SELECT start, "+
			"(sum(length(gpus) + length(workers)) + count(*) * 26 + count(cpu_pct_x100_mean) * 12) * 7 / 6 + 100 AS bytes FROM "+table+" GROUP BY start) m "+
			"ON m.start = k.start WHERE k.tier = '"+string(tier)+"' AND "+notOldest+" AND abs(k.bytes - m.bytes) > 8")
		if bad != 0 {
			t.Errorf("%d blocks of tier %s do not have the bytes that a count finds", bad, tier)
		}
	}
	if bad := countRows(t, s, `SELECT count(*) FROM history_blocks k WHERE k.tier = 'raw' AND `+notOldest+` AND k.rows <>
		(SELECT count(*) FROM heartbeats b WHERE b.received_at >= k.at AND b.received_at < substr(k.at, 1, 16) || '~')`); bad != 0 {
		t.Errorf("%d blocks of raw heartbeats do not have as many rows as they should", bad)
	}
}

// notOldest are the blocks that are not being pruned: of minutes and hours ten are
// at once.
const notOldest = "(k.rows = 0 OR k.start / iif(k.tier = 'raw', 1, 10) > " +
	"(SELECT o.start FROM history_blocks o WHERE o.tier = k.tier AND o.rows > 0 ORDER BY o.at LIMIT 1) / iif(k.tier = 'raw', 1, 10))"

func countRows(t reporter, s *Store, query string) (n int64) {
	t.Helper()
	if err := s.readDB.QueryRowContext(background, query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
