package gguf_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/hive/model/gguf"
	"rbee/internal/hive/model/gguftest"
)

// K is short for what the tables below have many of.
type K = gguftest.Key

func read(raw []byte) (*gguf.Header, error) {
	return gguf.Read(bytes.NewReader(raw), int64(len(raw)))
}

func TestReadAModel(t *testing.T) {
	h, err := read(gguftest.Tiny().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	want := gguf.Shape{
		Layers: 2, ContextLength: 512, Embedding: 64, Vocabulary: gguftest.Vocabulary,
		Heads: []int64{4}, KVHeads: []int64{2}, KeyLength: 16, ValueLength: 16,
	}
	if diff := cmp.Diff(want, h.Shape); diff != "" {
		t.Errorf("shape (-want +got):\n%s", diff)
	}
	const parameters = 2*64*gguftest.Vocabulary + 64 + 2*(2*64+2*64*64+2*64*32+3*64*128)
	if h.Parameters != parameters || h.Weights.Total != 4*parameters || h.Weights.Input != 4*64*gguftest.Vocabulary || !h.Weights.Output {
		t.Errorf("got %d parameters, weights %+v; want %d parameters of 4 bytes", h.Parameters, h.Weights, parameters)
	}
	if h.Architecture != "llama" || h.Name != "Tiny" || h.Quantisation != "F32" || h.Parts != 0 {
		t.Errorf("got %+v", h)
	}
}

func TestPartsAddUpToTheWhole(t *testing.T) {
	whole, err := read(gguftest.Tiny().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var parts []*gguf.Header
	for i, raw := range gguftest.Tiny().Parts(3) {
		h, err := read(raw)
		if err != nil {
			t.Fatal(err)
		}
		if h.Part != i || h.Parts != 3 {
			t.Errorf("part %d says that it is %d of %d", i, h.Part, h.Parts)
		}
		parts = append(parts, h)
	}
	sum := gguf.Join(parts)
	if diff := cmp.Diff(whole.Weights, sum.Weights); diff != "" || whole.Parameters != sum.Parameters || sum.Quantisation != "F32" {
		t.Errorf("parts make %d parameters, the whole has %d; (-whole +parts):\n%s", sum.Parameters, whole.Parameters, diff)
	}
}

func TestEveryPrefixIsRefused(t *testing.T) {
	raw := gguftest.Tiny().Bytes()
	h, err := read(raw)
	if err != nil {
		t.Fatal(err)
	}
	last := int(h.DataOffset + h.Weights.Total)
	for cut := 0; cut < last; cut += 1 + cut/50 {
		var bad *gguf.Error
		if _, err := read(raw[:cut]); !errors.As(err, &bad) {
			t.Fatalf("the first %d of %d bytes: got %v, want a *gguf.Error", cut, len(raw), err)
		}
	}
}

// hostile are files that lie, and what the error says of the lie.
func hostile() map[string]struct {
	raw  []byte
	want string
} {
	type row = struct {
		raw  []byte
		want string
	}
	patch := func(at int, with uint64) []byte {
		raw := gguftest.Tiny().Bytes()
		binary.LittleEndian.PutUint64(raw[at:], with)
		return raw
	}
	keys := func(keys ...K) []byte { return gguftest.Builder{Keys: keys}.Bytes() }
	tensor := func(t gguftest.Tensor) []byte {
		return gguftest.Builder{Tensors: []gguftest.Tensor{t}}.Bytes()
	}
	// A list of lists; putting a length after the type by hand.
	nested := gguftest.Builder{Keys: []K{{Name: "a", Value: []uint32{9, 9}}}}.Bytes()
	binary.LittleEndian.PutUint32(nested[24+8+1+4:], 9)
	endless := gguftest.Builder{Keys: []K{{Name: "tokenizer.ggml.tokens", Value: []string{"a"}}}}.Bytes()
	binary.LittleEndian.PutUint64(endless[24+8+21+8:], math.MaxUint64)
	manyKept := make([]K, 200)
	for i := range manyKept {
		manyKept[i] = K{Name: strings.Repeat("a", i+1) + ".context_length", Value: uint32(1)}
	}
	manyTypes := make([]gguftest.Tensor, 100)
	for i := range manyTypes {
		manyTypes[i] = gguftest.Tensor{Name: "t", Type: uint32(1000 + i)}
	}
	return map[string]row{
		"types":             {gguftest.Builder{Tensors: manyTypes}.Bytes(), "more than 64 types"},
		"empty":             {nil, "byte 0: the magic needs 4 bytes, and the file has 0 left"},
		"a page":            {[]byte("<!DOCTYPE html><html></html>"), `byte 0: it begins with "<!DO"`},
		"version 1":         {gguftest.Builder{Version: 1}.Bytes()[:4], "byte 4: the version needs 4 bytes"},
		"version 9":         {gguftest.Builder{Version: 9}.Bytes(), "byte 8: version 9"},
		"big-endian":        {gguftest.Builder{Version: 3 << 24}.Bytes(), "byte 8: it is big-endian"},
		"tensors":           {patch(8, math.MaxUint64), "byte 16: it claims 18446744073709551615 tensors"},
		"keys":              {patch(16, 1<<40), "byte 24: it claims 1099511627776 keys"},
		"key":               {patch(24, 1<<60), "byte 32: a key claims 1152921504606846976 bytes, 1024 are allowed"},
		"text":              {patch(24+8+20+4, 1<<60), "general.architecture claims"},
		"skipped text":      {keys(K{Name: "x", Value: "abc"})[:24+8+1+4+8], "x needs 3 bytes, and the file has 0 left"},
		"list of lists":     {nested, "the list a is of type 9, which cannot be"},
		"endless list":      {endless, "the list tokenizer.ggml.tokens claims 18446744073709551615 elements"},
		"type of key":       {keys(K{Name: "llama.block_count", Value: "two"}, K{Name: "general.architecture", Value: "llama"}), "llama.block_count is not a whole number"},
		"name is a number":  {keys(K{Name: "general.name", Value: uint32(3)}), "general.name is not a text"},
		"layers":            {keys(K{Name: "general.architecture", Value: "llama"}, K{Name: "llama.block_count", Value: int32(-1)}), "llama.block_count is -1"},
		"heads":             {keys(K{Name: "general.architecture", Value: "llama"}, K{Name: "llama.attention.head_count_kv", Value: []int32{1, -2}}), "head_count_kv is -2"},
		"twice":             {keys(K{Name: "general.name", Value: "a"}, K{Name: "general.name", Value: "b"}), `the key "general.name" is there twice`},
		"too much kept":     {keys(manyKept...), "more than 128 keys"},
		"part":              {keys(K{Name: "split.no", Value: uint16(2)}, K{Name: "split.count", Value: uint16(2)}), "part 3 of 2"},
		"alignment":         {keys(K{Name: "general.alignment", Value: uint32(0)}), "general.alignment is 0"},
		"not UTF-8":         {keys(K{Name: "general.name", Value: "\xff"}), "general.name is not UTF-8"},
		"dimensions":        {tensor(gguftest.Tensor{Name: "t", Dims: []uint64{1, 1, 1, 1, 1}}), `the tensor "t" has 5 dimensions`},
		"elements":          {tensor(gguftest.Tensor{Name: "t", Dims: []uint64{1 << 40, 1 << 40}}), "more elements than can be counted"},
		"row":               {tensor(gguftest.Tensor{Name: "t", Type: gguftest.Q8_0, Dims: []uint64{31}}), "Q8_0 packs 32 at a time"},
		"beyond the end":    {tensor(gguftest.Tensor{Name: "t", Dims: []uint64{1 << 20}, Data: make([]byte, 32)}), "it was not copied whole"},
		"overlap":           {gguftest.Builder{Tensors: []gguftest.Tensor{{Name: "t", Dims: []uint64{8}}, {Name: "u", Dims: []uint64{8}, Data: make([]byte, 32)}}}.Bytes(), "they overlap"},
		"name of a tensor":  {tensor(gguftest.Tensor{Name: strings.Repeat("t", 2000), Dims: []uint64{1}}), "the name of a tensor claims 2000 bytes"},
		"vocabulary of air": {keys(K{Name: "tokenizer.ggml.tokens", Value: []string{"a", "b"}})[:80], "tokenizer.ggml.tokens needs 16 bytes, and the file has 11 left: is it whole?"},
	}
}

func TestFilesThatLieAreRefused(t *testing.T) {
	for name, tt := range hostile() {
		t.Run(name, func(t *testing.T) {
			_, err := read(tt.raw)
			var bad *gguf.Error
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want a *gguf.Error that says %q", err, tt.want)
			}
		})
	}
}

// A file of zeros is large and costs nothing to make, so whatever a header
// claims may well "fit" it.
type zeros struct{ head []byte }

func (z zeros) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off < int64(len(z.head)) {
		copy(p, z.head[off:])
	}
	return len(p), nil
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestAllocatedCanTell(t *testing.T) {
	if got := allocated(func() { runtime.KeepAlive(make([]byte, 16<<20)) }); got < 16<<20 {
		t.Errorf("16 MiB are seen as %d bytes", got)
	}
}

func TestMemoryIsBoundedWhateverFits(t *testing.T) {
	list := func(key string, of uint32, count uint64) []byte {
		raw := gguftest.Builder{Keys: []K{{Name: key, Value: []uint32{1}}}}.Bytes()
		at := 24 + 8 + len(key) + 4
		binary.LittleEndian.PutUint32(raw[at:], of)
		binary.LittleEndian.PutUint64(raw[at+4:], count)
		return raw[:at+12]
	}
	counts := gguftest.Builder{}.Bytes()
	binary.LittleEndian.PutUint64(counts[8:], 60_000)
	binary.LittleEndian.PutUint64(counts[16:], 60_000)
	for name, head := range map[string][]byte{
		"kept list of bytes":    list("llama.attention.head_count", 0, 100<<20),
		"list of empty strings": list("tokenizer.ggml.tokens", 8, 1_000_000),
		"list beyond a header":  list("x", 10, 1<<50),
		"empty keys, tensors":   counts,
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			const most = 8 << 20
			if got := allocated(func() { _, err = gguf.Read(zeros{head}, 1<<50) }); got > most {
				t.Errorf("%d bytes were allocated, %d are allowed (%v)", got, most, err)
			}
		})
	}
}

