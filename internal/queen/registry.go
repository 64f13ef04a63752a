package queen

import (
	"context"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rbee/internal/store"
	"rbee/internal/wire"
)

// hive is one entry of the registry. Once it can be read it is never changed:
// a change makes a copy and puts that in its place.
type hive struct {
	store.Hive // LastSeen carries the monotonic clock once the hive was met

	unregistered bool        // under this id it never was
	met          bool        // heard of in this epoch
	answering    bool        // it answered a pull in this epoch where Address says, and none failed there since
	judged       wire.Status // what the last event said of it; "" for healthy
	rivals       []string    // instances that were refused its id, each noted once
	skewMS       *int64
	workers      []wire.Worker
	node         *wire.Node

	peer     netip.Addr    // of PeerIP, once heard of
	beatAt   time.Time     // the last heartbeat; zero: none in this epoch
	interval time.Duration // the rhythm granted to it
	graceEnd time.Time     // it is not called down before
}

// slot holds the entry of one id.
type slot struct {
	id      string
	current atomic.Pointer[hive] // as readers see it; nil: not yet

	// The writer goroutine's: what the transaction at hand makes of it.
	changed bool
	next    *hive // nil: the id is gone
}

// latest is the entry as the writer goroutine sees it.
func (s *slot) latest() *hive {
	if s.changed {
		return s.next
	}
	return s.current.Load()
}

// registry holds the hives. Changes are made in the store's writer goroutine
// and become visible when their transaction is on disk.
type registry struct {
	epoch    int64
	queenID  string
	bootedAt time.Time
	hub      *hub
	pace

	mu    sync.RWMutex     // held for writing when ids come or go
	slots map[string]*slot // by id, forgotten hives included; only the writer goroutine changes it

	// The writer goroutine's: what the transaction at hand changes.
	tx      *store.Tx
	changed []*slot
	news    []any // stream messages to send after the commit

	// The writer goroutine's: ids that an SSH alias may stand in for, and some
	// that it does no longer. There are few: every heartbeat looks at them.
	standIns map[string]bool
	nameless atomic.Bool // there are some, in what readers see
}

// newRegistry loads what the state file knows; nothing of it is confirmed yet.
func newRegistry(ctx context.Context, s *store.Store, epoch int64, h *hub, rate int64, now time.Time) (*registry, error) {
	known, err := s.Hives(ctx)
	if err != nil {
		return nil, err
	}
	r := &registry{
		epoch: epoch, queenID: s.QueenID, bootedAt: now, hub: h, slots: make(map[string]*slot, len(known)), standIns: map[string]bool{},
	}
	for _, k := range known {
		s := &slot{id: k.ID}
		s.current.Store(&hive{Hive: k, workers: []wire.Worker{}, interval: interval, graceEnd: now.Add(grace)})
		r.slots[k.ID] = s
		if k.IDFromAlias {
			r.standIns[k.ID] = true
		}
	}
	r.nameless.Store(len(r.standIns) > 0)
	r.rate = rate
	r.measure(now)
	return r, nil
}

// join makes tx the transaction that changes are prepared for.
func (r *registry) join(tx *store.Tx) {
	if r.tx == tx {
		return
	}
	r.tx = tx
	tx.OnCommit(r.publish)
	tx.OnRollback(r.discard)
}

// publish shows the changes to readers.
func (r *registry) publish() {
	for _, s := range r.changed {
		if !s.next.standsIn() {
			delete(r.standIns, s.id)
		}
		if s.next == nil {
			r.remove(s.id)
		} else {
			s.current.Store(s.next)
		}
		s.changed, s.next = false, nil
	}
	if some := len(r.standIns) > 0; some != r.nameless.Load() {
		r.nameless.Store(some)
	}
	r.hub.publish(r.news)
	r.leave()
}

// discard drops the changes.
func (r *registry) discard() {
	for _, s := range r.changed {
		if s.changed, s.next = false, nil; s.current.Load() == nil {
			r.remove(s.id)
		}
	}
	r.leave()
}

func (r *registry) leave() {
	clear(r.changed)
	r.tx, r.changed, r.news = nil, r.changed[:0], nil
}

func (r *registry) remove(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.slots, id)
}

