package gguf

import (
	"io"
	"maps"
	"strings"
)

// Header is what one file says of itself.
type Header struct {
	Version      uint32
	Type         string // general.type: "model", "adapter", "mmproj"…, mostly ""
	Architecture string // "" in the later parts of a split model
	Name         string
	Quantisation string // "Q4_K_M", "F16"…
	Parameters   int64  // elements of all tensors
	Part, Parts  int    // of a split model, counted from 0; Parts is 0 for a whole one
	Shape        Shape
	Weights      Weights
	DataOffset   int64 // where the tensors begin

	fileType int64 // general.file_type, -1 if it is not said
}

// Weights are the bytes of the tensors of a file, or of all files of a model.
type Weights struct {
	Tensors int
	Total   int64
	Input   int64            // of the token embedding, which engines keep in main memory
	Output  bool             // there is an output tensor; if not, the embedding serves as one
	ByType  map[uint32]int64 // bytes for each packing
}

// kept are the keys whose values are read. A key that begins with '.' stands
// after the name of the architecture.
var kept = map[string]bool{
	"general.architecture": true, "general.type": true, "general.name": true,
	"general.file_type": true, "general.alignment": true,
	"split.no": true, "split.count": true, "tokenizer.ggml.tokens": true,
	".context_length": true, ".block_count": true, ".embedding_length": true, ".vocab_size": true,
	".attention.head_count": true, ".attention.head_count_kv": true,
	".attention.key_length": true, ".attention.value_length": true,
	".attention.sliding_window": true, ".attention.sliding_window_pattern": true,
	".ssm.conv_kernel": true, ".ssm.inner_size": true, ".ssm.state_size": true, ".ssm.group_count": true,
	".full_attention_interval": true,
}

func isKept(key string) bool {
	if kept[key] {
		return true
	}
	_, rest, found := strings.Cut(key, ".")
	return found && kept["."+rest]
}

// Read reads the header of a file of size bytes. What is wrong with the file is
// an *Error; what else goes wrong comes from r.
func Read(r io.ReaderAt, size int64) (*Header, error) {
	in := newReader(r, size)
	h := &Header{fileType: -1}
	tensors, keys, err := h.readPreamble(in)
	if err != nil {
		return nil, err
	}
	values, err := readValues(in, keys)
	if err != nil {
		return nil, err
	}
	if err := h.interpret(in, values); err != nil {
		return nil, err
	}
	align, err := values.number(in, "general.alignment", 32)
	if err != nil {
		return nil, err
	}
	if align < 1 || align > 1<<20 || align&(align-1) != 0 {
		return nil, in.fail("general.alignment is %d, which is not a power of two up to a MiB", align)
	}
	if err := h.readTensors(in, tensors, align); err != nil {
		return nil, err
	}
	h.Quantisation = h.quantisation()
	return h, nil
}

func (h *Header) readPreamble(in *reader) (tensors, keys uint64, err error) {
	magic, err := in.bytes(4, "the magic")
	if err != nil {
		return 0, 0, err
	}
	if string(magic) != "GGUF" {
		in.off = 0
		return 0, 0, in.fail("it begins with %q, not with \"GGUF\"", magic)
	}
	if h.Version, err = in.u32("the version"); err != nil {
		return 0, 0, err
	}
	switch {
	case h.Version == 2 || h.Version == 3:
	case h.Version&0xffff == 0 && h.Version != 0:
		return 0, 0, in.fail("it is big-endian, which engines on this machine cannot load: convert it")
	default:
		return 0, 0, in.fail("version %d: 2 and 3 are known", h.Version)
	}
	if tensors, err = in.u64("the number of tensors"); err != nil {
		return 0, 0, err
	}
	if tensors > maxTensors {
		return 0, 0, in.fail("it claims %d tensors, %d are allowed", tensors, maxTensors)
	}
	if keys, err = in.u64("the number of keys"); err != nil {
		return 0, 0, err
	}
	if keys > maxKeys {
		return 0, 0, in.fail("it claims %d keys, %d are allowed", keys, maxKeys)
	}
	return tensors, keys, nil
}

func readValues(in *reader, keys uint64) (values, error) {
	vs := values{}
	for range keys {
		key, err := in.text(maxKey, "a key")
		if err != nil {
			return nil, err
		}
		keep := isKept(key)
		if _, twice := vs[key]; keep && twice {
			return nil, in.fail("the key %q is there twice", key)
		}
		v, err := in.value(key, keep)
		if err != nil {
			return nil, err
		}
		if !keep {
			continue
		}
		if vs[key] = v; len(vs) > maxKept {
			return nil, in.fail("more than %d keys say what a model is like", maxKept)
		}
	}
	return vs, nil
}

// quantisation is the name of the mixture, or of the packing that most bytes
// have when the file names none.
func (h *Header) quantisation() string {
	const guessed = 1024
	if name, ok := fileTypes[h.fileType&^guessed]; ok && h.fileType >= 0 {
		return name
	}
	return h.Weights.packing()
}

func (w Weights) packing() string {
	var most int64 = -1
	var number uint32
	for n, bytes := range w.ByType {
		if bytes > most || (bytes == most && n < number) {
			most, number = bytes, n
		}
	}
	if most < 0 {
		return ""
	}
	return typeName(number)
}

// Join returns what the parts of a split model, in their order, are together.
// There has to be one at least; none is changed.
func Join(parts []*Header) *Header {
	whole := *parts[0]
	w := &whole.Weights
	w.ByType = maps.Clone(w.ByType)
	for _, part := range parts[1:] {
		p := part.Weights
		whole.Parameters = add(whole.Parameters, part.Parameters)
		w.Tensors += p.Tensors
		w.Total = add(w.Total, p.Total)
		w.Input = add(w.Input, p.Input)
		w.Output = w.Output || p.Output
		for number, bytes := range p.ByType {
			w.ByType[number] = add(w.ByType[number], bytes)
		}
	}
	whole.Quantisation = whole.quantisation()
	return &whole
}
