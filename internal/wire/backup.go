package wire

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

// StateApplicationID marks a SQLite file as a queen's ("rbee" in ASCII).
const StateApplicationID = 0x72626565

// StateHeaderBytes is how much of a file IsStateFile looks at.
const StateHeaderBytes = 100

// IsStateFile tells whether a file that begins so is a queen's.
func IsStateFile(header []byte) bool {
	return len(header) >= StateHeaderBytes && strings.HasPrefix(string(header), "SQLite format 3\x00") &&
		binary.BigEndian.Uint32(header[68:72]) == StateApplicationID
}

// The answer to POST /v1/backups: a state file, and headers that tell about it.
const (
	ContentTypeStateFile = "application/vnd.sqlite3"
	HeaderStateFile      = "Rbee-State-File"      // a StateFile as JSON
	HeaderProgress       = "Rbee-Backup-Progress" // of 102 answers before it: a BackupProgress as JSON
	HeaderReprDigest     = "Repr-Digest"          // RFC 9530
)

// StateFile sums up a copy of the state file.
type StateFile struct {
	QueenID         string     `json:"queen_id"`
	SchemaVersion   int64      `json:"schema_version"`
	Bytes           int64      `json:"bytes"`
	Epochs          int64      `json:"epochs"`
	Hives           int64      `json:"hives"`
	NewestHeartbeat *time.Time `json:"newest_heartbeat"`
	NewestEvent     *time.Time `json:"newest_event"`
}

// BackupProgress is how far a queen is with the copy that was asked for.
type BackupProgress struct {
	Written int64 `json:"written_bytes"`
	Total   int64 `json:"total_bytes"` // about
}

// ReprDigest writes a SHA-256 as the header's value.
func ReprDigest(sum []byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}