// get returns the entry as the transaction at hand sees it, forgotten ones
// included, or nil. Writer goroutine only, after join; so are put, take and all.
func (r *registry) get(id string) *hive {
	if s := r.slots[id]; s != nil { // only this goroutine changes the map: reading it here needs no lock
		return s.latest()
	}
	return nil
}

func (r *registry) put(h *hive) {
	r.change(h.ID, h)
	if h.standsIn() {
		r.standIns[h.ID] = true
	}
}

// take removes an id.
func (r *registry) take(id string) { r.change(id, nil) }

func (r *registry) change(id string, next *hive) {
	s := r.slots[id]
	if s == nil {
		s = &slot{id: id}
		r.mu.Lock()
		r.slots[id] = s
		r.mu.Unlock()
	}
	if s.next = next; !s.changed {
		s.changed = true
		r.changed = append(r.changed, s)
	}
}

// all yields every known hive, in no order.
func (r *registry) all() iter.Seq[*hive] {
	return func(yield func(*hive) bool) {
		for _, s := range r.slots {
			if h := s.latest(); h != nil && h.known() && !yield(h) {
				return
			}
		}
	}
}

func (h *hive) known() bool { return h.Forgotten.IsZero() }

// standsIn tells whether an SSH alias is all the queen knows as its id.
func (h *hive) standsIn() bool { return h != nil && h.known() && h.IDFromAlias }

// event records an audit event and announces it on the stream.
func (r *registry) event(tx *store.Tx, at time.Time, kind wire.EventKind, hiveID string, detail any) error {
	e, err := tx.Event(at, r.epoch, kind, hiveID, detail)
	if err != nil {
		return err
	}
	r.news = append(r.news, wire.HiveEvent{Type: wire.StreamHiveEvent, Event: e})
	return nil
}

