// Package store is what the queen must remember: one SQLite file, written by
// one goroutine, read by a pool of readers and by any auditor's sqlite3.
//
//	handlers ──Write──▶ queue ──▶ writer ──BEGIN … COMMIT (synchronous=FULL)──▶ file
//	            ◀── answered after the commit, many writes to one ──┘
//
// Whatever waits when a commit ends goes into the next one. The functions
// passed to Write run in the writer's goroutine one after the other, so they
// may decide as well as record: see Tx.OnCommit.
//
// Nobody in this process opens the database file but SQLite: closing any other
// descriptor of it would drop SQLite's POSIX locks, and the next auditor to
// leave would delete the WAL under the running queen.
package store
