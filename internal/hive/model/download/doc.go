// Package download fetches models into the hive's own folder.
//
//	ref ──▶ items ──▶ part file ──▶ checked ──▶ renamed
//	         │           │ ▲            │
//	         │ listing   │ │ resumed    └ length, SHA-256, GGUF header
//	         │ of the    │ │ with Range
//	         │ hub       ▼ │ and If-Range
//	         └────── cut, stalled, cancelled
//
// A download in progress is two files in the folder .downloads: the part, locked
// by whoever writes it, and a record of where it came from and how much of it is
// known to be on the disk. A part whose origin changed is begun afresh; only a
// part that has passed every check gets the name of a model.
//
// Nothing that a server says is believed: names are held against the grammar of
// model ids, lengths and hashes against what arrives, redirects against rules
// (never from https to http, http on loopback only, the token to the hub's own
// origin only).
package download
