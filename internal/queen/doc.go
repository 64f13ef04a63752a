// Package queen is the control plane: it finds hives and is found by them,
// judges how they are, and writes down everything it learns before it answers.
//
//	hives ── POST /v1/hive-heartbeat ──▶ heartbeats.go ─┐
//	hives ◀── GET /capabilities (pull) ── discovery.go ─┤        ┌▶ state file
//	                                                    ├▶ store ┤  (one commit
//	time passes ───────────────────────── health.go ────┤ writer │   for all that
//	keeper ── DELETE /v1/hives/{id} ───── hives.go ─────┘        │   waited)
//	                                                             ▼ after the commit
//	keeper, browsers ◀── hives.go, events.go, … ◀── registry.go ──▶ stream.go
//
// The registry decides in the store's writer goroutine, one message after the
// other, and shows its decisions to readers when they are on disk: what a
// reader sees, and what a 200 promises, is in the file.
//
// Words: an epoch is one boot of the queen. A hive is known when the state file
// has it, met when it was heard of in this epoch, registered when it sent its
// capabilities or answered a pull in this epoch. A heartbeat without
// capabilities from a hive that is not registered gets a 404: that is how a
// hive learns that the queen has restarted.
package queen
