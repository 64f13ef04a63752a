package rollup

import (
	"math"
	"time"

	"rbee/internal/wire"
)

// Bucket is what one hive did in a span of time. Buckets add up: those of sixty
// minutes make the one of the hour.
type Bucket struct {
	Heartbeats int64 // received
	Missed     int64 // expected and not received, while the queen ran
	// How long the queen judged it so; what is left of the span is unknown.
	Healthy, Degraded, Down, Stopped time.Duration

	CPUPct, RAMUsedMB Figure // of the heartbeats with a node
	RAMTotalMB        int64  // the largest
	GPUs              []GPU  // in the order in which they appeared
	Workers           []Worker
}

// GPU is one GPU in a bucket.
type GPU struct {
	GPUKey
	UtilPct, VRAMUsedMB, TempC, PowerW, ForeignVRAMMB Figure
}

// GPUKey tells the GPUs of a hive apart.
type GPUKey struct {
	ID          string
	VRAMTotalMB int64 // Unknown when the driver does not tell
}

// Unknown stands for a size that was not told.
const Unknown int64 = -1

// Worker is one worker in a bucket.
type Worker struct {
	WorkerKey
	Heartbeats                        int64 // those that told of it
	CPUPct, RSSMB, GPUUtilPct, VRAMMB Figure
}

// WorkerKey tells the workers of a hive apart. A worker that is started again
// is the same worker.
type WorkerKey struct {
	Group, Instance string
	Model           string
	HasModel        bool
	TotalVRAMMB     int64
}

// Figure sums up one measured figure.
type Figure struct {
	N   int64 // how many values
	Sum float64
	Max float64
}

// Mean is the mean of the values; 0 when there are none.
func (f Figure) Mean() float64 {
	if f.N == 0 {
		return 0
	}
	return f.Sum / float64(f.N)
}

// Stat is the figure as clients see it, to two decimals; nil when there are no
// values.
func (f Figure) Stat() *wire.Stat {
	if f.N == 0 {
		return nil
	}
	s := f.Known()
	return &s
}

// Known is Stat of a figure that has values.
func (f Figure) Known() wire.Stat { return wire.Stat{Mean: Quantize(f.Mean()), Max: f.Max} }

func (f *Figure) add(v float64) {
	if f.N == 0 || v > f.Max {
		f.Max = v
	}
	f.N++
	f.Sum += v
}

func (f *Figure) merge(g Figure) {
	if g.N == 0 {
		return
	}
	if f.N == 0 || g.Max > f.Max {
		f.Max = g.Max
	}
	f.N += g.N
	f.Sum += g.Sum
}

// Quantize rounds to two decimals, as every figure is stored: a rollup made
// from memory is the same as one made from the file.
func Quantize(v float64) float64 { return math.Round(v*100) / 100 }

// How many GPUs and workers of one hive a bucket tells apart. What a hive that
// makes up names has beyond that goes into one that is called More.
const (
	maxGPUs    = wire.MaxGPUs
	maxWorkers = 256
	more       = "(more)"
)

// Add counts one heartbeat.
func (b *Bucket) Add(node *wire.Node, workers []wire.Worker) {
	b.Heartbeats++
	if node != nil {
		b.addNode(node)
	}
	for i := range workers {
		w := &workers[i]
		into := b.worker(i, WorkerKeyOf(w))
		into.Heartbeats++
		into.CPUPct.add(Quantize(w.CPUPct))
		into.RSSMB.add(float64(w.RSSMB))
		into.GPUUtilPct.add(Quantize(w.GPUUtilPct))
		into.VRAMMB.add(float64(w.VRAMMB))
	}
}

func (b *Bucket) addNode(node *wire.Node) {
	b.CPUPct.add(Quantize(node.CPUPct))
	b.RAMUsedMB.add(float64(node.RAMUsedMB))
	b.RAMTotalMB = max(b.RAMTotalMB, node.RAMTotalMB)
	for i := range node.GPUs {
		g := &node.GPUs[i]
		into := b.gpu(i, GPUKeyOf(g))
		if g.UtilPct != nil {
			into.UtilPct.add(Quantize(*g.UtilPct))
		}
		if g.VRAMUsedMB != nil {
			into.VRAMUsedMB.add(float64(*g.VRAMUsedMB))
		}
		if g.TempC != nil {
			into.TempC.add(Quantize(*g.TempC))
		}
		if g.PowerW != nil {
			into.PowerW.add(Quantize(*g.PowerW))
		}
		if g.ForeignVRAMMB != nil {
			into.ForeignVRAMMB.add(float64(*g.ForeignVRAMMB))
		}
	}
}

