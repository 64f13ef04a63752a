package gguf

import "slices"

// Bounds on what a model can be like; beyond them a file is damaged or hostile.
const (
	maxLayers  = 1 << 10
	maxWidth   = 16 << 20 // of a vector, of the vocabulary
	maxHeads   = 64 << 10
	maxContext = 1 << 32
)

// Shape is what an estimate of the memory for a context needs. What a file does
// not say is 0. Lists have one number for each layer, or a single one for all.
type Shape struct {
	Layers        int64
	ContextLength int64 // the longest that the model was trained for
	Embedding     int64
	Vocabulary    int64
	Heads         []int64
	KVHeads       []int64
	KeyLength     int64 // of one head
	ValueLength   int64
	Window        int64  // tokens that a layer with a sliding window looks back
	Windowed      []bool // which layers have one
	// Recurrent layers keep a state instead of a cache.
	ConvKernel, InnerSize, StateSize, Groups int64
	FullInterval                             int64 // every so many layers one is not recurrent
}

// windowEvery says how layers alternate in architectures whose files do not: of
// so many layers, the last looks at the whole context.
var windowEvery = map[string]int64{
	"gemma2": 2, "gemma3": 6, "gemma3n": 5, "gpt-oss": 2, "cohere2": 4,
}

// values are the keys that were kept.
type values map[string]value

// number returns the whole number under key, or missing if there is none.
func (vs values) number(in *reader, key string, missing int64) (int64, error) {
	v, ok := vs[key]
	if !ok {
		return missing, nil
	}
	if v.isText || v.isList || len(v.numbers) != 1 {
		return 0, in.fail("%s is not a whole number", key)
	}
	return v.numbers[0], nil
}

func (vs values) text(in *reader, key string) (string, error) {
	v, ok := vs[key]
	if ok && !v.isText {
		return "", in.fail("%s is not a text", key)
	}
	return v.text, nil
}

// interpret fills the header from the values, and refuses what cannot be.
func (h *Header) interpret(in *reader, vs values) error {
	for _, t := range []struct {
		key  string
		into *string
	}{
		{"general.architecture", &h.Architecture},
		{"general.type", &h.Type},
		{"general.name", &h.Name},
	} {
		text, err := vs.text(in, t.key)
		if err != nil {
			return err
		}
		*t.into = text
	}
	var part, parts int64
	s := &h.Shape
	arch := h.Architecture
	numbers := []struct {
		key  string
		into *int64
		most int64
	}{
		{"general.file_type", &h.fileType, 1 << 20},
		{"split.no", &part, maxSplit},
		{"split.count", &parts, maxSplit},
		{arch + ".block_count", &s.Layers, maxLayers},
		{arch + ".context_length", &s.ContextLength, maxContext},
		{arch + ".embedding_length", &s.Embedding, maxWidth},
		{arch + ".vocab_size", &s.Vocabulary, maxWidth},
		{arch + ".attention.key_length", &s.KeyLength, maxWidth},
		{arch + ".attention.value_length", &s.ValueLength, maxWidth},
		{arch + ".attention.sliding_window", &s.Window, maxContext},
		{arch + ".ssm.conv_kernel", &s.ConvKernel, maxLayers},
		{arch + ".ssm.inner_size", &s.InnerSize, maxWidth},
		{arch + ".ssm.state_size", &s.StateSize, maxHeads},
		{arch + ".ssm.group_count", &s.Groups, maxHeads},
		{arch + ".full_attention_interval", &s.FullInterval, maxLayers},
	}
	for _, n := range numbers {
		got, err := vs.number(in, n.key, *n.into)
		if err != nil {
			return err
		}
		if _, said := vs[n.key]; said && (got < 0 || got > n.most) {
			return in.fail("%s is %d, and 0 to %d make sense", n.key, got, n.most)
		}
		*n.into = got
	}
	if part > 0 && part >= parts {
		return in.fail("it says that it is part %d of %d", part+1, parts)
	}
	h.Part, h.Parts = int(part), int(parts)
	return s.interpret(in, vs, arch)
}

// maxSplit is the most parts that a split model may have.
const maxSplit = 1 << 10

func (s *Shape) interpret(in *reader, vs values, arch string) error {
	var err error
	if s.Heads, err = vs.heads(in, arch+".attention.head_count"); err != nil {
		return err
	}
	if s.KVHeads, err = vs.heads(in, arch+".attention.head_count_kv"); err != nil {
		return err
	}
	if s.KVHeads == nil {
		s.KVHeads = s.Heads
	}
	if widest := slices.Max(append([]int64{0}, s.Heads...)); widest > 0 {
		perHead := s.Embedding / widest
		if s.KeyLength == 0 {
			s.KeyLength = perHead
		}
		if s.ValueLength == 0 {
			s.ValueLength = perHead
		}
	}
	if s.Vocabulary == 0 {
		s.Vocabulary = int64(min(vs["tokenizer.ggml.tokens"].count, maxWidth))
	}
	s.windows(vs[arch+".attention.sliding_window_pattern"], arch)
	return nil
}

// heads reads a number of heads, for all layers or for each.
func (vs values) heads(in *reader, key string) ([]int64, error) {
	v, ok := vs[key]
	if !ok {
		return nil, nil
	}
	if v.isText || (len(v.numbers) == 0 && v.count > 0) {
		return nil, in.fail("%s is neither a number nor a list of numbers of %d layers at most", key, maxArray)
	}
	for _, n := range v.numbers {
		if n < 0 || n > maxHeads {
			return nil, in.fail("%s is %d, and 0 to %d make sense", key, n, maxHeads)
		}
	}
	return v.numbers, nil
}

// windows works out which layers look at a sliding window only. When nothing
// says so none does, and an estimate errs on the large side.
func (s *Shape) windows(pattern value, arch string) {
	if s.Window == 0 {
		return
	}
	if pattern.isList {
		for _, n := range pattern.numbers {
			s.Windowed = append(s.Windowed, n != 0)
		}
		return
	}
	every := windowEvery[arch]
	if len(pattern.numbers) == 1 && pattern.numbers[0] > 0 {
		every = pattern.numbers[0]
	}
	if every < 2 {
		return
	}
	for layer := range s.Layers {
		s.Windowed = append(s.Windowed, layer%every < every-1)
	}
}
