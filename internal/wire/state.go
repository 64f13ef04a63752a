package wire

import (
	"fmt"
	"strings"
	"time"
)

// OperationalStatus is what a hive says it is doing.
type OperationalStatus string

// The operational statuses.
const (
	Starting OperationalStatus = "starting"
	Ready    OperationalStatus = "ready"
	Busy     OperationalStatus = "busy"
	Stopping OperationalStatus = "stopping"
	Stopped  OperationalStatus = "stopped" // the last word before a planned stop
)

// UnmarshalText refuses a status that does not exist.
func (s *OperationalStatus) UnmarshalText(text []byte) error {
	return unmarshalName(s, "operational_status", text, Starting, Ready, Busy, Stopping, Stopped)
}

// HealthStatus is a hive's own judgement of itself.
type HealthStatus struct {
	Status HealthState `json:"status" enum:"healthy,degraded,unhealthy"`
	Reason string      `json:"reason,omitempty"`
}

// HealthState is the word of a HealthStatus.
type HealthState string

// The health states.
const (
	HealthHealthy   HealthState = "healthy"
	HealthDegraded  HealthState = "degraded"
	HealthUnhealthy HealthState = "unhealthy"
)

// UnmarshalText refuses a state that does not exist.
func (s *HealthState) UnmarshalText(text []byte) error {
	return unmarshalName(s, "health_status.status", text, HealthHealthy, HealthDegraded, HealthUnhealthy)
}

// LinkState is where a hive stands with its queen.
type LinkState string

// The four states of the link.
const (
	Standalone    LinkState = "standalone"     // no queen; waits for a pull
	DiscoveryPush LinkState = "discovery_push" // five attempts, with capabilities
	DiscoveryWait LinkState = "discovery_wait" // silent until a pull
	Telemetry     LinkState = "telemetry"      // one heartbeat a second
)

// UnmarshalText refuses a state that does not exist.
func (s *LinkState) UnmarshalText(text []byte) error {
	return unmarshalName(s, "state", text, LinkStates()...)
}

// LinkStates lists all states of the link.
func LinkStates() []LinkState {
	return []LinkState{Standalone, DiscoveryPush, DiscoveryWait, Telemetry}
}

// Status is the queen's judgement of a hive.
type Status string

// The judgements.
const (
	StatusUnconfirmed Status = "unconfirmed" // known from the state file, not met in this epoch
	StatusHealthy     Status = "healthy"     // last sign of life younger than 3 intervals
	StatusDegraded    Status = "degraded"    // up to 10 intervals
	StatusDown        Status = "down"        // older
	StatusStopped     Status = "stopped"     // a planned stop, announced by the hive
)

// Judge turns the age of the last sign of life into a judgement: healthy below
// 3 intervals, degraded up to 10, down beyond.
func Judge(age, interval time.Duration) Status {
	switch {
	case age < 3*interval:
		return StatusHealthy
	case age <= 10*interval:
		return StatusDegraded
	default:
		return StatusDown
	}
}

// Statuses lists all judgements.
func Statuses() []Status {
	return []Status{StatusUnconfirmed, StatusHealthy, StatusDegraded, StatusDown, StatusStopped}
}

// UnmarshalText refuses a status that does not exist.
func (s *Status) UnmarshalText(text []byte) error {
	return unmarshalName(s, "status", text, Statuses()...)
}

func unmarshalName[T ~string](dst *T, field string, text []byte, known ...T) error {
	for _, k := range known {
		if string(k) == string(text) {
			*dst = k
			return nil
		}
	}
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = string(k)
	}
	return fmt.Errorf("%s %q is not one of %s", field, clip(string(text)), strings.Join(names, ", "))
}
