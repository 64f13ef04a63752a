package hive

import (
	"fmt"
	"log/slog"

	"rbee/internal/wire"
)

const queenFile = "queen.json"

// memory is the queen that accepted this hive last. It has no lock: a beat in
// flight may write it, and the link reads it when none is.
type memory struct {
	dir  *stateDir
	last queen // zero when there was none
	log  *slog.Logger
}

// loadMemory reads what dir holds.
func loadMemory(dir *stateDir) *memory {
	m := &memory{dir: dir, log: dir.log}
	var q queen
	if dir.load(queenFile, &q, func() error { return validQueen(q) }, "the remembered queen is forgotten") {
		m.last = q
	}
	return m
}

func validQueen(q queen) error {
	normal, err := wire.ParseURL(q.URL)
	if err != nil {
		return err
	}
	if normal != q.URL {
		return fmt.Errorf("URL %q is not in its normal form %q", q.URL, normal)
	}
	return wire.ValidateText("queen_id", q.ID)
}

// knows tells whether q ever accepted this hive, as far as one remembered queen
// can tell.
func (m *memory) knows(q queen) bool {
	return m.last.URL != "" && (m.last.URL == q.URL || (q.ID != "" && m.last.ID == q.ID))
}

// remember keeps q over restarts. A disk that fails costs no heartbeat: what is
// in memory still holds until the end of this run.
func (m *memory) remember(q queen) {
	if m.last == q {
		return
	}
	m.last = q
	if err := m.dir.save(queenFile, q); err != nil {
		m.log.Warn("Queen not remembered: a restart without --queen-url will not find it", "queen_url", q.URL, "error", err)
	}
}

// forget drops the queen.
func (m *memory) forget() error {
	m.last = queen{}
	return m.dir.remove(queenFile)
}
