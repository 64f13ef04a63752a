package queen

import (
	"context"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"sync"
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
}

// registry holds the hives. Changes are made in the store's writer goroutine
// and become visible when their transaction is on disk.
type registry struct {
	epoch   int64
	queenID string
	hub     *hub

	mu    sync.RWMutex
	hives map[string]*hive // by id, forgotten ones included

	// The writer goroutine's: what the transaction at hand changes.
	tx      *store.Tx
	pending map[string]*hive // nil: the id is gone
	news    []any            // stream messages to send after the commit

	// The writer goroutine's: ids that an SSH alias may stand in for, and some
	// that it does no longer. There are few: every heartbeat looks at them.
	standIns map[string]bool
}

// newRegistry loads what the state file knows; nothing of it is confirmed yet.
func newRegistry(ctx context.Context, s *store.Store, epoch int64, h *hub) (*registry, error) {
	known, err := s.Hives(ctx)
	if err != nil {
		return nil, err
	}
	r := &registry{
		epoch: epoch, queenID: s.QueenID, hub: h, hives: make(map[string]*hive, len(known)), standIns: map[string]bool{},
	}
	for _, k := range known {
		r.hives[k.ID] = &hive{Hive: k, workers: []wire.Worker{}}
		if k.IDFromAlias {
			r.standIns[k.ID] = true
		}
	}
	return r, nil
}

// join makes tx the transaction that changes are prepared for.
func (r *registry) join(tx *store.Tx) {
	if r.tx == tx {
		return
	}
	r.tx, r.pending, r.news = tx, map[string]*hive{}, nil
	tx.OnCommit(r.publish)
	tx.OnRollback(func() { r.tx = nil })
}

// publish shows the changes to readers.
func (r *registry) publish() {
	r.mu.Lock()
	for id, h := range r.pending {
		if !h.standsIn() {
			delete(r.standIns, id)
		}
		if h == nil {
			delete(r.hives, id)
			continue
		}
		r.hives[id] = h
	}
	r.mu.Unlock()
	r.hub.publish(r.news)
	r.tx, r.pending, r.news = nil, nil, nil
}

// get returns the entry as the transaction at hand sees it, forgotten ones
// included, or nil. Writer goroutine only, after join; so are put and all.
func (r *registry) get(id string) *hive {
	if h, ok := r.pending[id]; ok {
		return h
	}
	return r.hives[id] // only the writer changes the map: reading it here needs no lock
}

func (r *registry) put(h *hive) {
	r.pending[h.ID] = h
	if h.standsIn() {
		r.standIns[h.ID] = true
	}
}

// all yields every known hive, in no order.
func (r *registry) all() iter.Seq[*hive] {
	return func(yield func(*hive) bool) {
		for id, h := range r.hives {
			if _, changed := r.pending[id]; changed || !h.known() {
				continue
			}
			if !yield(h) {
				return
			}
		}
		for _, h := range r.pending {
			if h != nil && h.known() && !yield(h) {
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
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make([]*hive, 0, len(r.hives))
	for _, h := range r.hives {
		if h.known() {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b *hive) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// find returns one known hive as readers see it, or nil.
func (r *registry) find(id string) *hive {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if h := r.hives[id]; h != nil && h.known() {
		return h
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
	gone := &hive{Hive: h.Hive, workers: []wire.Worker{}}
	gone.Forgotten, gone.RegisteredEpoch, gone.Devices = now, 0, []wire.Device{}
	gone.Alias, gone.Aliases, gone.Pulled = "", []string{}, false
	if err := tx.SaveHive(&gone.Hive); err != nil {
		return err
	}
	r.put(gone)
	return tx.SetDevices(gone.PK, nil, r.epoch, now)
}

// standIn returns the entry that an SSH alias stands in for at the address of a
// hive that goes by an id, if there is one: the two are one hive.
func (r *registry) standIn(h *hive, info *wire.HiveInfo, peer netip.Addr) *hive {
	n := r.nameless(peer, info.Port, info.InstanceID == "" && !h.registered(r.epoch))
	if n == nil || n.ID == info.ID {
		return nil
	}
	return n
}

// nameless returns the entry that an SSH alias stands in for and that was last
// heard of at ip and port, or nil. For a newcomer of the 2025 shape loopback
// counts as one host when no other such entry has that port: a program that
// listens on 127.0.0.2 still sends from 127.0.0.1.
func (r *registry) nameless(ip netip.Addr, port int, loose bool) *hive {
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
		r.pending[from.ID] = nil
	}
	if err := tx.SaveHive(&next.Hive); err != nil {
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