// snapshot returns the known hives by id, as readers see them.
func (r *registry) snapshot() []*hive {
	out := slices.Collect(r.visible())
	slices.SortFunc(out, func(a, b *hive) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// visible yields the known hives as readers see them, in no order.
func (r *registry) visible() iter.Seq[*hive] {
	return func(yield func(*hive) bool) {
		r.mu.RLock()
		defer r.mu.RUnlock()
		for _, s := range r.slots {
			if h := s.current.Load(); h != nil && h.known() && !yield(h) {
				return
			}
		}
	}
}

// find returns one known hive as readers see it, or nil.
func (r *registry) find(id string) *hive {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if s := r.slots[id]; s != nil {
		if h := s.current.Load(); h != nil && h.known() {
			return h
		}
	}
	return nil
}

// forget drops a hive from the registry; its row stays for the history's sake.
// It reports whether the hive was known.
func (r *registry) forget(tx *store.Tx, id string, now time.Time) (bool, error) {
	r.join(tx)
	h := r.get(id)
	if h == nil || !h.known() {
		return false, nil
	}
	if err := r.drop(tx, h, now); err != nil {
		return false, err
	}
	return true, r.event(tx, now, wire.EventHiveForgotten, id, struct{}{})
}

// drop leaves of an entry what the history refers to.
func (r *registry) drop(tx *store.Tx, h *hive, now time.Time) error {
	gone := &hive{Hive: h.Hive, workers: []wire.Worker{}, interval: h.interval, graceEnd: h.graceEnd}
	tx.Forget(h.PK)
	if err := gone.close(tx, h.beatAt); err != nil {
		return err
	}
	gone.Forgotten, gone.RegisteredEpoch, gone.Devices = now, 0, []wire.Device{}
	gone.Alias, gone.Aliases, gone.Pulled = "", []string{}, false
	if err := tx.SaveHive(&gone.Hive); err != nil {
		return err
	}
	if err := tx.SaveAliases(&gone.Hive); err != nil {
		return err
	}
	r.put(gone)
	return tx.SetDevices(gone.PK, nil, r.epoch, now)
}

// close notes where the heartbeats of a hive end, if they have been arriving.
func (h *hive) close(tx *store.Tx, last time.Time) (err error) {
	if !h.Beating {
		return nil
	}
	h.Beating = false
	if !last.Before(h.LastBeat) { // else the clock was set back
		h.LastBeat = last
	}
	h.LastBeat, err = tx.CloseBeat(h.PK, h.LastBeat)
	return err
}

// standIn returns the entry that an SSH alias stands in for at the address of a
// hive that goes by an id, if there is one: the two are one hive.
func (r *registry) standIn(h *hive, info *wire.HiveInfo, peer netip.Addr) *hive {
	n := r.namelessAt(peer, info.Port, info.InstanceID == "" && !h.registered(r.epoch))
	if n == nil || n.ID == info.ID {
		return nil
	}
	return n
}

// namelessAt returns the entry that an SSH alias stands in for and that was last
// heard of at ip and port, or nil. For a newcomer of the 2025 shape loopback
// counts as one host when no other such entry has that port: a program that
// listens on 127.0.0.2 still sends from 127.0.0.1.
func (r *registry) namelessAt(ip netip.Addr, port int, loose bool) *hive {
	var loopback []*hive
	for id := range r.standIns {
		h := r.get(id)
		if !h.standsIn() || h.Port != port {
			continue
		}
		if h.PeerIP == ip.String() {
			return h
		}
		if at, err := netip.ParseAddr(h.PeerIP); err == nil && loose && at.IsLoopback() && ip.IsLoopback() {
			loopback = append(loopback, h)
		}
	}
	if len(loopback) == 1 {
		return loopback[0]
	}
	return nil
}

// rename makes the entry known by its alias one with the id its hive goes by:
// the id wins, the alias stays. It returns the entry under the new id.
func (r *registry) rename(tx *store.Tx, from *hive, id string, now time.Time) (*hive, error) {
	next := *from
	next.ID, next.IDFromAlias = id, false
	if existing := r.get(id); existing != nil {
		next.PK, next.FirstSeen, next.InstanceID = existing.PK, existing.FirstSeen, existing.InstanceID
		next.Aliases = slices.Clone(next.Aliases)
		for _, alias := range append([]string{existing.Alias}, existing.Aliases...) {
			addAlias(&next, alias)
		}
		next.judged = existing.judged // if it was down, it comes back now
		if err := r.drop(tx, from, now); err != nil {
			return nil, err
		}
		if err := tx.SetDevices(next.PK, next.Devices, r.epoch, now); err != nil {
			return nil, err
		}
	} else {
		if err := tx.RenameHive(from.PK, id); err != nil {
			return nil, err
		}
		r.take(from.ID)
	}
	if err := tx.SaveHive(&next.Hive); err != nil {
		return nil, err
	}
	if err := tx.SaveAliases(&next.Hive); err != nil {
		return nil, err
	}
	if err := r.event(tx, now, wire.EventHiveRenamed, id, map[string]any{"from": from.ID}); err != nil {
		return nil, err
	}
	existing := r.get(id)
	next.unregistered = existing == nil
	if next.registered(r.epoch) && !existing.registered(r.epoch) {
		// It registered under its alias, which for this id is a registration too.
		if err := r.event(tx, now, next.registration(), id, next.entry()); err != nil {
			return nil, err
		}
		next.unregistered = false
	}
	r.put(&next)
	return &next, nil
}

// registration is the event for a hive that registers now.
func (h *hive) registration() wire.EventKind {
	if h.unregistered {
		return wire.EventHiveRegistered
	}
	return wire.EventHiveRediscovered
}

// entry is the detail of that event.
func (h *hive) entry() map[string]any {
	return map[string]any{"address": h.where(), "devices": len(h.Devices), "version": h.Version}
}

// addAlias gives the hive one more name. A name from the SSH config goes before
// "localhost", which every queen finds by herself.
func addAlias(h *hive, alias string) {
	switch {
	case alias == "" || alias == h.Alias || slices.Contains(h.Aliases, alias):
	case h.Alias == "":
		h.Alias = alias
	case h.Alias == localhost:
		h.Alias, h.Aliases = alias, append(slices.Clone(h.Aliases), localhost)
	default:
		h.Aliases = append(slices.Clone(h.Aliases), alias)
	}
}

// where is the place a hive is probed at.
func (h *hive) where() string { return fmt.Sprintf("%s:%d", h.Address, h.Port) }
