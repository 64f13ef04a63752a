// Package rollup sums up heartbeats by minute and by hour. It is pure: it holds
// no clock and touches no file.
//
//	heartbeats ──Beat──▶ ┌────────┐
//	                     │ Ledger │──Take──▶ rows of the minute and hour tiers
//	time passes ──Tick──▶└────────┘
//
// The store's writer feeds a Ledger as it writes, so that the rows of a minute
// come from memory when it ends. What memory cannot know, because the program
// started within that minute or the clock was set back, is left out and made
// again from the heartbeats in the file, by the same Ledger: see Ledger.Behind.
package rollup
