// Package metrics writes what GET /metrics answers: the text format that
// Prometheus reads, and the few kinds of number that a daemon counts with.
//
// The daemons keep their numbers where they arise, as atomics, and write a Page
// of them when somebody asks; between two scrapes nothing is kept, sampled or
// looked up. Prometheus's own library would do the same for 5 MB of a hive's
// memory and 2 MB of the queen's, most of it the tables of protocol buffers that
// are read at every start; so it is used by tests only, which have its parser and
// its linter judge these pages.
package metrics
