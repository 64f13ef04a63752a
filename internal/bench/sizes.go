package bench

import "time"

// sizes say how much is measured for how long.
type sizes struct {
	rampLeast, settle time.Duration // of a fleet: its starts are spread, then it is left alone

	busyMany, busyFew int           // connections
	busyWarm, busyFor time.Duration // before and while figures are taken

	few, many, most  int   // hives at one heartbeat a second
	fleets           []int // of which the cost is to grow in a line
	fleetFor, fewFor time.Duration

	day      int           // hives with a day of history
	readsFor time.Duration // of requests beside their heartbeats

	recoverMany, recoverMost time.Duration // how long restarts are watched

	readers, readersMost int // of the stream

	syncs int // of the disk, for the time of one

	workers                         int // of a hive
	hiveSettle, workersFor, idleFor time.Duration
}

// full is what the figures of docs/performance.md are taken with.
var full = sizes{
	rampLeast: time.Second, settle: 2 * time.Second,
	busyMany: 1000, busyFew: 64, busyWarm: 2 * time.Second, busyFor: 8 * time.Second,
	few: 5, many: 1000, most: 10_000, fleets: []int{10, 100, 1000, 10_000},
	fleetFor: 12 * time.Second, fewFor: 30 * time.Second,
	day: 1000, readsFor: 15 * time.Second,
	recoverMany: 8 * time.Second, recoverMost: 25 * time.Second,
	readers: 100, readersMost: 1000,
	syncs:   300,
	workers: 100, hiveSettle: 5 * time.Second, workersFor: time.Minute, idleFor: time.Minute,
}

// quick runs through everything in about a minute; its figures say nothing.
var quick = sizes{
	rampLeast: 200 * time.Millisecond, settle: 300 * time.Millisecond,
	busyMany: 100, busyFew: 16, busyWarm: 200 * time.Millisecond, busyFor: time.Second,
	few: 5, many: 100, most: 300, fleets: []int{10, 100, 300},
	fleetFor: time.Second, fewFor: 2 * time.Second,
	day: 50, readsFor: 2 * time.Second,
	recoverMany: 6 * time.Second, recoverMost: 6 * time.Second,
	readers: 10, readersMost: 50,
	syncs:   20,
	workers: 10, hiveSettle: 2 * time.Second, workersFor: 3 * time.Second, idleFor: 3 * time.Second,
}

// within returns the sizes that a process with so many files can have.
func (s sizes) within(files uint64) sizes {
	const own = 300 // of each program, beside connections; door.Listen keeps 200 of them
	if files < own || uint64(s.most)+own <= files {
		return s
	}
	s.most = int(files - own)
	fleets := make([]int, 0, len(s.fleets))
	for _, n := range s.fleets {
		fleets = append(fleets, min(n, s.most))
	}
	s.fleets = fleets
	s.many, s.day, s.busyMany = min(s.many, s.most), min(s.day, s.most), min(s.busyMany, s.most)
	s.readersMost = min(s.readersMost, s.most-s.many)
	return s
}

// ramp is over what time the starts of so many hives are spread: a queen takes
// registrations at a bounded rate.
func (s *sizes) ramp(hives int) time.Duration {
	return s.rampLeast + time.Duration(hives)*time.Second/2000
}