// Merge adds what another bucket of the same hive has.
func (b *Bucket) Merge(o *Bucket) {
	b.Heartbeats += o.Heartbeats
	b.Missed += o.Missed
	b.Healthy += o.Healthy
	b.Degraded += o.Degraded
	b.Down += o.Down
	b.Stopped += o.Stopped
	b.CPUPct.merge(o.CPUPct)
	b.RAMUsedMB.merge(o.RAMUsedMB)
	b.RAMTotalMB = max(b.RAMTotalMB, o.RAMTotalMB)
	for i := range o.GPUs {
		from := &o.GPUs[i]
		into := b.gpu(i, from.GPUKey)
		into.UtilPct.merge(from.UtilPct)
		into.VRAMUsedMB.merge(from.VRAMUsedMB)
		into.TempC.merge(from.TempC)
		into.PowerW.merge(from.PowerW)
		into.ForeignVRAMMB.merge(from.ForeignVRAMMB)
	}
	for i := range o.Workers {
		from := &o.Workers[i]
		into := b.worker(i, from.WorkerKey)
		into.Heartbeats += from.Heartbeats
		into.CPUPct.merge(from.CPUPct)
		into.RSSMB.merge(from.RSSMB)
		into.GPUUtilPct.merge(from.GPUUtilPct)
		into.VRAMMB.merge(from.VRAMMB)
	}
}

// judged adds time during which the hive was judged so.
func (b *Bucket) judged(status wire.Status, d time.Duration) {
	switch status {
	case wire.StatusHealthy:
		b.Healthy += d
	case wire.StatusDegraded:
		b.Degraded += d
	case wire.StatusDown:
		b.Down += d
	case wire.StatusStopped:
		b.Stopped += d
	case wire.StatusUnconfirmed: // unknown
	}
}

// GPUKeyOf is the key of a sample.
func GPUKeyOf(g *wire.GPU) GPUKey {
	k := GPUKey{ID: g.ID, VRAMTotalMB: Unknown}
	if g.VRAMTotalMB != nil {
		k.VRAMTotalMB = *g.VRAMTotalMB
	}
	return k
}

// WorkerKeyOf is the key of a sample.
func WorkerKeyOf(w *wire.Worker) WorkerKey {
	k := WorkerKey{Group: w.Group, Instance: w.Instance, TotalVRAMMB: w.TotalVRAMMB}
	if w.Model != nil {
		k.Model, k.HasModel = *w.Model, true
	}
	return k
}

// gpu finds or makes an entry. It looks at place i first: a hive names its GPUs
// in the same order every time.
func (b *Bucket) gpu(i int, k GPUKey) *GPU {
	if i < len(b.GPUs) && b.GPUs[i].GPUKey == k {
		return &b.GPUs[i]
	}
	for j := range b.GPUs {
		if b.GPUs[j].GPUKey == k {
			return &b.GPUs[j]
		}
	}
	if len(b.GPUs) >= maxGPUs && k.ID != more {
		return b.gpu(maxGPUs, GPUKey{ID: more, VRAMTotalMB: Unknown})
	}
	b.GPUs = append(b.GPUs, GPU{GPUKey: k})
	return &b.GPUs[len(b.GPUs)-1]
}

func (b *Bucket) worker(i int, k WorkerKey) *Worker {
	if i < len(b.Workers) && b.Workers[i].WorkerKey == k {
		return &b.Workers[i]
	}
	for j := range b.Workers {
		if b.Workers[j].WorkerKey == k {
			return &b.Workers[j]
		}
	}
	if len(b.Workers) >= maxWorkers && k.Group != more {
		return b.worker(maxWorkers, WorkerKey{Group: more})
	}
	b.Workers = append(b.Workers, Worker{WorkerKey: k})
	return &b.Workers[len(b.Workers)-1]
}
