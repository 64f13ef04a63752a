package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"rbee/cmd/rbee-keeper/internal/chart"
	"rbee/internal/wire"
)

// figure is a chart of what pick takes from each point: nil where it has none.
func (d *drawing) figure(title string, rows int, show func(float64) string, pick func(*wire.Point) (*wire.Stat, int64)) chart.Chart {
	c := chart.Chart{Title: title, Show: show, Rows: rows, Values: make([]*chart.Value, len(d.Points))}
	for i, p := range d.Points {
		if p == nil {
			continue
		}
		if stat, beats := pick(p); stat != nil {
			c.Values[i] = &chart.Value{Mean: stat.Mean, Max: stat.Max, Weight: float64(beats)}
			c.Low, c.High = min(c.Low, stat.Mean), max(c.High, stat.Max)
		}
	}
	return c
}

// upTo fixes the top of the axis at what the figure cannot exceed, or above it
// if it does.
func upTo(c chart.Chart, top float64, round func(float64) float64) chart.Chart {
	if c.High > top {
		top = round(c.High)
	}
	c.High = top
	if c.Low < 0 {
		c.Low = -chart.Ceiling(-c.Low)
	}
	return c
}

// ofTotal is a memory whose size is the largest told, if any is.
func ofTotal(c chart.Chart, total int64) chart.Chart {
	if total > 0 {
		c.Title += " of " + size(float64(total))
	}
	return upTo(c, float64(total), sizeCeiling)
}

func (d *drawing) machine() []chart.Chart {
	var total int64
	for _, p := range d.Points {
		if p != nil && p.RAMTotalMB != nil {
			total = max(total, *p.RAMTotalMB)
		}
	}
	return []chart.Chart{
		upTo(d.figure("CPU", tall, share, func(p *wire.Point) (*wire.Stat, int64) { return p.CPUPct, p.Heartbeats }), 100, chart.Ceiling),
		ofTotal(d.figure("RAM", tall, size, func(p *wire.Point) (*wire.Stat, int64) { return p.RAMUsedMB, p.Heartbeats }), total),
	}
}

// gpus are the ids of all GPUs that any point tells of, in their order there.
func (d *drawing) gpus() []string {
	var ids []string
	seen := map[string]bool{}
	for _, p := range d.Points {
		if p == nil {
			continue
		}
		for i := range p.GPUs {
			if id := p.GPUs[i].ID; !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids
}

func (d *drawing) gpu(id string) []chart.Chart {
	var total int64
	of := func(pick func(*wire.GPUPoint) *wire.Stat) func(*wire.Point) (*wire.Stat, int64) {
		return func(p *wire.Point) (*wire.Stat, int64) {
			for i := range p.GPUs {
				if g := &p.GPUs[i]; g.ID == id {
					if g.VRAMTotalMB != nil {
						total = max(total, *g.VRAMTotalMB)
					}
					return pick(g), p.Heartbeats
				}
			}
			return nil, 0
		}
	}
	util := d.figure("utilisation", tall, share, of(func(g *wire.GPUPoint) *wire.Stat { return g.UtilPct }))
	vram := d.figure("VRAM", tall, size, of(func(g *wire.GPUPoint) *wire.Stat { return g.VRAMUsedMB }))
	temp := d.figure("temperature", flat, unit("°C"), of(func(g *wire.GPUPoint) *wire.Stat { return g.TempC }))
	power := d.figure("power", flat, unit(" W"), of(func(g *wire.GPUPoint) *wire.Stat { return g.PowerW }))
	return []chart.Chart{
		upTo(util, 100, chart.Ceiling), ofTotal(vram, total), upTo(temp, 100, chart.Ceiling), upTo(power, 0, chart.Ceiling),
	}
}

// workerKey names a worker as the history does.
type workerKey struct{ group, instance, model string }

func (w workerKey) name() string {
	name := "worker " + w.group + "/" + w.instance
	if w.model != "" {
		name += "  " + w.model
	}
	return name
}

func keyOf(w *wire.WorkerPoint) workerKey {
	key := workerKey{group: w.Group, instance: w.Instance}
	if w.Model != nil {
		key.model = *w.Model
	}
	return key
}

// workers are all that any point tells of, those that held most VRAM first.
func (d *drawing) workers() []workerKey {
	most := map[workerKey]wire.WorkerPoint{}
	var keys []workerKey
	for _, p := range d.Points {
		if p == nil {
			continue
		}
		for i := range p.Workers {
			w := &p.Workers[i]
			key := keyOf(w)
			top, seen := most[key]
			if !seen {
				keys = append(keys, key)
			}
			top.VRAMMB.Max, top.CPUPct.Max = max(top.VRAMMB.Max, w.VRAMMB.Max), max(top.CPUPct.Max, w.CPUPct.Max)
			most[key] = top
		}
	}
	slices.SortStableFunc(keys, func(a, b workerKey) int {
		return cmp.Or(cmp.Compare(most[b].VRAMMB.Max, most[a].VRAMMB.Max), cmp.Compare(most[b].CPUPct.Max, most[a].CPUPct.Max))
	})
	return keys
}

// worker is its VRAM, if it ever held any, and its share of the cores.
func (d *drawing) worker(key workerKey) []chart.Chart {
	var total int64
	of := func(pick func(*wire.WorkerPoint) *wire.Stat) func(*wire.Point) (*wire.Stat, int64) {
		return func(p *wire.Point) (*wire.Stat, int64) {
			for i := range p.Workers {
				if w := &p.Workers[i]; keyOf(w) == key {
					total = max(total, w.TotalVRAMMB)
					return pick(w), w.Heartbeats
				}
			}
			return nil, 0
		}
	}
	vram := d.figure("VRAM", flat, size, of(func(w *wire.WorkerPoint) *wire.Stat { return &w.VRAMMB }))
	cpu := upTo(d.figure("CPU", flat, share, of(func(w *wire.WorkerPoint) *wire.Stat { return &w.CPUPct })), 100, chart.Ceiling)
	if vram.High <= 0 {
		return []chart.Chart{cpu}
	}
	return []chart.Chart{ofTotal(vram, total), cpu}
}

func unit(name string) func(float64) string {
	return func(figure float64) string {
		if math.Abs(figure) >= 1e6 {
			return fmt.Sprintf("%.0e%s", figure, name)
		}
		return fmt.Sprintf("%.0f%s", figure, name)
	}
}

// share writes a percentage; the gentle rounding of percent would overflow.
func share(figure float64) string { return unit("%")(figure) }

// size writes MiB as people read memory, with three digits or so.
func size(mb float64) string {
	switch gb := mb / 1024; {
	case mb < 1024:
		return fmt.Sprintf("%.0f MB", mb)
	case gb < 99.95:
		return fmt.Sprintf("%.1f GB", gb)
	case gb < 10_000:
		return fmt.Sprintf("%.0f GB", gb)
	default:
		return unit(" TB")(gb / 1024)
	}
}

// sizeCeiling is the next power of two.
func sizeCeiling(mb float64) float64 { return math.Exp2(math.Ceil(math.Log2(max(1, min(mb, 1e15))))) }
