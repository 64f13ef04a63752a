package wire

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "0d": 0, "90s": 90 * time.Second, "15m": 15 * time.Minute, "1h30m": 90 * time.Minute, "1.5h": 90 * time.Minute,
		"30d": 30 * Day, "2w": 14 * Day, "2y": 730 * Day, "-6h": -6 * time.Hour, "-30d": -30 * Day, "-1y": -Year, "+1d": Day, "007d": 7 * Day,
		"290y": 290 * Year, "-290y": -290 * Year, "15121w": 15121 * Week, "105850d": 105850 * Day, "100ns": 100,
		"9223372036854775807ns": math.MaxInt64, "-9223372036854775808ns": math.MinInt64,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", " ", "d", "-d", "-", "+", "1", "-5", "1D", "1Y", "1 d", " 1d", "1d ", "1.5d", "1d12h", "1h1d", "1e3d", "0x1d", "1_0d", "--1d", "1dd", "1dy",
		"auto", "forever", "291y", "-291y", "15122w", "105851d", "9223372036854775807d", "9223372036854775808y", "-9223372036854775808w",
		"99999999999999999999999999999999y", "9223372036854775808ns", "2562048h", "\u0661d", "1d\x00", "1\u202ed", "NaNs", "Infs",
	} {
		got, err := ParseDuration(text)
		if err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
			continue
		}
		if len(text) < 40 && !strings.Contains(err.Error(), strconv.Quote(text)) || !strings.Contains(err.Error(), "90s, 15m, 6h, 30d or 2y") {
			t.Errorf("ParseDuration(%q): %q names neither the value nor what is allowed", text, err)
		}
	}
	if _, err := ParseDuration(strings.Repeat("9", 1<<20) + "d"); err == nil || len(err.Error()) > 500 {
		t.Errorf("a huge text: got an error of %d bytes", len(err.Error()))
	}
}

// Whatever number stands before a unit is read as it is, or refused: it never
// wraps.
func TestParseDurationNeverWraps(t *testing.T) {
	for unit, length := range map[string]time.Duration{"d": Day, "w": Week, "y": Year, "h": time.Hour, "s": time.Second} {
		for range 20_000 {
			n := rand.Int64() >> rand.IntN(63)
			if rand.IntN(2) == 0 {
				n = -n
			}
			text := strconv.FormatInt(n, 10) + unit
			got, err := ParseDuration(text)
			if err == nil && (got/length != time.Duration(n) || got%length != 0) {
				t.Fatalf("ParseDuration(%q) = %v", text, got)
			}
			if exact := float64(n) * float64(length); err != nil && math.Abs(exact) < float64(290*Year) {
				t.Fatalf("ParseDuration(%q): %v", text, err)
			}
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"", "1d", "-30d", "2y", "1h30m", "290y", "9223372036854775807d"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if err != nil {
			if d != 0 {
				t.Errorf("%q: got %v beside an error", text, d)
			}
			return
		}
		if again, err := ParseDuration(d.String()); err != nil || again != d {
			t.Errorf("%q reads as %v, which reads as %v, %v", text, d, again, err)
		}
		if negative := strings.HasPrefix(text, "-"); d != 0 && negative != (d < 0) {
			t.Errorf("%q reads as %v", text, d)
		}
	})
}
