package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"rbee/internal/rollup"
	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// decoder reads samples. It looks each name up once.
type decoder struct {
	q       *dbsqlc.Queries
	gpus    map[nameRef]gpuName
	workers map[nameRef]process
	figures []figure // room for those of one sample
}

// nameRef is a number in a scope, or the name itself.
type nameRef struct{ scope, ref string }

func (s *Store) newDecoder() *decoder {
	return &decoder{q: s.read, gpus: map[nameRef]gpuName{}, workers: map[nameRef]process{}}
}

// gpu and worker read the first element of a sample.
func (d *decoder) gpu(ctx context.Context, scope, first string) (gpuName, error) {
	return lookUp(ctx, d.q, d.gpus, scope, first, gpuOfName)
}

func (d *decoder) worker(ctx context.Context, scope, first string) (process, error) {
	return lookUp(ctx, d.q, d.workers, scope, first, func(name []byte) (process, error) {
		k, _, err := workerOfName(name)
		return k, err
	})
}

func lookUp[K any](ctx context.Context, q *dbsqlc.Queries, known map[nameRef]K, scope, first string,
	read func([]byte) (K, error),
) (k K, err error) {
	ref := nameRef{scope: scope, ref: first}
	if k, ok := known[ref]; ok {
		return k, nil
	}
	name := first
	if !strings.HasPrefix(first, "[") && first != "" {
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return k, fmt.Errorf("name %q: %w", first, err)
		}
		if name, err = q.NameOf(ctx, dbsqlc.NameOfParams{Scope: scope, N: n}); err != nil {
			return k, fmt.Errorf("name %d of %s: %w", n, scope, err)
		}
	}
	if k, err = read([]byte(name)); err == nil {
		ref.ref = strings.Clone(first) // the rest of its row is not kept
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
	err := d.eachSample(gpus, func(first string, f []figure) error {
		if len(f) != 4 && len(f) != 5 {
			return errShape
		}
		k, err := d.gpu(ctx, scope, first)
		if err != nil {
			return err
		}
		if len(f) == 5 && (!k.foreign || f[4].null) {
			return errShape
		}
		g := wire.GPU{ID: k.ID, UtilPct: f[0].float(), VRAMUsedMB: f[1].int(), TempC: f[2].float(), PowerW: f[3].float()}
		if k.VRAMTotalMB != rollup.Unknown {
			g.VRAMTotalMB = &k.VRAMTotalMB
		}
		if k.foreign {
			g.ForeignVRAMMB = new(int64)
		}
		if len(f) == 5 {
			g.ForeignVRAMMB = f[4].int()
		}
		node.GPUs = append(node.GPUs, g)
		return nil
	})
	return node, err
}

func (d *decoder) workersOf(ctx context.Context, scope, workers string) ([]wire.Worker, error) {
	out := []wire.Worker{}
	err := d.eachSample(workers, func(first string, f []figure) error {
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
// of a JSON list of lists. They are valid until f returns.
func (d *decoder) eachSample(text string, f func(first string, figures []figure) error) error {
	for rest, more := text, text != ""; more; {
		first, after, err := firstElement(rest)
		if err != nil {
			return err
		}
		var sample string
		sample, rest, more = strings.Cut(after, "],[")
		d.figures = d.figures[:0]
		for sample != "" {
			var part string
			part, sample, _ = strings.Cut(sample, ",")
			v := figure{null: part == "null"}
			if !v.null {
				if v.v, err = strconv.ParseFloat(part, 64); err != nil {
					return fmt.Errorf("sample %q: %w", text, err)
				}
			}
			d.figures = append(d.figures, v)
		}
		if err := f(first, d.figures); err != nil {
			return err
		}
	}
	return nil
}

// firstElement splits off the name, which may be a list of strings with commas.
func firstElement(sample string) (first, after string, err error) {
	if strings.HasPrefix(sample, "[") {
		var name json.RawMessage
		dec := json.NewDecoder(strings.NewReader(sample))
		if err := dec.Decode(&name); err != nil {
			return "", "", fmt.Errorf("sample %q: %w", sample, err)
		}
		return string(name), strings.TrimPrefix(sample[dec.InputOffset():], ","), nil
	}
	first, after, _ = strings.Cut(sample, ",")
	return first, after, nil
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
