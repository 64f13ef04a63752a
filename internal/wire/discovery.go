package wire

import "time"

// Source says why a host was probed.
type Source string

// The sources.
const (
	SourceSSH       Source = "ssh"       // named in the SSH config
	SourceState     Source = "state"     // known from the state file
	SourceLocalhost Source = "localhost" // the queen's own machine
)

// Outcome is what became of one probe.
type Outcome string

// The outcomes.
const (
	OutcomeRegistered Outcome = "registered"
	OutcomeFailed     Outcome = "failed"
	OutcomeSkipped    Outcome = "skipped"
)

// Classes of failure; an answer with a status other than 200 is "http_" and
// its three digits.
const (
	ErrorRefused  = "refused"
	ErrorTimeout  = "timeout"
	ErrorDNS      = "dns"
	ErrorNotAHive = "not_a_hive"
	ErrorConflict = "conflict" // the hive serves another queen, or its id is taken
	ErrorNetwork  = "network"  // unreachable, reset and the like
)

// SkippedLoopbackOnly is why hosts elsewhere are skipped that could not answer.
const SkippedLoopbackOnly = "queen listens on loopback only: use --bind or --advertise-url"

// Discovery is the result of probing one host.
type Discovery struct {
	Alias       string    `json:"alias"`
	Hostname    string    `json:"hostname"`
	Port        int       `json:"port"`
	Source      Source    `json:"source" enum:"ssh,state,localhost"`
	Outcome     Outcome   `json:"outcome" enum:"registered,failed,skipped"`
	HiveID      string    `json:"hive_id,omitempty"`
	Error       string    `json:"error,omitempty" doc:"refused, timeout, dns, network, http_NNN, not_a_hive or conflict; of a skipped host the reason"`
	ErrorText   string    `json:"error_text,omitempty" doc:"The failure in words"`
	AttemptedAt time.Time `json:"attempted_at"`
	Epoch       int64     `json:"epoch"`
}

// DiscoveryList is the answer to GET /v1/discoveries, newest first.
type DiscoveryList struct {
	Discoveries []Discovery `json:"discoveries" nullable:"false"`
}

// DiscoveryRequest is the body of POST /v1/discoveries; it may be left out.
type DiscoveryRequest struct {
	Take bool `json:"take,omitempty" doc:"Take hives from a queen that serves them"`
}

// Round is the answer to POST /v1/discoveries: one finished round over all targets.
type Round struct {
	Successful int         `json:"successful"`
	Failed     int         `json:"failed"`
	Skipped    int         `json:"skipped"`
	Results    []Discovery `json:"results" nullable:"false"`
	Warnings   []string    `json:"warnings,omitempty" nullable:"false" doc:"What the queen could not read, or passed over, in her SSH config"`
}
