package wire

// The levels of a finding.
const (
	FindingOK      = "ok"
	FindingWarning = "warning" // something is missing or not as it should be
	FindingError   = "error"   // something that was asked for does not work
)

// Finding is one thing that hive_check looked at.
type Finding struct {
	Level   string `json:"level" enum:"ok,warning,error"`
	Subject string `json:"subject"`
	Detail  string `json:"detail"`
	Remedy  string `json:"remedy,omitempty"`
}

// HiveCheck is the result of hive_check.
type HiveCheck struct {
	Findings []Finding `json:"findings" nullable:"false"`
}

// HiveStatus is the result of the operation status.
type HiveStatus struct {
	HiveSelf
	Devices []Device        `json:"devices" nullable:"false"`
	Node    *Node           `json:"node,omitempty"`
	Workers []WorkerProcess `json:"workers" nullable:"false"`
}
