package model

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"

	"rbee/internal/hive/model/gguf"
	"rbee/internal/wire"
)

// config is what is read of the config.json of a folder with safetensors. Models
// of several kinds of input say what concerns text in a part of its own.
type config struct {
	ModelType     string   `json:"model_type"`
	Architectures []string `json:"architectures"`
	DType         string   `json:"dtype"`
	TorchDType    string   `json:"torch_dtype"`
	Quantisation  *struct {
		Method string `json:"quant_method"`
	} `json:"quantization_config"`
	shapeConfig
	Text *shapeConfig `json:"text_config"`
}

type shapeConfig struct {
	Layers     int64 `json:"num_hidden_layers"`
	Hidden     int64 `json:"hidden_size"`
	Heads      int64 `json:"num_attention_heads"`
	KVHeads    int64 `json:"num_key_value_heads"`
	HeadDim    int64 `json:"head_dim"`
	Context    int64 `json:"max_position_embeddings"`
	Vocabulary int64 `json:"vocab_size"`
}

// shape refuses what no model is like, as package gguf does.
func (c shapeConfig) shape() (gguf.Shape, error) {
	const most = 1 << 24
	for _, n := range []int64{c.Layers, c.Hidden, c.Heads, c.KVHeads, c.HeadDim, c.Vocabulary, c.Context >> 8} {
		if n < 0 || n > most {
			return gguf.Shape{}, fmt.Errorf("its config.json says %d, and 0 to %d make sense", n, most)
		}
	}
	if c.HeadDim == 0 && c.Heads > 0 {
		c.HeadDim = c.Hidden / c.Heads
	}
	return gguf.Shape{
		Layers: min(c.Layers, 1024), ContextLength: c.Context, Embedding: c.Hidden, Vocabulary: c.Vocabulary,
		Heads: []int64{c.Heads}, KVHeads: []int64{cmp.Or(c.KVHeads, c.Heads)},
		KeyLength: c.HeadDim, ValueLength: c.HeadDim,
	}, nil
}

// safetensors adds the folder at rel as a model. The weights are what the files
// weigh; how many parameters that makes is known if none are quantised.
func (w *walk) safetensors(rel string, names []string) {
	where := filepath.Join(w.place.Path, filepath.FromSlash(rel))
	m, err := w.folderModel(rel, names)
	if err != nil {
		w.problem(where, err)
		return
	}
	m.ID, m.Path, m.Format = w.id(rel), where, wire.ModelSafetensors
	if rel == "." {
		m.ID = filepath.Base(w.place.Path)
	}
	w.add(m)
}

func (w *walk) folderModel(rel string, names []string) (Model, error) {
	m := Model{place: w.place, rels: []string{rel}}
	raw, err := readSmall(w.root, path.Join(rel, "config.json"), maxManifest)
	if err != nil {
		return m, err
	}
	var c config
	if err := json.Unmarshal(raw, &c); err != nil {
		return m, fmt.Errorf("its config.json cannot be read: %w", err)
	}
	sizes := c.shapeConfig
	if c.Text != nil && sizes.Layers == 0 {
		sizes = *c.Text
	}
	if m.shape, err = sizes.shape(); err != nil {
		return m, err
	}
	slices.Sort(names)
	for _, name := range names {
		info, err := w.root.Stat(path.Join(rel, name))
		if err != nil {
			return m, pathCause(w.root, path.Join(rel, name), err)
		}
		m.Files = append(m.Files, filepath.Join(w.place.Path, filepath.FromSlash(rel), name))
		m.SizeBytes += info.Size()
	}
	m.weights = gguf.Weights{Total: m.SizeBytes}
	if m.Architecture = wire.Printable(c.ModelType); m.Architecture == "" && len(c.Architectures) > 0 {
		m.Architecture = wire.Printable(c.Architectures[0])
	}
	m.ContextLength = m.shape.ContextLength
	dtype := cmp.Or(c.DType, c.TorchDType)
	m.Quantisation = wire.Printable(dtype)
	if c.Quantisation != nil {
		m.Quantisation = wire.Printable(c.Quantisation.Method)
	} else if width := map[string]int64{"float32": 4, "float16": 2, "bfloat16": 2}[dtype]; width > 0 {
		m.Parameters = m.SizeBytes / width
	}
	return m, nil
}
