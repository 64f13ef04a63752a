package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"rbee/internal/rollup"
	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// decoder reads samples. It looks each name up once.
type decoder struct {
	q       *dbsqlc.Queries
	gpus    map[nameRef]rollup.GPUKey
	workers map[nameRef]process
}

// nameRef is a number in a scope, or the name itself.
type nameRef struct{ scope, ref string }

func (s *Store) newDecoder() *decoder {
	return &decoder{q: s.read, gpus: map[nameRef]rollup.GPUKey{}, workers: map[nameRef]process{}}
}

// gpu and worker read the first element of a sample.
func (d *decoder) gpu(ctx context.Context, scope string, first []byte) (rollup.GPUKey, error) {
	return lookUp(ctx, d.q, d.gpus, scope, first, gpuOfName)
}

func (d *decoder) worker(ctx context.Context, scope string, first []byte) (process, error) {
	return lookUp(ctx, d.q, d.workers, scope, first, func(name []byte) (process, error) {
		k, _, err := workerOfName(name)
		return k, err
	})
}

func lookUp[K any](ctx context.Context, q *dbsqlc.Queries, known map[nameRef]K, scope string, first []byte,
	read func([]byte) (K, error),
) (k K, err error) {
	ref := nameRef{scope: scope, ref: string(first)}
	if k, ok := known[ref]; ok {
		return k, nil
	}
	name := first
	if len(first) > 0 && first[0] != '[' {
		n, err := strconv.ParseInt(ref.ref, 10, 64)
		if err != nil {
			return k, fmt.Errorf("name %q: %w", first, err)
		}
		text, err := q.NameOf(ctx, dbsqlc.NameOfParams{Scope: scope, N: n})
		if err != nil {
			return k, fmt.Errorf("name %d of %s: %w", n, scope, err)
		}
		name = []byte(text)
	}
	if k, err = read(name); err == nil {
		known[ref] = k
	}
	return k, err
}

// node reads the sample of a machine; nil when there is none.
func (d *decoder) node(ctx context.Context, scope string, cpu, ramUsed, ramTotal *int64, gpus string) (*wire.Node, error) {
	if cpu == nil {
		return nil, nil
	}
	node := &wire.Node{CPUPct: float64(*cpu) / 100, RAMUsedMB: deref(ramUsed), RAMTotalMB: deref(ramTotal), GPUs: []wire.GPU{}}
	err := eachSample(gpus, func(first []byte, f []figure) error {
		if len(f) != 4 {
			return errShape
		}
		k, err := d.gpu(ctx, scope, first)
		if err != nil {
			return err
		}
		g := wire.GPU{ID: k.ID, UtilPct: f[0].float(), VRAMUsedMB: f[1].int(), TempC: f[2].float(), PowerW: f[3].float()}
		if k.VRAMTotalMB != rollup.Unknown {
			g.VRAMTotalMB = &k.VRAMTotalMB
		}
		node.GPUs = append(node.GPUs, g)
		return nil
	})
	return node, err
}

func (d *decoder) workersOf(ctx context.Context, scope, workers string) ([]wire.Worker, error) {
	out := []wire.Worker{}
	err := eachSample(workers, func(first []byte, f []figure) error {
		if len(f) != 7 {
			return errShape
		}
		k, err := d.worker(ctx, scope, first)
		if err != nil {
			return err
		}
		w := wire.Worker{
			PID: k.pid, Group: k.Group, Instance: k.Instance, CPUPct: f[0].v, RSSMB: f[1].whole(),
			IOReadMBS: f[2].v, IOWriteMBS: f[3].v, UptimeS: f[4].whole(), GPUUtilPct: f[5].v, VRAMMB: f[6].whole(),
			TotalVRAMMB: k.TotalVRAMMB,
		}
		if k.HasModel {
			w.Model = &k.Model
		}
		out = append(out, w)
		return nil
	})
	return out, err
}

// errShape is damage that SQLite cannot see.
var errShape = errors.New("a sample has not the elements it should have")

// figure is one element of a sample after its name; null when the driver did
// not tell. Whole numbers are exact: wire bounds them below 2^53.
type figure struct {
	v    float64
	null bool
}

func (f figure) whole() int64 { return int64(math.Round(f.v)) }

func (f figure) float() *float64 {
	if f.null {
		return nil
	}
	return &f.v
}

func (f figure) int() *int64 {
	if f.null {
		return nil
	}
	v := f.whole()
	return &v
}

// eachSample calls f with the name and the figures of each sample in the inside
// of a JSON list of lists.
func eachSample(text string, f func(first []byte, figures []figure) error) error {
	if text == "" {
		return nil
	}
	var figures []figure
	for rest := []byte(text); ; {
		first, after, err := firstElement(rest)
		if err != nil {
			return err
		}
		sample, more, found := bytes.Cut(after, []byte("],["))
		figures = figures[:0]
		for len(sample) > 0 {
			var part []byte
			part, sample, _ = bytes.Cut(sample, []byte(","))
			v := figure{null: string(part) == "null"}
			if !v.null {
				if v.v, err = strconv.ParseFloat(string(part), 64); err != nil {
					return fmt.Errorf("sample %q: %w", text, err)
				}
			}
			figures = append(figures, v)
		}
		if err := f(first, figures); err != nil {
			return err
		}
		if !found {
			return nil
		}
		rest = more
	}
}

// firstElement splits off the name, which may be a list of strings with commas.
func firstElement(sample []byte) (first, after []byte, err error) {
	if len(sample) > 0 && sample[0] == '[' {
		var name json.RawMessage
		dec := json.NewDecoder(bytes.NewReader(sample))
		if err := dec.Decode(&name); err != nil {
			return nil, nil, fmt.Errorf("sample %q: %w", sample, err)
		}
		return name, bytes.TrimPrefix(sample[dec.InputOffset():], []byte(",")), nil
	}
	first, after, _ = bytes.Cut(sample, []byte(","))
	return first, after, nil
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
