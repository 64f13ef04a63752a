package queen

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"rbee/internal/store"
	"rbee/internal/wire"
)

// maxRivals bounds how many refused instances of one id are remembered, and so
// how many events a stream of made-up instances can cause.
const maxRivals = 16

// beat is one heartbeat on its way into the registry.
type beat struct {
	hb       *wire.Heartbeat
	peer     netip.Addr
	received time.Time
	interval time.Duration // to be granted
}

// beat admits a heartbeat or says why not; the problem is nil when it was
// admitted and stands in the transaction.
func (r *registry) beat(tx *store.Tx, b beat) (*wire.Problem, error) {
	r.join(tx)
	info := &b.hb.Hive
	h := r.get(info.ID)
	if h != nil && h.contested(info.InstanceID) && h.live(b.received) {
		return conflictProblem(h), r.noteRival(tx, h, info.InstanceID, b.peer, b.received)
	}
	standIn := r.standIn(h, info, b.peer)
	registered := h.registered(r.epoch) && !h.contested(info.InstanceID) // another machine has not shown what it has
	if b.hb.Capabilities == nil && !registered && !standIn.registered(r.epoch) {
		return unknownHive(info.ID, r.epoch), nil
	}
	if standIn != nil {
		var err error
		if h, err = r.rename(tx, standIn, info.ID, b.received); err != nil {
			return nil, err
		}
	}
	next := r.next(h, info.ID, b.received)
	next.hear(info, b.received)
	next.IDFromAlias = false
	if next.peer != b.peer {
		next.peer, next.PeerIP = b.peer, b.peer.String()
	}
	if !next.Pulled {
		next.Address, next.Port = next.PeerIP, info.Port
	}
	next.workers, next.node = b.hb.Workers, b.hb.Node
	skew := b.hb.Timestamp.UnixMilli() - b.received.UnixMilli() // Sub ends at 292 years
	next.skewMS = &skew
	next.Beating, next.interval = true, b.interval
	if b.received.Round(0).After(next.beatAt.Round(0)) { // the clock may have been set back
		next.beatAt = b.received
	}
	if err := r.settle(tx, h, next, b.hb.Capabilities, b.received); err != nil {
		return nil, err
	}
	expected := b.interval
	if next.OperationalStatus == wire.Stopped {
		expected = 0
	}
	tx.Heartbeat(store.Beat{HivePK: next.PK, Epoch: r.epoch, Received: b.received, Next: expected, Heartbeat: b.hb})
	if r.hub.listened() {
		r.news = append(r.news, wire.HiveTelemetry{
			Type: wire.StreamHiveTelemetry, HiveID: info.ID, Timestamp: b.received.UTC(), Workers: b.hb.Workers, Node: b.hb.Node,
		})
	}
	return nil, nil
}

// overhear takes note of a heartbeat that the state file did not take. The hive
// is not silent for that, and what it says of now is shown; nothing of it
// becomes history.
func (r *registry) overhear(b beat) {
	r.mu.RLock()
	s := r.slots[b.hb.Hive.ID]
	r.mu.RUnlock()
	if s == nil {
		return
	}
	h := s.current.Load()
	if !h.registered(r.epoch) || h.contested(b.hb.Hive.InstanceID) {
		return
	}
	next := *h
	next.LastSeen, next.workers, next.node = b.received, b.hb.Workers, b.hb.Node
	s.current.CompareAndSwap(h, &next) // else the writer has just stored news of it
}

// settle writes what the message changed: the hive's row, its registration, its
// devices (nil: it did not announce them), and the events that tell of it.
// Before is what was known, nil for a new hive; next is put into the registry.
func (r *registry) settle(tx *store.Tx, before, next *hive, devices []wire.Device, now time.Time) error {
	registers := devices != nil && !before.registered(r.epoch)
	if registers {
		next.RegisteredEpoch, next.Forgotten = r.epoch, time.Time{}
	}
	changed := devices != nil && before != nil && before.known() && !slices.EqualFunc(before.Devices, devices, sameDevice)
	if devices != nil {
		next.Devices = devices
	}
	if before == nil || facts(before) != facts(next) {
		if err := tx.SaveHive(&next.Hive); err != nil {
			return err
		}
	}
	if len(next.Aliases) > 0 && (before == nil || !slices.Equal(before.Aliases, next.Aliases)) { // none is ever taken away
		if err := tx.SaveAliases(&next.Hive); err != nil {
			return err
		}
	}
	if err := r.settleDevices(tx, next, devices, changed || before == nil || !before.known(), now); err != nil {
		return err
	}
	if err := r.tell(tx, before, next, registers, changed, now); err != nil {
		return err
	}
	r.put(next)
	return nil
}

// settleDevices writes devices that were announced, nil: none were.
func (r *registry) settleDevices(tx *store.Tx, h *hive, devices []wire.Device, changed bool, now time.Time) error {
	switch {
	case devices == nil:
		return nil
	case changed:
		return tx.SetDevices(h.PK, devices, r.epoch, now)
	default:
		return tx.ConfirmDevices(h.PK, r.epoch, now)
	}
}

