package bench

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rbee/internal/swarm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMedianAndQuantile(t *testing.T) {
	for _, tt := range []struct {
		values           []float64
		median, p50, p99 float64
	}{
		{nil, math.NaN(), math.NaN(), math.NaN()},
		{[]float64{3}, 3, 3, 3},
		{[]float64{1, 2}, 1.5, 1, 2},
		{[]float64{1, 5, 100}, 5, 5, 100},
		{[]float64{1, 2, math.Inf(1)}, 2, 2, math.Inf(1)},
	} {
		for name, got := range map[string][2]float64{
			"median": {median(tt.values), tt.median}, "p50": {quantile(tt.values, 0.5), tt.p50}, "p99": {quantile(tt.values, 0.99), tt.p99},
		} {
			if got[0] != got[1] && !(math.IsNaN(got[0]) && math.IsNaN(got[1])) {
				t.Errorf("%s of %v is %v, want %v", name, tt.values, got[0], got[1])
			}
		}
	}
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(i + 1)
	}
	if got := quantile(hundred, 0.99); got != 99 {
		t.Errorf("p99 of 1 to 100 is %v", got)
	}
	unsorted := []float64{9, 1, 5}
	if got := median(unsorted); got != 5 || unsorted[0] != 9 {
		t.Errorf("the median is %v, and the rounds are now %v", got, unsorted)
	}
}

func TestASheetKeepsRoundsApart(t *testing.T) {
	s := newSheet()
	s.add("b", 2)
	s.add("a", 1)
	s.add("b", 4)
	s.add("c", math.NaN()) // could not be had
	if low, high := s.span("b"); low != 2 || high != 4 || s.median("b") != 3 {
		t.Errorf("b is %v, from %v to %v", s.median("b"), low, high)
	}
	if got := strings.Join(s.names, " "); got != "b a" {
		t.Errorf("the names are %q", got)
	}
	if !math.IsNaN(s.median("c")) {
		t.Errorf("c is %v", s.median("c"))
	}
}

func TestSizesWithinTheLimitOfFiles(t *testing.T) {
	if got := full.within(20_000); got.most != 10_000 {
		t.Errorf("%d hives with 20,000 files", got.most)
	}
	got := full.within(4096)
	if got.most != 3796 || got.many != 1000 || got.fleets[3] != 3796 || full.fleets[3] != 10_000 {
		t.Errorf("with 4096 files: %+v; all of them: %v", got, full.fleets)
	}
	if got := full.within(1024); got.many != 724 || got.day != 724 || got.busyMany != 724 || got.readersMost != 0 {
		t.Errorf("with 1024 files: %+v", got)
	}
}

func TestOnlyAnswersOfARestartAreExpected(t *testing.T) {
	r := &swarm.Report{
		Status: map[string]uint64{"200": 9, "404": 3, "503": 2}, Errors: map[string]uint64{"refused": 5, "reset": 1, "closed": 1},
	}
	if n, what := oddities(r); n != 0 {
		t.Errorf("%v odd answers: %s", n, what)
	}
	r.Status["500"], r.Errors["timeout"] = 2, 1
	if n, what := oddities(r); n != 3 || !strings.Contains(what, "500: 2") || !strings.Contains(what, "timeout: 1") {
		t.Errorf("%v odd answers: %s", n, what)
	}
}

func TestTheDiskAnswers(t *testing.T) {
	took, err := syncTimes(t.TempDir(), 5)
	if err != nil || len(took) != 5 || took[0] <= 0 || took[0] > took[4] {
		t.Errorf("5 syncs took %v ms: %v", took, err)
	}
	if _, err := syncTimes(filepath.Join(t.TempDir(), "none"), 1); err == nil {
		t.Error("a directory that is not there was written to")
	}
}

func TestTheMachineIsDescribed(t *testing.T) {
	for _, f := range machine(t.TempDir(), openFiles()) {
		if f.value == "" {
			t.Errorf("%s is not told", f.name)
		}
	}
	if got := filesystem("/proc/self"); got != "proc" {
		t.Errorf("the file system of /proc is %q", got)
	}
	if written(os.Getpid()) < 0 || !math.IsNaN(written(0)) {
		t.Errorf("written: %v by this process, %v by none", written(os.Getpid()), written(0))
	}
	if !occupied("99.0 1 1") || occupied("0.01 99 99") {
		t.Error("a load average is misread")
	}
}

func TestRampGrowsWithTheFleet(t *testing.T) {
	if got := full.ramp(10_000); got != 6*time.Second {
		t.Errorf("10,000 hives start over %v", got)
	}
}
