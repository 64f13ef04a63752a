package queen

import (
	"cmp"
	"fmt"
	"net/netip"
	"time"

	"rbee/internal/hiveclient"
	"rbee/internal/store"
	"rbee/internal/wire"
)

// pulled is an answer to a pull on its way into the registry.
type pulled struct {
	target target
	answer *hiveclient.Answer
	at     time.Time
}

// refusal says why an answer did not tie the hive to this queen: its class and
// text, as discovery rows carry them.
type refusal struct{ class, text string }

// pulled registers a hive that answered a pull. It returns the id it goes by,
// or why it was not registered.
func (r *registry) pulled(tx *store.Tx, p pulled) (id string, refused *refusal, err error) {
	r.join(tx)
	h, id, refused := r.whose(p)
	if refused != nil {
		return "", refused, nil
	}
	info := p.answer.Hive
	if info != nil {
		if h != nil && h.contested(info.InstanceID) && h.live(p.at) {
			problem := conflictProblem(h)
			return "", &refusal{wire.ErrorConflict, problem.Detail}, r.noteRival(tx, h, info.InstanceID, p.answer.Peer, p.at)
		}
		if standIn := r.standIn(h, info, p.answer.Peer); standIn != nil {
			if h, err = r.rename(tx, standIn, id, p.at); err != nil {
				return "", nil, err
			}
		}
	} else {
		info = p.describe(h, id)
	}
	next := r.next(h, id, p.at)
	if next.beatAt.IsZero() { // it keeps the rhythm that it was granted before this boot
		next.interval = r.granted()
	}
	next.hear(info, p.at)
	next.IDFromAlias = p.answer.Hive == nil && (h == nil || h.IDFromAlias)
	moved := next.locate(p.target)
	next.PulledAt = p.at
	if next.PeerIP == "" || (next.IDFromAlias && next.Address == p.target.hostname) {
		next.PeerIP = p.answer.Peer.String() // where its first heartbeat is expected from
	}
	if p.target.source != wire.SourceState {
		addAlias(next, p.target.alias)
		for _, alias := range p.target.aliases {
			addAlias(next, alias)
		}
	}
	if moved || h == nil || !h.known() {
		if err := r.noteDiscovered(tx, next, p.at); err != nil {
			return "", nil, err
		}
	}
	if err := r.settle(tx, h, next, p.answer.Devices, p.at); err != nil {
		return "", nil, err
	}
	return id, nil, r.vacate(tx, p.target, id)
}

// whose finds the entry that an answer belongs to, nil when it is new, and the
// id it goes by. An answer without an id belongs to whoever was last heard of
// at that address, else the SSH alias stands in.
func (r *registry) whose(p pulled) (*hive, string, *refusal) {
	if p.answer.Hive != nil {
		return r.get(p.answer.Hive.ID), p.answer.Hive.ID, nil
	}
	if h := r.at(p.target.hostname, p.answer.Peer, p.target.port); h != nil {
		return h, h.ID, nil
	}
	if err := wire.ValidateID(p.target.alias); err != nil {
		return nil, "", &refusal{wire.ErrorNotAHive, fmt.Sprintf("it answers without an id, and its alias cannot stand in: %v", err)}
	}
	h := r.get(p.target.alias)
	if h != nil && h.known() && !h.IDFromAlias && h.live(p.at) {
		return nil, "", &refusal{wire.ErrorConflict, fmt.Sprintf(
			"it answers without an id, and its alias %q is the id of the hive at %s", p.target.alias, h.where())}
	}
	return h, p.target.alias, nil
}

// at returns the known hive that is probed or was last heard of at that
// address, the first by id, or nil.
func (r *registry) at(hostname string, ip netip.Addr, port int) *hive {
	var found *hive
	for h := range r.all() {
		if h.Port == port && (h.Address == hostname || h.PeerIP == ip.String()) && (found == nil || h.ID < found.ID) {
			found = h
		}
	}
	return found
}

// describe says of a 2025 hive what its answer leaves out.
func (p pulled) describe(h *hive, id string) *wire.HiveInfo {
	info := &wire.HiveInfo{ID: id, Hostname: p.target.hostname, Port: p.target.port}
	if h != nil {
		info.Hostname, info.Version = cmp.Or(h.Hostname, info.Hostname), h.Version
	}
	info.Normalize()
	return info
}

// locate notes where the hive answered and reports whether that is news. A hive
// with several addresses stays at the one that answers.
func (h *hive) locate(t target) bool {
	if h.Pulled && h.answering && !h.at(t) {
		return false
	}
	moved := h.PulledAt.IsZero() || !h.at(t)
	h.Address, h.Port, h.Pulled, h.answering = t.hostname, t.port, true, true
	return moved
}

// at tells whether t is where the hive is looked for.
func (h *hive) at(t target) bool { return h.Address == t.hostname && h.Port == t.port }

func (r *registry) noteDiscovered(tx *store.Tx, h *hive, now time.Time) error {
	return r.event(tx, now, wire.EventHiveDiscovered, h.ID, map[string]any{"alias": h.Alias, "address": h.where()})
}

// vacate notes that no hive but the one of that id, which may be "", answers at
// t: from its next heartbeat on a hive is looked for where that comes from, and
// any other place where it answers is news.
func (r *registry) vacate(tx *store.Tx, t target, id string) error {
	r.join(tx)
	for h := range r.all() {
		if !h.Pulled || !h.at(t) || h.ID == id {
			continue
		}
		next := *h
		next.Pulled, next.answering = false, false
		if err := tx.SaveHive(&next.Hive); err != nil {
			return err
		}
		r.put(&next)
	}
	return nil
}
