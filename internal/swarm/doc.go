// Package swarm is any number of simulated hives in one process, speaking the
// real protocol to a real queen: load for a benchmark, and a rehearsal for
// whoever plans a fleet.
//
//	Run ── one loop for each thread ── epoll ── a socket for each hive
//	 │            │                       └──── a listener for each hive (Listen)
//	 │            ├─ wheel: when each hive sends, or gives up waiting
//	 │            ├─ link: what an answer means, as internal/hive has it; pure
//	 │            ├─ message: a request with a few places to patch
//	 │            └─ tally: what came of it
//	 └─ meter: what queen and swarm cost meanwhile
//
// The swarm shares the machine with the server it loads, so a heartbeat is to
// cost as little as can be: one write, one read, a few patched bytes and no
// allocation. That is why it does not use net/http, nor a goroutine for each
// hive: waiting in package net costs one more read and a switch of goroutines
// for each answer. All of a hive belongs to the one goroutine of its loop.
//
// It runs on Linux; elsewhere it compiles and says so.
package swarm
