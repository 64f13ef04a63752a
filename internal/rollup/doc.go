// Package rollup sums up heartbeats by minute and by hour. It is pure: it holds
// no clock and touches no file.
//
//	heartbeats ──Beat──▶ ┌───────┐──Take──▶ rows of the minute and hour tiers
//	                     │ Tally │
//	time passes ──Tick──▶└───────┘──Due───▶ what has to be made from the file
//
// The store's writer feeds a Tally as it writes, so that the rows of a minute
// come from memory when it ends. What memory cannot know, because the program
// started within that minute or the clock was set back, is left out and, when it
// is over, made again from the heartbeats in the file: by a Replay, which feeds
// them to a Tally of its own.
package rollup
