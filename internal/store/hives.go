package store

import (
	"context"
	"fmt"
	"time"

	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// Hive is what the file keeps of one hive.
type Hive struct {
	PK                int64 // 0 until SaveHive
	ID                string
	IDFromAlias       bool   // its answer to a pull had no id, the SSH alias stands in
	InstanceID        string // "" for hives that send none
	Alias             string // "" until a pull found it
	Aliases           []string
	Hostname          string // what it says of itself
	Address           string // where it is probed
	Port              int
	Pulled            bool   // it answered a pull there; else taken from its heartbeat
	PeerIP            string // where its last message came from
	Version           string
	OperationalStatus wire.OperationalStatus
	HealthStatus      wire.HealthStatus
	RegisteredEpoch   int64 // 0: forgotten
	FirstSeen         time.Time
	PulledAt          time.Time // last answered pull; zero: none
	LastSeen          time.Time // last heartbeat or answered pull; read, not written
	Beating           bool      // heartbeats arrive, until CloseBeat
	LastBeat          time.Time // the last one, unless Beating; zero: there never was one
	Forgotten         time.Time // zero: known. A forgotten hive is kept, because the history refers to it
	Devices           []wire.Device
}

// SaveHive writes the hive under its id, but for its aliases and devices, and
// sets its PK.
func (tx *Tx) SaveHive(h *Hive) error {
	q, err := tx.queries()
	if err != nil {
		return err
	}
	h.PK, err = q.SaveHive(background, dbsqlc.SaveHiveParams{
		HiveID: h.ID, IDFromAlias: flag(h.IDFromAlias), InstanceID: h.InstanceID, Alias: h.Alias,
		Hostname: h.Hostname, Address: h.Address, Port: int64(h.Port), Pulled: flag(h.Pulled), PeerIP: h.PeerIP,
		Version: h.Version, OperationalStatus: string(h.OperationalStatus),
		HealthStatus: string(h.HealthStatus.Status), HealthReason: h.HealthStatus.Reason,
		RegisteredEpoch: h.RegisteredEpoch, FirstSeenMS: h.FirstSeen.UnixMilli(),
		PulledMS: toMS(h.PulledAt), ForgottenMS: nullMS(h.Forgotten), LastBeatAt: lastBeatText(h),
	})
	if err != nil {
		return fmt.Errorf("save hive %s: %w", h.ID, err)
	}
	return nil
}

// SaveAliases replaces the aliases of a hive.
func (tx *Tx) SaveAliases(h *Hive) error {
	q, err := tx.queries()
	if err != nil {
		return err
	}
	if err := q.DeleteAliases(background, h.PK); err != nil {
		return fmt.Errorf("save aliases of hive %s: %w", h.ID, err)
	}
	for i, alias := range h.Aliases {
		err := q.AddAlias(background, dbsqlc.AddAliasParams{HivePK: h.PK, Position: int64(i), Alias: alias})
		if err != nil {
			return fmt.Errorf("save alias %q of hive %s: %w", alias, h.ID, err)
		}
	}
	return nil
}

// RenameHive gives the hive another id, which no other may have.
func (tx *Tx) RenameHive(pk int64, id string) error {
	q, err := tx.queries()
	if err != nil {
		return err
	}
	if err := q.RenameHive(background, dbsqlc.RenameHiveParams{HiveID: id, PK: pk}); err != nil {
		return fmt.Errorf("rename hive to %s: %w", id, err)
	}
	return nil
}

// SetDevices replaces the devices of a hive by what it announced at that time.
func (tx *Tx) SetDevices(pk int64, devices []wire.Device, epoch int64, at time.Time) error {
	q, err := tx.queries()
	if err != nil {
		return err
	}
	if err := q.DeleteDevices(background, pk); err != nil {
		return fmt.Errorf("save devices: %w", err)
	}
	for i, d := range devices {
		err := q.AddDevice(background, dbsqlc.AddDeviceParams{
			HivePK: pk, Position: int64(i), DeviceID: d.ID, Name: d.Name, DeviceType: d.DeviceType,
			VRAMGB: d.VRAMGB, ComputeCapability: d.ComputeCapability,
			RecordedEpoch: epoch, RecordedMS: at.UnixMilli(),
		})
		if err != nil {
			return fmt.Errorf("save device %s: %w", d.ID, err)
		}
	}
	return nil
}

// ConfirmDevices notes that a hive announced the devices it has once more.
func (tx *Tx) ConfirmDevices(pk, epoch int64, at time.Time) error {
	q, err := tx.queries()
	if err != nil {
		return err
	}
	if err := q.ConfirmDevices(background, dbsqlc.ConfirmDevicesParams{Epoch: epoch, AtMS: at.UnixMilli(), HivePK: pk}); err != nil {
		return fmt.Errorf("confirm devices: %w", err)
	}
	return nil
}

// Hives reads all hives, forgotten ones included.
func (s *Store) Hives(ctx context.Context) ([]Hive, error) {
	rows, err := s.read.Hives(ctx)
	if err != nil {
		return nil, s.readError("hives", err)
	}
	hives := make([]Hive, len(rows))
	byPK := make(map[int64]*Hive, len(rows))
	for i, r := range rows {
		hives[i] = hiveFromRow(r)
		byPK[r.PK] = &hives[i]
	}
	aliases, err := s.read.Aliases(ctx)
	if err != nil {
		return nil, s.readError("aliases", err)
	}
	for _, a := range aliases {
		byPK[a.HivePK].Aliases = append(byPK[a.HivePK].Aliases, a.Alias)
	}
	devices, err := s.read.Devices(ctx)
	if err != nil {
		return nil, s.readError("devices", err)
	}
	for _, d := range devices {
		h := byPK[d.HivePK]
		h.Devices = append(h.Devices, wire.Device{
			ID: d.DeviceID, Name: d.Name, DeviceType: d.DeviceType,
			VRAMGB: d.VRAMGB, ComputeCapability: d.ComputeCapability,
		})
	}
	return hives, nil
}

func hiveFromRow(r dbsqlc.Hive) Hive {
	h := Hive{
		PK: r.PK, ID: r.HiveID, IDFromAlias: r.IDFromAlias != 0, InstanceID: r.InstanceID, Alias: r.Alias,
		Aliases: []string{}, Hostname: r.Hostname, Address: r.Address, Port: int(r.Port), Pulled: r.Pulled != 0,
		PeerIP: r.PeerIP, Version: r.Version, OperationalStatus: wire.OperationalStatus(r.OperationalStatus),
		HealthStatus:    wire.HealthStatus{Status: wire.HealthState(r.HealthStatus), Reason: r.HealthReason},
		RegisteredEpoch: r.RegisteredEpoch, FirstSeen: fromMS(r.FirstSeenMS), Devices: []wire.Device{},
	}
	if r.PulledMS != 0 {
		h.PulledAt = fromMS(r.PulledMS)
	}
	if r.ForgottenMS != nil {
		h.Forgotten = fromMS(*r.ForgottenMS)
	}
	if h.Beating = r.LastBeatAt == nil; !h.Beating {
		h.LastBeat, _ = parseTime(*r.LastBeatAt) // '' is no time, and nothing else is written
	}
	if h.LastSeen = h.PulledAt; h.LastBeat.After(h.LastSeen) {
		h.LastSeen = h.LastBeat
	}
	return h
}

func (s *Store) readError(what string, err error) error {
	return fmt.Errorf("read %s: %w", what, s.classify(err))
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// toMS is 0 for the zero time, which a bare UnixMilli is not.
func toMS(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func lastBeatText(h *Hive) *string {
	if h.Beating {
		return nil
	}
	text := ""
	if !h.LastBeat.IsZero() {
		text = h.LastBeat.UTC().Format(timeLayout)
	}
	return &text
}

func nullMS(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}
