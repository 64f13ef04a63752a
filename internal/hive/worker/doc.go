// Package worker owns the inference servers that a hive runs: which kinds there
// are, their processes from the start to the end, their logs, and what the
// operating system says of them.
//
// # One worker
//
// One goroutine owns each worker, and its state is the function it is in
// (states.go). Everything else reads a published Status or sends it an order.
//
//	           start             health path answers
//	Spawn ---> STARTING -----------------------------> READY <---> BUSY
//	             ^  |  |                                 |  requests in flight
//	 after 1, 2, |  |  | stop                       stop |
//	 4 … 60 s    |  |  |                                 v
//	             |  |  |   stop signal               DRAINING
//	             |  |  +--------------> STOPPING <-------+  until idle, bounded
//	             |  |                      |
//	             |  | it ends by itself    | it ends; after the grace, SIGKILL
//	             |  v  (also from READY)   v
//	           FAILED                    EXITED
//	             too often, or the policy is never: for good
//
// Before a worker has ended, all its processes have: those in its session, its
// descendants, whoever carries its token, and those in its control group where
// there are such (package proc).
//
// A worker that serves is asked how it is (health.go). One that is unhealthy stays
// READY or BUSY, with the reason; if its kind says so, it goes by way of STOPPING
// to FAILED after a while, and is started again.
//
// # A worker outlives its hive
//
// A hive that ends, however, leaves its workers serving. They write their logs
// to files of their own, and each has a record on disk:
//
//	record without a process --> start --> record with pid, start time and boot
//
// The next Fleet on the same directory finds by the record, or in the gap between
// the two writes by the token in the environment, what still runs, and goes on in
// the state that its health path tells. A process with a token but no readable
// record is shown as UNKNOWN, and ends only when somebody says so.
//
// # The rest
//
//   - kind: what can be run; one TOML file each, built in or the user's (catalog.go).
//   - token: the variable RBEE_WORKER, "<worker id>:<directory>".
//   - log: a file that its processes append to. The hive gives the blocks of its
//     beginning back to the disk and no offset ever changes, so an offset is a
//     good id of a line (logs.go).
//   - sample: one look at /proc a second for all workers (sample.go), and at
//     their control groups, which also limit them (limits.go).
package worker
