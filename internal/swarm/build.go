package swarm

import "rbee/internal/wire"

// newLoop makes the loop that has every Threads-th hive, with their clones.
func (s *Swarm) newLoop(n int) (*loop, error) {
	c := &s.cfg
	poll, err := newPoller()
	if err != nil {
		return nil, err
	}
	l := &loop{
		cfg: c, queen: s.queen, clock: &s.clock, poll: poll, random: mix(uint64(n)) | 1,
		pace:   pace{busy: c.Busy, burst: c.Burst, rediscover: int64(c.RediscoverEvery)},
		from:   int64(c.Warmup),
		buf:    make([]byte, maxAnswer),
		ledger: &ledger{file: s.acked, prefix: c.IDPrefix},
		visits: map[uint32]*visit{},
	}
	if c.Duration > 0 {
		l.until = int64(c.Warmup + c.Duration)
	}
	if c.RestartEvery > 0 {
		l.restartEvery = int64(c.RestartEvery) * int64(c.Threads)
		l.restartAt = int64(c.Ramp) + int64(c.RestartEvery)*int64(n+1)
	}
	for k := range kinds {
		for _, model := range models {
			m, err := newMessage(c, s.queen, k, model)
			if err != nil {
				return l, err
			}
			l.messages[k] = append(l.messages[k], m)
		}
	}
	return l, l.populate(n)
}

// populate makes the hives of the n-th loop, and sets the alarms of their starts.
func (l *loop) populate(n int) error {
	c := l.cfg
	for i := n; i < c.Hives; i += c.Threads {
		l.hives = append(l.hives, hive{index: int32(i), number: int32(i), slow: i >= c.Hives-c.Slow, cause: causeStart})
	}
	l.live.Hives = len(l.hives)
	for i := range l.hives[:len(l.hives):len(l.hives)] {
		h := &l.hives[i]
		h.twin = nobody
		if int(h.number) < c.Clones {
			h.twin = int32(len(l.hives))
			l.hives = append(l.hives, hive{index: h.index + int32(c.Hives), number: h.number, clone: true, twin: nobody})
		}
	}
	l.wheel = newWheel(len(l.hives))
	if c.Listen.IsValid() {
		l.listeners = make([]int, len(l.hives))
		for i := range l.listeners {
			l.listeners[i] = -1
		}
	}
	for i := range l.hives {
		h := &l.hives[i]
		h.local, h.fd = int32(i), -1
		h.load = uint16(mix(uint64(h.index)))
		if c.Listen.IsValid() {
			h.address = address(c.Listen, int(h.number))
		}
		if h.clone {
			h.link.state = wire.Standalone // until its incumbent is registered
			continue
		}
		if c.Listen.IsValid() {
			if err := l.open(h); err != nil {
				return err
			}
		}
		if !c.Standalone { // else the queen decides when they start
			h.since = int64(c.Ramp) * int64(h.index) / int64(c.Hives)
		}
		if h.due = h.link.start(c.Standalone, h.since); h.due != never {
			l.wheel.set(h.local, h.due)
		}
	}
	return nil
}