// tell records the events of one message, in the order in which a reader of the
// log understands them.
func (r *registry) tell(tx *store.Tx, before, next *hive, registers, changed bool, now time.Time) error {
	was := wire.Status("")
	if before != nil {
		was = before.judged
	}
	stopped := next.OperationalStatus == wire.Stopped && was != wire.StatusStopped
	recovered := next.OperationalStatus != wire.Stopped && was != "" && was != wire.StatusHealthy
	next.judged = wire.StatusHealthy
	if next.OperationalStatus == wire.Stopped {
		next.judged = wire.StatusStopped
	}
	for _, note := range []struct {
		when   bool
		kind   wire.EventKind
		detail func() map[string]any
	}{
		{before != nil && before.contested(next.InstanceID), wire.EventHiveReplaced, func() map[string]any { return replacement(before, next) }},
		{registers, next.registration(), next.entry},
		{changed, wire.EventCapabilitiesChanged, func() map[string]any { return map[string]any{"from": before.Devices, "to": next.Devices} }},
		{recovered, wire.EventHiveRecovered, func() map[string]any { return recovery(before, now) }},
		{stopped, wire.EventHiveStopped, func() map[string]any { return map[string]any{} }},
	} {
		if !note.when {
			continue
		}
		if err := r.event(tx, now, note.kind, next.ID, note.detail()); err != nil {
			return err
		}
	}
	next.unregistered = next.unregistered && !registers
	return nil
}

// noteRival records once for each instance that it was refused an id.
func (r *registry) noteRival(tx *store.Tx, h *hive, rival string, peer netip.Addr, now time.Time) error {
	if slices.Contains(h.rivals, rival) || len(h.rivals) >= maxRivals {
		return nil
	}
	next := *h
	next.rivals = append(slices.Clone(h.rivals), rival)
	detail := map[string]any{
		"incumbent": h.InstanceID, "incumbent_address": h.where(), "newcomer": rival, "newcomer_ip": peer.String(),
	}
	if err := r.event(tx, now, wire.EventIDConflict, h.ID, detail); err != nil {
		return err
	}
	r.put(&next)
	return nil
}

// registered tells whether the hive is tied to this epoch; nil is not.
func (h *hive) registered(epoch int64) bool {
	return h != nil && h.known() && h.RegisteredEpoch == epoch
}

// contested tells whether a message of that instance comes from another machine
// than the one known by the id. No instance at all matches any.
func (h *hive) contested(instance string) bool {
	return h.known() && h.InstanceID != "" && instance != "" && h.InstanceID != instance
}

// next returns the copy of h that a message changes; a new entry when h is nil.
func (r *registry) next(h *hive, id string, now time.Time) *hive {
	if h == nil {
		return &hive{
			Hive:    store.Hive{ID: id, FirstSeen: now, Aliases: []string{}, Devices: []wire.Device{}},
			workers: []wire.Worker{}, unregistered: true, interval: interval, graceEnd: r.bootedAt.Add(grace),
		}
	}
	next := *h
	return &next
}

// hear takes over what the hive says of itself, as of now.
func (h *hive) hear(info *wire.HiveInfo, now time.Time) {
	if info.InstanceID != "" && info.InstanceID != h.InstanceID {
		h.InstanceID, h.rivals = info.InstanceID, nil
	}
	h.Hostname, h.Version = info.Hostname, info.Version
	h.OperationalStatus, h.HealthStatus = info.OperationalStatus, info.HealthStatus
	h.met, h.LastSeen = true, now
}

// hiveFacts are the columns whose change is worth a row update.
type hiveFacts struct {
	instance, alias, hostname, address, peer, version string
	port                                              int
	pulled, idFromAlias, forgotten, beating           bool
	operational                                       wire.OperationalStatus
	health                                            wire.HealthStatus
	epoch, pulledMS                                   int64
}

func facts(h *hive) hiveFacts {
	return hiveFacts{
		instance: h.InstanceID, alias: h.Alias, hostname: h.Hostname, address: h.Address, peer: h.PeerIP,
		version: h.Version, port: h.Port, pulled: h.Pulled, idFromAlias: h.IDFromAlias, forgotten: !h.known(), beating: h.Beating,
		operational: h.OperationalStatus, health: h.HealthStatus, epoch: h.RegisteredEpoch, pulledMS: h.PulledAt.UnixMilli(),
	}
}

func sameDevice(a, b wire.Device) bool {
	return a.ID == b.ID && a.Name == b.Name && a.DeviceType == b.DeviceType &&
		same(a.VRAMGB, b.VRAMGB) && same(a.ComputeCapability, b.ComputeCapability)
}

func same[T comparable](a, b *T) bool {
	return a == b || (a != nil && b != nil && *a == *b)
}

func replacement(before, next *hive) map[string]any {
	return map[string]any{
		"from": before.InstanceID, "to": next.InstanceID,
		"from_address": before.where(), "to_address": next.where(),
	}
}

func recovery(before *hive, now time.Time) map[string]any {
	return map[string]any{"from": before.judged, "silent_ms": now.Sub(before.LastSeen).Milliseconds()}
}

func conflictProblem(h *hive) *wire.Problem {
	return wire.NewProblem(wire.CodeIDConflict,
		fmt.Sprintf("hive id %q is in use by instance %s at %s", h.ID, h.InstanceID, h.where()),
		"give one of the two another --hive-id; it becomes free when that instance is down")
}

func unknownHive(id string, epoch int64) *wire.Problem {
	return wire.NewProblem(wire.CodeUnknownHive,
		fmt.Sprintf("hive %q is not registered in epoch %d", id, epoch),
		"send a heartbeat with capabilities, or answer a pull (GET /capabilities?queen_url=)")
}