// A parser that believed what it read once asked for gigabytes here.
func TestFlippedBytesCostNoMemory(t *testing.T) {
	raw := gguftest.Tiny().Bytes()
	h, err := read(raw)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 3000 {
		bad := slices.Clone(raw)
		for range 3 {
			bad[random.IntN(int(h.DataOffset))] ^= byte(1 << random.IntN(8))
		}
		var err error
		got := allocated(func() { _, err = read(bad) })
		if err != nil {
			refused++
		}
		if got > 4<<20 {
			t.Fatalf("%d bytes were allocated (%v)", got, err)
		}
	}
	if refused < 100 {
		t.Errorf("%d of 3000 damaged files were refused: were they damaged?", refused)
	}
}

func TestWindows(t *testing.T) {
	layers := func(arch string, keys ...K) []bool {
		t.Helper()
		h, err := read(gguftest.Builder{Keys: append([]K{
			{Name: "general.architecture", Value: arch},
			{Name: arch + ".block_count", Value: uint32(6)},
			{Name: arch + ".attention.sliding_window", Value: uint32(512)},
		}, keys...)}.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		return h.Shape.Windowed
	}
	for _, tt := range []struct {
		name string
		got  []bool
		want []bool
	}{
		{"known architecture", layers("gemma3"), []bool{true, true, true, true, true, false}},
		{"unknown one", layers("other"), nil},
		{"number", layers("other", K{Name: "other.attention.sliding_window_pattern", Value: uint32(3)}), []bool{true, true, false, true, true, false}},
		{"list", layers("gemma3", K{Name: "gemma3.attention.sliding_window_pattern", Value: []bool{false, true}}), []bool{false, true}},
	} {
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

// taken is what this process has had of memory, given back or not.
func taken() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func FuzzRead(f *testing.F) {
	// Small ones: what makes a model large is of no interest here.
	f.Add(gguftest.Builder{
		Keys: []K{
			{Name: "general.architecture", Value: "gemma3"},
			{Name: "gemma3.block_count", Value: uint32(6)},
			{Name: "gemma3.attention.head_count_kv", Value: []int32{1, 2}},
			{Name: "gemma3.attention.sliding_window", Value: uint32(512)},
			{Name: "gemma3.attention.sliding_window_pattern", Value: []bool{true, false}},
			{Name: "tokenizer.ggml.tokens", Value: []string{"a", "b"}},
			{Name: "x", Value: float32(1)},
			{Name: "split.count", Value: uint16(2)},
		},
		Tensors: []gguftest.Tensor{
			{Name: "token_embd.weight", Type: gguftest.Q8_0, Dims: []uint64{32, 2}, Data: make([]byte, 68)},
			{Name: "output.weight", Type: gguftest.F16, Dims: []uint64{8}, Data: make([]byte, 16)},
		},
	}.Bytes())
	for _, row := range hostile() {
		if len(row.raw) < 4<<10 {
			f.Add(row.raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		began, before := time.Now(), taken()
		h, err := read(raw)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%d bytes took %v", len(raw), took)
		}
		// A file cannot make the reader take more than a multiple of what it has.
		if took := taken() - before; took > 1<<20+64*uint64(len(raw)) {
			t.Errorf("%d bytes took %d of memory", len(raw), took)
		}
		if err != nil {
			if bad := (*gguf.Error)(nil); !errors.As(err, &bad) {
				t.Errorf("an error of no class: %v", err)
			}
			return
		}
		if h.Parameters < 0 || h.Weights.Total < 0 || h.Weights.Total > int64(len(raw)) || h.DataOffset < 0 {
			t.Errorf("%d bytes were read as %+v", len(raw), h)
		}
	})
}
