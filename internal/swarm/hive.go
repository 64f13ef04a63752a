package swarm

import "net/netip"

// step is what a hive's socket is busy with.
type step uint8

// The states of a socket.
const (
	stepIdle       step = iota // no heartbeat under way; the connection may stand or not
	stepConnecting             // one waits for its connection
	stepSending                // part of one is sent
	stepAwaiting               // it is sent, the answer is not there
)

// cause is why a hive is not healthy.
type cause uint8

// The causes.
const (
	causeNone cause = iota
	causeStart
	causeRestart // its own
	causeQueen   // the queen went away, or forgot the hive
)

// hive is one simulated hive. Times are nanoseconds of the swarm's clock.
type hive struct {
	local  int32 // its place in its loop
	index  int32 // among all hives and clones: tells instances apart
	number int32 // in its id; a clone has another's
	twin   int32 // the clone that starts when this hive is registered, or nobody
	fd     int32 // -1: no connection
	gen    uint32

	step     step
	kind     kind // of the heartbeat under way
	cause    cause
	measured bool // the heartbeat under way belongs to the figures
	slow     bool
	clone    bool
	away     bool // its discovery after causeQueen has begun

	load  uint16
	beats uint32
	link  link

	due    int64 // when the heartbeat under way, or the next, should go out
	began  int64 // when it did
	sent   int64 // when its first byte did
	sentMS int64 // what it says of that, in milliseconds since 1970
	since  int64 // of cause

	address netip.Addr // where it sends from and listens; invalid: anywhere
	pending []byte     // what is not sent yet
	partial []byte     // what is there of an answer
}

// token finds the hive again in an event of its present connection. Events of
// an earlier one may still come; their generation is another.
func (h *hive) token() uint64 {
	return uint64(uint32(h.local)) | uint64(h.gen&genMask)<<32
}

// What a token belongs to stands in its two highest bits.
const (
	genMask       = 1<<30 - 1
	tokenListener = uint64(1) << 62
	tokenVisit    = uint64(2) << 62
	tokenKind     = uint64(3) << 62
)
