// Package job runs what a hive is asked to do, and keeps what it said.
//
//	Start ──▶ queued ──▶ running ──▶ completed   [DONE]
//	             │          ├──────▶ failed      [ERROR] reason
//	             └──────────┴──────▶ cancelled   [CANCELLED]
//
// A job starts when it is accepted, not when somebody listens. What it says is
// a list of events, numbered from 1, whose last one is the marker of its end;
// readers follow that list, each at its own pace, and nobody is waited for. The
// list is bounded: a reader who comes late for its beginning is told how much
// is gone.
//
// That a job was accepted, began and how it ended is written to a file, one line
// each, and survives the hive. What it said does not.
package job
