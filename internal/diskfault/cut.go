package diskfault

import (
	"math/rand/v2"
	"path"
)

// Fate is what becomes of what was not synced when the power went.
type Fate int

// The fates. Names in a directory are lost from some moment on, as by a
// journal; data are lost in any order.
const (
	Lost  Fate = iota // all of it
	Kept              // nothing; a call that was under way has happened
	Names             // all data, but no change of names
	Data              // all changes of names, but no data
	Some              // whole calls, whichever
	Torn              // and parts of calls: sectors of a write, the size without the data
	Fates
)

func (f Fate) String() string {
	return [...]string{"lost", "kept", "names lost", "data lost", "some lost", "torn"}[f]
}

// sector is what a disk writes at once.
const sector = 512

// State is what the disk has after a power cut at this place: files by their
// path, directories with a slash at the end.
func (h *History) State(cut int, fate Fate, random *rand.Rand) map[string][]byte {
	synced := map[*node]int{} // what had returned before this place is on the disk
	for _, o := range h.ops {
		if o.kind == fsync && o.end <= cut {
			synced[o.node] = max(synced[o.node], o.start)
		}
	}
	d := disk{
		fate: fate, random: random, share: random.Float64(),
		data: map[*node][]byte{}, names: map[*node]map[string]*node{}, forgets: map[*node]bool{},
	}
	for _, n := range h.nodes {
		d.data[n] = n.data
		if n.names != nil {
			d.names[n] = map[string]*node{}
			for name, to := range n.names {
				d.names[n][name] = to
			}
		}
	}
	own := map[*node]bool{} // whose data are no longer the snapshot's
	for i := range h.ops {
		o := &h.ops[i]
		if o.start > cut || o.kind == fsync {
			continue
		}
		if o.kind != rename && !own[o.node] {
			own[o.node], d.data[o.node] = true, append([]byte(nil), o.node.data...)
		}
		d.do(o, o.end < synced[o.node])
	}
	state := map[string][]byte{}
	d.gather(state, h.root, "")
	return state
}

// disk is what is there after a power cut.
type disk struct {
	fate    Fate
	random  *rand.Rand
	share   float64 // of what is kept
	data    map[*node][]byte
	names   map[*node]map[string]*node
	forgets map[*node]bool // a change of its names was lost, and so are later ones
}

// do does to the disk what is left of an operation.
func (d *disk) do(o *op, synced bool) {
	if o.kind == rename {
		if kept := synced || !d.forgets[o.node] && d.keeps(Data); !kept {
			d.forgets[o.node] = true
			return
		}
		if o.from != nil {
			delete(d.names[o.from], o.fromName)
		}
		if d.names[o.node][o.name] = o.to; o.to == nil {
			delete(d.names[o.node], o.name)
		}
		return
	}
	switch {
	case synced, d.fate != Torn && d.keeps(Names):
		d.apply(o, func(int64) bool { return true })
	case d.fate == Torn:
		d.tear(o)
	}
}

// keeps tells whether something is kept that was not synced; without is the fate
// in which nothing else is.
func (d *disk) keeps(without Fate) bool {
	switch d.fate {
	case Kept, without:
		return true
	case Some, Torn:
		return d.random.Float64() < d.share
	default:
		return false
	}
}

// tear does a part of a write, whatever that is.
func (d *disk) tear(o *op) {
	first, last := o.offset/sector, (o.offset+int64(len(o.data)))/sector
	switch d.random.IntN(5) {
	case 0: // the whole
		d.apply(o, func(int64) bool { return true })
	case 1: // its beginning
		end := first + d.random.Int64N(last-first+1)
		d.apply(o, func(n int64) bool { return n < end })
	case 2: // any of its sectors
		d.apply(o, func(int64) bool { return d.random.IntN(2) == 0 })
	case 3: // the size alone
		d.apply(o, func(int64) bool { return false })
	case 4: // nothing
	}
}

// apply does an operation, of a write those sectors that are kept. What a file
// grows by and is not written is zeros.
func (d *disk) apply(o *op, kept func(sector int64) bool) {
	data := d.data[o.node]
	end := o.offset + int64(len(o.data))
	switch {
	case o.kind == truncate && end < int64(len(data)):
		data = data[:end]
	case end > int64(len(data)):
		data = append(data, make([]byte, end-int64(len(data)))...)
	}
	d.data[o.node] = data
	for at := o.offset; at < end; {
		next := min((at/sector+1)*sector, end)
		if kept(at / sector) {
			copy(data[at:next], o.data[at-o.offset:])
		}
		at = next
	}
}

// gather collects what can be found from the directory on.
func (d *disk) gather(state map[string][]byte, dir *node, at string) {
	for name, n := range d.names[dir] {
		if full := path.Join(at, name); n.names != nil {
			state[full+"/"] = nil
			d.gather(state, n, full)
		} else {
			state[full] = d.data[n]
		}
	}
}
