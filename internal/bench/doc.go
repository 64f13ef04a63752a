// Package bench measures what a queen costs and how fast she is, against what
// the same machine can do without her, in one run:
//
//	Run ── round ── section a, b, … h ── server: queen, floor or lone, a process
//	 │                    │        └──── load: rbee-swarm, another process
//	 │                    └─ sheet: the figures, one value for each round
//	 └─ judge ── the sheet against the targets ── Markdown
//
// The floor is a server with the queen's limits that reads what she reads and
// answers what she answers, and does nothing. Lone is the store with one
// transaction for each heartbeat. Ratios are taken within a round, in which
// both sides run right after one another; figures are medians over the rounds.
//
// All servers are processes of their own, of the same build; the benchmark
// looks at them from outside (/proc), and at a state file only when its queen
// has ended. It runs on Linux.
package bench
