package wire

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// byHand and byReflection are the two ways to write an answer.
func byHand(t *testing.T, h History) string {
	t.Helper()
	got, err := h.AppendJSON([]byte("before"))
	if err != nil {
		t.Fatalf("%+v: %v", h, err)
	}
	return string(bytes.TrimPrefix(got, []byte("before")))
}

func byReflection(t *testing.T, h any) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(h); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func TestGoldenHistoryIsAppendedTheSame(t *testing.T) {
	for _, name := range []string{"history_samples.json", "history_buckets.json"} {
		raw := golden(t, name)
		var h History
		if err := json.Unmarshal(raw, &h); err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, raw); err != nil {
			t.Fatal(err)
		}
		if got := byHand(t, h); got != want.String() {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, &want)
		}
	}
}

var oddTexts = []string{
	"", "llm", "a b", `"`, `\`, "<a&b>", "\x00\x1f", "\x7f", "ü", "\u2028\u2029", "\xff\xc3(", "\U0001f41d", "null", "],[",
}

var oddFloats = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.5, 0.01, -0.01, 0.1, 0.07, 64.25, 99.99, 100, 12345, 0.001, 1.005, 1e-7, 1e-6, 1e20, 1e21, -1e21, 1.1e22,
	9999999999999.99, 99999999999999.9, 1e15, 1e13 - 0.01, 1 << 53, math.MaxFloat64, math.SmallestNonzeroFloat64, 1.0 / 3, -3.5, 350,
}

// made makes up an answer in which everything may be missing, empty or odd.
func made(r *rand.Rand) History {
	text := func() string { return oddTexts[r.IntN(len(oddTexts))] }
	float := func() float64 {
		switch r.IntN(3) {
		case 0:
			return oddFloats[r.IntN(len(oddFloats))]
		case 1:
			return math.Round(r.NormFloat64()*1e6) / 100
		default:
			return math.Float64frombits(r.Uint64() &^ (1 << 62)) // never infinite
		}
	}
	stat := func() *Stat {
		if r.IntN(4) == 0 {
			return nil
		}
		return &Stat{Mean: float(), Max: float()}
	}
	size := func() *int64 {
		if r.IntN(4) == 0 {
			return nil
		}
		v := int64(r.Uint64())
		return &v
	}
	at := func() time.Time {
		t := time.Unix(r.Int64N(1<<34), r.Int64N(3)*r.Int64N(1e9)).UTC()
		if r.IntN(9) == 0 {
			t = t.In(time.FixedZone("", 7200))
		}
		return t
	}
	b := &Buckets{From: at(), To: at(), StepS: r.Int64(), Tier: TierMinute}
	for range r.IntN(5) {
		if r.IntN(4) == 0 {
			b.Points = append(b.Points, nil)
			continue
		}
		p := &Point{At: at(), Heartbeats: r.Int64(), Missed: -r.Int64N(9), CPUPct: stat(), RAMUsedMB: stat(), RAMTotalMB: size(), GPUs: []GPUPoint{}}
		for range r.IntN(3) {
			p.GPUs = append(p.GPUs, GPUPoint{ID: text(), VRAMTotalMB: size(), UtilPct: stat(), VRAMUsedMB: stat(), TempC: stat(), PowerW: stat(), ForeignVRAMMB: stat()})
		}
		for range r.IntN(3) {
			w := WorkerPoint{
				Group: text(), Instance: text(), TotalVRAMMB: r.Int64(), Heartbeats: r.Int64(),
				CPUPct: Stat{float(), float()}, RSSMB: Stat{float(), float()}, GPUUtilPct: Stat{float(), float()}, VRAMMB: Stat{float(), float()},
			}
			if r.IntN(2) == 0 {
				model := text()
				w.Model = &model
			}
			p.Workers = append(p.Workers, w)
		}
		b.Points = append(b.Points, p)
	}
	return History{HiveID: text(), Buckets: b}
}

func TestHistoryIsAppendedAsEncodingJSONWritesIt(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		h := made(r)
		if got, want := byHand(t, h), byReflection(t, h); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
	var a appender
	for _, v := range oddFloats {
		a.b = a.b[:0]
		if a.float(v); string(a.b) != byReflection(t, v) {
			t.Errorf("%v is written as %s, not %s", v, a.b, byReflection(t, v))
		}
	}
	for cents := -120_000; cents <= 120_000; cents++ {
		a.b = a.b[:0]
		v := float64(cents) / 100
		if a.float(v); string(a.b) != byReflection(t, v) {
			t.Fatalf("%v is written as %s", v, a.b)
		}
	}
}

func TestWhatIsNoNumberIsAnError(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		h := History{Buckets: &Buckets{Points: []*Point{{CPUPct: &Stat{Mean: v}}}}}
		if got, err := h.AppendJSON(nil); err == nil {
			t.Errorf("%v is written: %s", v, got)
		}
	}
}
