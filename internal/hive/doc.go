// Package hive is the node agent: it says what a machine has, and keeps the tie
// to the queen that the machine belongs to.
//
// # The link
//
// One goroutine owns the tie, and its state is the function it is in (link.go,
// and one file per state). Everything else reads a published snapshot or sends
// it a pull.
//
//	            no queen
//	          +------------+
//	start --->| STANDALONE |  silent
//	  |       +------------+
//	  |             | pull
//	  | a queen     v
//	  | is    +----------------+  five fail, turned away  +----------------+
//	  | known | DISCOVERY_PUSH |------------------------->| DISCOVERY_WAIT |
//	  +------>| five attempts, |<-------------------------| silent, but    |
//	          | capabilities   |          pull            | for slow       |
//	          +----------------+                          | retries        |
//	      (1) ^ |   |        ^                            +----------------+
//	          +-+   | 200    | 400, 404, refused,            |         ^
//	                v        | a pull that moves it (2)      |         |
//	          +----------------+      200 to a slow retry    |         |
//	          | TELEMETRY      |<----------------------------+         |
//	          | one heartbeat  |---------------------------------------+
//	          | a second (3)   |            turned away
//	          +----------------+
//
//	(1) A pull ends the wait between attempts, one of another queen an attempt
//	    too: five attempts, afresh, at once.
//	(2) One with take=1, or one while the queen that is served leaves heartbeats
//	    unanswered. All other pulls change nothing.
//	(3) Or as the queen grants.
//
// # The words
//
//   - pull: a queen's GET /capabilities with a queen_url. It says where the
//     heartbeats shall go.
//   - turned away: the queen answered 401, 403, 409 or 421. Repeating at once
//     would not help.
//   - grant: the interval that the queen asks for in her answer to a heartbeat,
//     instead of one a second. It holds until her next answer.
//   - slow retry: one attempt per Config.RediscoverEvery, in silence, of a hive
//     that a queen knows or turned away.
//   - beat: one heartbeat in flight. There is never more than one: the old one
//     has ended before the link moves on.
//   - remembered queen: the last one that accepted this hive, kept in the state
//     directory beside the identity of this instance.
package hive
