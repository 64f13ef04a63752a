package model

import (
	"fmt"
	"math"
	"math/bits"

	"rbee/internal/hive/model/gguf"
	"rbee/internal/wire"
)

// DefaultContext is the context that memory is estimated for when nobody says
// another, if the model was trained for as much. Whoever starts a worker has to
// tell the engine the same.
const DefaultContext = 8192

// What the formula takes for granted, see docs/models.md.
const (
	cacheBytes  = 2         // of a cached number, F16
	stateBytes  = 4         // of a number in the state of a recurrent layer, F32
	batch       = 512       // tokens that are computed at once
	slots       = 4         // conversations that share the context
	cachePad    = 256       // cells come in multiples of this
	activations = 16        // vectors of the model's width, for each token of a batch
	gpuBase     = 512 << 20 // the driver's context and the engine's own
	cpuBase     = 64 << 20
)

// Needs estimates the memory for a context of so many tokens, 0 for the
// default, on a GPU or in main memory.
func (m *Model) Needs(context int64, gpu bool) wire.ModelVRAM {
	if context <= 0 {
		context = DefaultContext
		if m.shape.ContextLength > 0 {
			context = min(context, m.shape.ContextLength)
		}
	}
	need := wire.ModelVRAM{
		Context:       context,
		WeightsBytes:  m.weights.Total,
		CacheBytes:    cache(&m.shape, context),
		OverheadBytes: sum(cpuBase, product(batch, sum(m.shape.Vocabulary, product(activations, m.shape.Embedding)), 4)),
	}
	if gpu {
		need.OverheadBytes = sum(need.OverheadBytes, gpuBase-cpuBase)
		if m.weights.Output {
			need.WeightsBytes -= m.weights.Input // stays in main memory
		}
	}
	if m.shape.Layers == 0 {
		need.CacheBytes = need.WeightsBytes / 8 // nothing is known but the size
	}
	need.TotalBytes = sum(need.WeightsBytes, need.CacheBytes, need.OverheadBytes)
	return need
}

// cache reckons what is kept of a context: of attention two vectors for each
// token and layer, of recurrent layers a state for each conversation.
func cache(s *gguf.Shape, context int64) int64 {
	full := padded(context)
	window := full
	if s.Window > 0 {
		window = min(full, padded(sum(product(s.Window, slots), batch)))
	}
	state := sum(
		product(max(0, s.ConvKernel-1), sum(s.InnerSize, product(2, s.Groups, s.StateSize))),
		product(s.StateSize, s.InnerSize))
	var total int64
	for layer := range s.Layers {
		heads := ofLayer(s.KVHeads, layer)
		if s.FullInterval > 0 && (layer+1)%s.FullInterval != 0 {
			heads = 0
		}
		if heads == 0 {
			total = sum(total, product(state, slots, stateBytes))
			continue
		}
		cells := full
		if layer < int64(len(s.Windowed)) && s.Windowed[layer] {
			cells = window
		}
		total = sum(total, product(cells, heads, sum(s.KeyLength, s.ValueLength), cacheBytes))
	}
	return total
}

// ofLayer returns the number of a layer from a list that has one for all layers
// or one for each.
func ofLayer(list []int64, layer int64) int64 {
	switch {
	case len(list) == 1:
		return list[0]
	case layer < int64(len(list)):
		return list[layer]
	default:
		return 0
	}
}

func padded(cells int64) int64 { return sum(cells, cachePad-1) / cachePad * cachePad }

// sum and product stop at the largest number: a file may claim anything.
func sum(of ...int64) int64 {
	var total int64
	for _, n := range of {
		if total > math.MaxInt64-n {
			return math.MaxInt64
		}
		total += n
	}
	return total
}

func product(of ...int64) int64 {
	total := uint64(1)
	for _, n := range of {
		over, low := bits.Mul64(total, uint64(n))
		if over != 0 || low > math.MaxInt64 {
			return math.MaxInt64
		}
		total = low
	}
	return int64(total)
}

// TooLargeError says that a model does not fit a device, with the numbers.
type TooLargeError struct {
	ID        string
	Needs     wire.ModelVRAM
	FreeBytes int64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the model %s needs about %s (weights %s, a context of %d tokens %s, overhead %s) and %s are free: "+
		"free some, take a shorter context or a smaller quantisation, or force it",
		e.ID, gib(e.Needs.TotalBytes), gib(e.Needs.WeightsBytes), e.Needs.Context, gib(e.Needs.CacheBytes),
		gib(e.Needs.OverheadBytes), gib(e.FreeBytes))
}

func gib(bytes int64) string { return fmt.Sprintf("%.2f GiB", float64(bytes)/(1<<30)) }

// Fits returns a *TooLargeError unless the model with a context of so many
// tokens, 0 for the default, should find room in the free bytes of a device.
func (m *Model) Fits(context, freeBytes int64, gpu bool) error {
	need := m.Needs(context, gpu)
	if need.TotalBytes <= freeBytes {
		return nil
	}
	return &TooLargeError{ID: m.ID, Needs: need, FreeBytes: freeBytes}
}
