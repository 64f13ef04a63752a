package model

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rbee/internal/hive/model/gguf"
	"rbee/internal/hive/model/gguftest"
	"rbee/internal/wire"
)

func TestCacheOfAContext(t *testing.T) {
	one := func(n int64) []int64 { return []int64{n} }
	llama8B := gguf.Shape{Layers: 32, KVHeads: one(8), KeyLength: 128, ValueLength: 128}
	gemma := gguf.Shape{
		Layers: 6, KVHeads: one(4), KeyLength: 256, ValueLength: 256, Window: 1024,
		Windowed: []bool{true, true, true, true, true, false},
	}
	mamba := gguf.Shape{Layers: 2, KVHeads: []int64{0, 1}, KeyLength: 8, ValueLength: 8, ConvKernel: 4, InnerSize: 100, StateSize: 16}
	hostile := gguf.Shape{Layers: 4096, KVHeads: one(1 << 16), KeyLength: 1 << 24, ValueLength: 1 << 24}
	for name, tt := range map[string]struct {
		shape   gguf.Shape
		context int64
		want    int64
	}{
		"llama 8B at 8192":    {llama8B, 8192, 1 << 30}, // the GiB that llama.cpp says
		"padded":              {llama8B, 8000, 1 << 30},
		"windows":             {gemma, 32768, (5*(4*1024+512) + 32768) * 4 * 512 * 2},
		"window over context": {gemma, 1024, 6 * 1024 * 4 * 512 * 2},
		"recurrent":           {mamba, 256, (3*100+16*100)*4*4 + 256*16*2},
		"nonsense":            {hostile, 1 << 32, math.MaxInt64},
	} {
		if got := cache(&tt.shape, tt.context); got != tt.want {
			t.Errorf("%s: got %d bytes, want %d", name, got, tt.want)
		}
	}
}

func TestNeedsAndFits(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tiny.gguf"), gguftest.Tiny().Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := New(Place{wire.ModelOwn, dir}).Find(t.Context(), "tiny")
	if err != nil {
		t.Fatal(err)
	}
	gpu, cpu := m.Needs(0, true), m.Needs(0, false)
	if gpu.Context != 512 || gpu != m.VRAM || gpu.CacheBytes != 2*512*2*32*2 {
		t.Errorf("on a GPU: %+v, want the context that it was trained for", gpu)
	}
	if cpu.WeightsBytes-gpu.WeightsBytes != 4*64*gguftest.Vocabulary || cpu.OverheadBytes >= gpu.OverheadBytes {
		t.Errorf("in main memory %+v, on a GPU %+v: the embedding stays in main memory", cpu, gpu)
	}
	if err := m.Fits(0, gpu.TotalBytes, true); err != nil {
		t.Errorf("does not fit what it needs: %v", err)
	}
	err = m.Fits(0, 100<<20, true)
	var large *TooLargeError
	if !errors.As(err, &large) || large.Needs != gpu ||
		!strings.Contains(err.Error(), "tiny needs about 0.50 GiB") || !strings.Contains(err.Error(), "0.10 GiB are free") {
		t.Errorf("got %v, want a *TooLargeError with the numbers", err)
	}
}
