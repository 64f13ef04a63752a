package gguf

import (
	"math"
	"math/bits"
	"strings"
)

// tensor is one entry of the list of tensors.
type tensor struct {
	name     string
	number   uint32 // of its packing
	elements uint64
	bytes    uint64 // 0 if the packing is not known
	known    bool
	offset   uint64
}

// readTensors reads the list of tensors and holds it against the size of the
// file, which finds those that were cut off.
func (h *Header) readTensors(in *reader, count uint64, align int64) error {
	w := &h.Weights
	w.ByType = map[uint32]int64{}
	w.Tensors = int(count)
	var end, elements, total uint64
	known := true
	for range count {
		t, err := in.tensor(uint64(align))
		if err != nil {
			return err
		}
		last, over := bits.Add64(t.offset, t.bytes, 0)
		if over != 0 {
			return in.fail("the tensor %q would end beyond any file", t.name)
		}
		end = max(end, last)
		elements = addU(elements, t.elements)
		total = addU(total, t.bytes)
		known = known && t.known
		if w.ByType[t.number] = add(w.ByType[t.number], clamp(t.bytes)); len(w.ByType) > maxTypes {
			return in.fail("its tensors have more than %d types", maxTypes)
		}
		switch {
		case strings.HasPrefix(t.name, "token_embd.weight"):
			w.Input = add(w.Input, clamp(t.bytes))
		case t.name == "output.weight":
			w.Output = true
		}
	}
	h.DataOffset = in.off
	if count > 0 {
		h.DataOffset = (in.off + align - 1) / align * align
	}
	data := max(0, in.size-h.DataOffset)
	if end > uint64(data) {
		return in.fail("its tensors end %d bytes after its end at %d: it was not copied whole", end-uint64(data), in.size)
	}
	if total > uint64(data) {
		return in.fail("its tensors have %d bytes, and %d can hold tensors: they overlap", total, data)
	}
	h.Parameters = clamp(elements)
	w.Total = clamp(total)
	if !known {
		w.Total = data // a packing that is newer than this program
	}
	return nil
}

func (r *reader) tensor(align uint64) (tensor, error) {
	var t tensor
	var err error
	if t.name, err = r.text(maxName, "the name of a tensor"); err != nil {
		return t, err
	}
	dims, err := r.u32(t.name)
	if err != nil {
		return t, err
	}
	if dims > maxDims {
		return t, r.fail("the tensor %q has %d dimensions, %d are allowed", t.name, dims, maxDims)
	}
	t.elements = 1
	first := uint64(1)
	for i := range dims {
		n, err := r.u64(t.name)
		if err != nil {
			return t, err
		}
		if i == 0 {
			first = n
		}
		over, product := bits.Mul64(t.elements, n)
		if over != 0 || product > math.MaxInt64 {
			return t, r.fail("the tensor %q has more elements than can be counted", t.name)
		}
		t.elements = product
	}
	if t.number, err = r.u32(t.name); err != nil {
		return t, err
	}
	if t.offset, err = r.u64(t.name); err != nil {
		return t, err
	}
	if t.offset%align != 0 {
		return t, r.fail("the tensor %q begins at %d, which is no multiple of %d", t.name, t.offset, align)
	}
	return t, r.measure(&t, first)
}

// measure reckons the bytes of a tensor from its packing and the length of its rows.
func (r *reader) measure(t *tensor, row uint64) error {
	packing, known := tensorTypes[t.number]
	if !known {
		return nil
	}
	t.known = true
	if row%packing.block != 0 {
		return r.fail("the tensor %q has rows of %d elements, and %s packs %d at a time", t.name, row, packing.name, packing.block)
	}
	over, bytes := bits.Mul64(t.elements/packing.block, packing.bytes)
	if over != 0 {
		return r.fail("the tensor %q has more bytes than can be counted", t.name)
	}
	t.bytes = bytes
	return nil
}

// addU and add stop at the largest number instead of wrapping round.
func addU(a, b uint64) uint64 {
	sum, over := bits.Add64(a, b, 0)
	if over != 0 {
		return math.MaxUint64
	}
	return sum
}

func add(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func clamp(n uint64) int64 { return int64(min(n, math.MaxInt64)) }
