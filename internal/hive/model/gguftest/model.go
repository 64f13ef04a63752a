package gguftest

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
)

// Model is a small language model of the llama architecture, with a vocabulary
// of single bytes and random weights: asked for so many tokens, it answers with
// as many letters and spaces.
type Model struct {
	Name        string
	Layers      int
	Embedding   int
	FeedForward int
	Heads       int
	KVHeads     int
	Context     int
	Keys        []Key // further keys, after those of the model
}

// Tiny has 107,000 parameters and is less than half a megabyte.
func Tiny() Model {
	return Model{Name: "Tiny", Layers: 2, Embedding: 64, FeedForward: 128, Heads: 4, KVHeads: 2, Context: 512}
}

// Vocabulary is the number of tokens of every Model: three of control, the
// bytes, and a space.
const Vocabulary = 3 + 256 + 1

// Bytes returns the model as one file, always the same one.
func (m Model) Bytes() []byte {
	return Builder{Keys: m.keys(), Tensors: m.tensors()}.Bytes()
}

// Parts returns the model split into n files, named with PartName.
func (m Model) Parts(n int) [][]byte {
	tensors := m.tensors()
	var out [][]byte
	for i := range n {
		keys := []Key{
			{"split.no", uint16(i)},
			{"split.count", uint16(n)},
			{"split.tensors.count", int32(len(tensors))},
		}
		if i == 0 {
			keys = append(m.keys(), keys...)
		}
		from, to := i*len(tensors)/n, (i+1)*len(tensors)/n
		out = append(out, Builder{Keys: keys, Tensors: tensors[from:to]}.Bytes())
	}
	return out
}

// PartName is the name of part i, counted from 0, of a model split into n.
func PartName(base string, i, n int) string {
	return fmt.Sprintf("%s-%05d-of-%05d.gguf", base, i+1, n)
}

func (m Model) keys() []Key {
	tokens := []string{"<unk>", "<s>", "</s>"}
	types := []int32{2, 3, 3}
	for b := range 256 {
		tokens = append(tokens, fmt.Sprintf("<0x%02X>", b))
		types = append(types, 6)
	}
	tokens = append(tokens, "▁")
	types = append(types, 1)
	scores := make([]float32, len(tokens))
	return append([]Key{
		{"general.architecture", "llama"},
		{"general.type", "model"},
		{"general.name", m.Name},
		{"general.file_type", uint32(0)},
		{"llama.context_length", uint32(m.Context)},
		{"llama.embedding_length", uint32(m.Embedding)},
		{"llama.block_count", uint32(m.Layers)},
		{"llama.feed_forward_length", uint32(m.FeedForward)},
		{"llama.attention.head_count", uint32(m.Heads)},
		{"llama.attention.head_count_kv", uint32(m.KVHeads)},
		{"llama.attention.layer_norm_rms_epsilon", float32(1e-5)},
		{"llama.rope.dimension_count", uint32(m.Embedding / m.Heads)},
		{"llama.vocab_size", uint32(len(tokens))},
		{"tokenizer.ggml.model", "llama"},
		{"tokenizer.ggml.tokens", tokens},
		{"tokenizer.ggml.scores", scores},
		{"tokenizer.ggml.token_type", types},
		{"tokenizer.ggml.bos_token_id", uint32(1)},
		{"tokenizer.ggml.eos_token_id", uint32(2)},
		{"tokenizer.ggml.unknown_token_id", uint32(0)},
		{"tokenizer.chat_template", "{% for message in messages %}{{ message['content'] }}{% endfor %}"},
	}, m.Keys...)
}

func (m Model) tensors() []Tensor {
	random := rand.New(rand.NewPCG(7, 8))
	embedding, kv := m.Embedding, m.Embedding/m.Heads*m.KVHeads
	matrix := func(name string, rows, columns int) Tensor {
		return Tensor{name, F32, []uint64{uint64(rows), uint64(columns)}, floats(rows*columns, func() float64 {
			return random.NormFloat64() / math.Sqrt(float64(rows))
		})}
	}
	norm := func(name string) Tensor {
		return Tensor{name, F32, []uint64{uint64(embedding)}, floats(embedding, func() float64 { return 1 })}
	}
	out := []Tensor{
		matrix("token_embd.weight", embedding, Vocabulary),
		norm("output_norm.weight"),
		output(random, embedding),
	}
	for layer := range m.Layers {
		at := func(name string) string { return fmt.Sprintf("blk.%d.%s.weight", layer, name) }
		out = append(out,
			norm(at("attn_norm")),
			matrix(at("attn_q"), embedding, embedding),
			matrix(at("attn_k"), embedding, kv),
			matrix(at("attn_v"), embedding, kv),
			matrix(at("attn_output"), embedding, embedding),
			norm(at("ffn_norm")),
			matrix(at("ffn_gate"), embedding, m.FeedForward),
			matrix(at("ffn_up"), embedding, m.FeedForward),
			matrix(at("ffn_down"), m.FeedForward, embedding),
		)
	}
	return out
}

// output makes the last layer: letters and the space are far more likely than
// all else. So what a model says is text, whatever the engine parses it with,
// and it does not end by itself.
func output(random *rand.Rand, embedding int) Tensor {
	const space, loud = Vocabulary - 1, 10
	n := 0
	return Tensor{"output.weight", F32, []uint64{uint64(embedding), Vocabulary}, floats(embedding*Vocabulary, func() float64 {
		token := n / embedding
		n++
		if letter := token - 3; (letter < 'a' || letter > 'z') && token != space {
			return 0
		}
		return loud * random.NormFloat64() / math.Sqrt(float64(embedding))
	})}
}

func floats(n int, next func() float64) []byte {
	var out []byte
	for range n {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(next())))
	}
	return out
}
