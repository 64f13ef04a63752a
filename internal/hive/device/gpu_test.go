package device

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

func TestMemoryOfAGPU(t *testing.T) {
	for _, tc := range []struct {
		totalMiB uint64
		want     int64
	}{
		{24564, 24}, // RTX 4090
		{81920, 80},
		{81559, 80}, // H100
		{143771, 140},
		{40960, 40},
		{11264, 11},
		{12282, 12},
		{6144, 6},
		{1535, 1},
		{1536, 2}, // half a GiB rounds up
		{511, 0},
	} {
		g := newGPU(0, "x", "", new(tc.totalMiB<<20), nil)
		if g.device.VRAMGB == nil || *g.device.VRAMGB != tc.want {
			t.Errorf("%d MiB: got vram_gb %v, want %d", tc.totalMiB, g.device.VRAMGB, tc.want)
		}
		if g.load.VRAMTotalMB == nil || *g.load.VRAMTotalMB != int64(tc.totalMiB) {
			t.Errorf("%d MiB: got vram_total_mb %v", tc.totalMiB, g.load.VRAMTotalMB)
		}
	}
}

func TestMemoryThatIsNotTold(t *testing.T) {
	for name, total := range map[string]*uint64{
		"unknown": nil, "nothing": new(uint64(0)), "all ones": new(uint64(math.MaxUint64)),
	} {
		g := newGPU(3, "x", "", total, total)
		want := gpu{
			device: wire.Device{ID: "GPU-3", Name: "x", DeviceType: "gpu"},
			load:   wire.GPU{ID: "GPU-3"},
		}
		if diff := cmp.Diff(want, g, cmp.AllowUnexported(gpu{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTextOfADriverIsMadePrintable(t *testing.T) {
	g := newGPU(0, "a\nb"+strings.Repeat("x", 2*wire.MaxText), "8\x1b9", nil, nil)
	if err := wire.ValidateDevices([]wire.Device{g.device}); err != nil {
		t.Errorf("got a device that wire refuses: %v", err)
	}
	if got, want := *g.device.ComputeCapability, "8\ufffd9"; got != want {
		t.Errorf("got compute capability %q, want %q", got, want)
	}
}

func TestWithin(t *testing.T) {
	for _, tc := range []struct {
		v     float64
		known bool
	}{
		{0, true},
		{64.5, true},
		{100, true},
		{-0.1, false},
		{100.1, false},
		{math.NaN(), false},
		{math.Inf(1), false},
		{math.Inf(-1), false},
	} {
		got := within(0, 100, tc.v)
		if (got != nil) != tc.known || (got != nil && *got != tc.v) {
			t.Errorf("within(0, 100, %v): got %v, want known %v", tc.v, got, tc.known)
		}
	}
}
