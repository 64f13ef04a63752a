package wire

import (
	"encoding/json"
	"time"
)

// EventKind names what happened.
type EventKind string

// The event kinds. The detail of each is described in docs/audit.md.
const (
	EventQueenStarted        EventKind = "queen.started"
	EventQueenStopped        EventKind = "queen.stopped"
	EventQueenCrashed        EventKind = "queen.crashed" // found at the next boot
	EventDiscoveryCompleted  EventKind = "discovery.completed"
	EventHiveDiscovered      EventKind = "hive.discovered"   // a pull found a hive or a new address
	EventHiveRegistered      EventKind = "hive.registered"   // the first registration of an id ever
	EventHiveRediscovered    EventKind = "hive.rediscovered" // a known id registers in a later epoch or after a 404
	EventHiveRenamed         EventKind = "hive.renamed"      // an entry known by its alias took the id it heartbeats under
	EventHiveDegraded        EventKind = "hive.degraded"
	EventHiveDown            EventKind = "hive.down"
	EventHiveRecovered       EventKind = "hive.recovered"
	EventHiveStopped         EventKind = "hive.stopped"
	EventHiveForgotten       EventKind = "hive.forgotten"
	EventCapabilitiesChanged EventKind = "hive.capabilities_changed"
	EventIDConflict          EventKind = "hive.id_conflict"
	EventHiveReplaced        EventKind = "hive.replaced"
	EventStateMigrated       EventKind = "state.migrated"
	EventStateDamaged        EventKind = "state.damaged" // a part of the history cannot be read
	EventStateBackedUp       EventKind = "state.backed_up"
	EventStateBackupFailed   EventKind = "state.backup_failed" // a scheduled one; once until one succeeds
	EventStateRestored       EventKind = "state.restored"
)

// EventKinds lists all kinds, those of one noun together.
func EventKinds() []EventKind {
	return []EventKind{
		EventQueenStarted, EventQueenStopped, EventQueenCrashed, EventDiscoveryCompleted,
		EventHiveDiscovered, EventHiveRegistered, EventHiveRediscovered, EventHiveRenamed,
		EventHiveDegraded, EventHiveDown, EventHiveRecovered, EventHiveStopped,
		EventHiveForgotten, EventCapabilitiesChanged, EventIDConflict, EventHiveReplaced,
		EventStateMigrated, EventStateDamaged, EventStateBackedUp, EventStateBackupFailed,
		EventStateRestored,
	}
}

// Event is one line of the audit log.
type Event struct {
	ID     int64           `json:"id"`
	At     time.Time       `json:"at"`
	Epoch  int64           `json:"epoch"`
	Kind   EventKind       `json:"kind"`
	HiveID string          `json:"hive_id,omitempty"`
	Detail json.RawMessage `json:"detail" doc:"An object; its keys depend on the kind"`
}

// EventList is the answer to GET /v1/events, oldest first.
type EventList struct {
	Events []Event `json:"events" nullable:"false"`
}
