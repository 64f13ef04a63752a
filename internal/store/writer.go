package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// queueSize bounds the writes that wait for a commit.
const queueSize = 16384

// write is one function waiting for its commit.
type write struct {
	apply func(*Tx) error
	done  chan error
}

// Tx is the transaction that a group of writes shares. It is valid inside the
// function passed to Write only. The file is touched at the first statement, so
// that a function which only decides costs no commit.
type Tx struct {
	s          *Store
	q          *dbsqlc.Queries
	begun      bool
	err        error // of BEGIN; every statement fails with it
	beats      []Beat
	flushed    int      // of beats: how many have their rows
	growth     []growth // rows written
	completed  []growth // blocks that are whole
	events     []wire.EventKind
	onCommit   []func()
	onRollback []func()
}

// OnCommit has f run in the writer's goroutine once the transaction is on disk,
// before any Write returns.
func (tx *Tx) OnCommit(f func()) { tx.onCommit = append(tx.onCommit, f) }

// OnRollback has f run in the writer's goroutine if the transaction fails. What
// a function prepared for OnCommit must be dropped then: the function may be
// called once more, in another transaction.
func (tx *Tx) OnRollback(f func()) { tx.onRollback = append(tx.onRollback, f) }

// Write runs apply in the writer's goroutine, in a transaction it may share
// with others, and returns when that is committed and synced. An error of apply
// undoes its own statements only; apply may be called more than once. When the
// queue is full it waits for a place until ctx ends.
func (s *Store) Write(ctx context.Context, apply func(*Tx) error) error {
	return s.enqueue(apply, ctx.Done(), ctx.Err)
}

// TryWrite is Write for those who would rather be told ErrQueueFull than wait.
func (s *Store) TryWrite(apply func(*Tx) error) error {
	return s.enqueue(apply, closedChannel, func() error { return ErrQueueFull })
}

// closedChannel ends a wait before it begins.
var closedChannel = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// enqueue puts a write into the queue, unless that is full until give is closed;
// then it returns the error of why.
func (s *Store) enqueue(apply func(*Tx) error, give <-chan struct{}, why func() error) error {
	w, ok := s.writes.Get().(*write)
	if !ok {
		w = &write{done: make(chan error, 1)}
	}
	w.apply = apply
	if err := s.admit(w, give, why); err != nil {
		return err
	}
	err := <-w.done
	w.apply = nil
	s.writes.Put(w)
	return err
}

func (s *Store) admit(w *write, give <-chan struct{}, why func() error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return ErrClosed
	}
	select {
	case s.queue <- w:
		return nil
	default:
	}
	select {
	case s.queue <- w:
		return nil
	case <-give:
		return why()
	}
}

// start starts the writer; it ends when the queue is closed and empty.
func (s *Store) start(ctx context.Context) error {
	conn, err := s.writeDB.Conn(ctx)
	if err != nil {
		return err
	}
	s.conn, s.stmts, s.building = conn, map[stmtKey]stmt{}, map[growthKey]block{}
	if s.write, err = dbsqlc.Prepare(ctx, conn); err != nil {
		return errors.Join(err, conn.Close())
	}
	if s.read, err = dbsqlc.Prepare(ctx, s.readDB); err != nil {
		return errors.Join(err, conn.Close())
	}
	if err := s.loadBlocks(ctx, s.write); err != nil {
		return errors.Join(err, conn.Close())
	}
	if s.begin, err = s.prepare(ctx, "BEGIN IMMEDIATE"); err != nil {
		return errors.Join(err, conn.Close())
	}
	if s.end, err = s.prepare(ctx, "COMMIT"); err != nil {
		return errors.Join(err, conn.Close())
	}
	if s.file, err = os.Stat(s.path); err != nil {
		return errors.Join(err, conn.Close())
	}
	s.health.failed = make(chan struct{})
	s.queue, s.ended = make(chan *write, queueSize), make(chan struct{})
	s.wal.due, s.wal.stopped = make(chan struct{}, 1), make(chan struct{})
	go s.runWriter()
	go s.runCheckpoints()
	return nil
}

// runWriter is the writer's goroutine.
func (s *Store) runWriter() {
	defer close(s.ended)
	for last := 0; ; {
		select {
		case first, ok := <-s.queue:
			if !ok {
				s.endWriter()
				return
			}
			group := s.gather(first, last)
			last = len(group)
			s.commit(group)
			clear(group) // what they refer to is garbage now
			s.group = group
		case <-s.health.again:
			s.heal()
		}
	}
}

func (s *Store) endWriter() {
	for _, stmt := range s.stmts {
		_ = stmt.Close() // nothing is left that could be lost
	}
	_, _, _ = s.write.Close(), s.begin.Close(), s.end.Close()
	_ = s.conn.Close()
}

// Under load a group waits a moment for more, so that fewer commits carry them
// all: loaded is the size of a group from which on the next one does, loadWait
// how long.
const (
	loaded   = 8
	loadWait = time.Millisecond
)

// SetCommitWindow makes every group wait for so long for more, whatever the
// load: fewer, larger writes.
func (s *Store) SetCommitWindow(d time.Duration) { s.window.Store(int64(d)) }

// gather takes everything that waits into one group, and what comes within the
// window.
func (s *Store) gather(first *write, last int) []*write {
	group := s.waiting(append(s.group[:0], first))
	wait := time.Duration(s.window.Load())
	if wait == 0 && last >= loaded {
		wait = loadWait
	}
	if wait == 0 || len(group) >= queueSize {
		return group
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for len(group) < queueSize {
		select {
		case w, ok := <-s.queue:
			if !ok {
				return group
			}
			group = append(group, w)
		case <-timer.C:
			return s.waiting(group)
		}
	}
	return group
}

// waiting adds what waits.
func (s *Store) waiting(group []*write) []*write {
	for len(group) < queueSize {
		select {
		case w, ok := <-s.queue:
			if !ok {
				return group
			}
			group = append(group, w)
		default:
			return group
		}
	}
	return group
}

// commit answers every write of the group. One that fails by its own fault is
// taken out and the rest is tried again.
func (s *Store) commit(group []*write) {
	if err := s.ailing(); err != nil {
		answer(group, err)
		return
	}
	for len(group) > 0 {
		failed, err := s.try(group)
		switch {
		case err == nil:
			answer(group, nil)
			s.wrote()
			return
		case failed >= 0 && (ofOneWrite(err) || damaged(err) && s.checkRegistry(background, s.readDB) == nil):
			if damaged(err) {
				err = s.classify(err)
			}
			group[failed].done <- err
			group = append(group[:failed], group[failed+1:]...)
		default:
			answer(group, s.ail(err))
			return
		}
	}
}

func answer(group []*write, err error) {
	for _, w := range group {
		w.done <- err
	}
}

// try runs the group in one transaction. It returns the index of the write
// whose function failed, or -1 when the transaction itself did.
func (s *Store) try(group []*write) (failed int, err error) {
	began := time.Now()
	tx := &Tx{s: s, q: s.write, beats: s.beats[:0]}
	defer func() {
		s.beats = tx.beats
		clear(s.beats) // what they refer to is garbage now
	}()
	for i, w := range group {
		if err := w.run(tx); err != nil {
			tx.rollback()
			if !ofOneWrite(err) && !damaged(err) {
				tx.tell(began, true)
			}
			return i, err
		}
	}
	if err := tx.commit(); err != nil {
		tx.rollback()
		tx.tell(began, true)
		return -1, err
	}
	tx.tell(began, false)
	s.history.Lock()
	defer s.history.Unlock()
	s.count(tx)
	for _, f := range tx.onCommit {
		f()
	}
	return -1, nil
}

// run calls the function; a panic is an error of this write, because in the
// writer's goroutine it would end the queen for every hive.
func (w *write) run(tx *Tx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			tx.s.log.Error("a write panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = fmt.Errorf("the program made a mistake: %v", v)
		}
	}()
	return w.apply(tx)
}

// queries begins the transaction if need be and returns its statements.
func (tx *Tx) queries() (*dbsqlc.Queries, error) {
	if !tx.begun && tx.err == nil {
		_, tx.err = tx.s.begin.ExecContext(background, nil)
		tx.begun = tx.err == nil
	}
	return tx.q, tx.err
}

func (tx *Tx) commit() error {
	for _, flush := range []func() error{tx.flushHeartbeats, tx.flushRollups, tx.flushBlocks} {
		if err := flush(); err != nil {
			return err
		}
	}
	if !tx.begun {
		return nil
	}
	if err := tx.s.stillThere(); err != nil {
		return err
	}
	if _, err := tx.s.end.ExecContext(background, nil); err != nil {
		return err
	}
	if err := tx.s.stillThere(); err != nil {
		return fmt.Errorf("%w (%w)", errReplaced, err) // it is done, in a file that nobody will find
	}
	return nil
}

func (tx *Tx) rollback() {
	if tx.begun {
		if _, err := tx.s.conn.ExecContext(background, "ROLLBACK"); err != nil && !errors.Is(err, context.Canceled) {
			tx.s.log.Debug("rollback failed; SQLite had undone the transaction by itself", "error", err)
		}
	}
	tx.s.names.forget() // may hold names of this transaction
	tx.s.stamps.known = false
	for _, f := range tx.onRollback {
		f()
	}
}

// Probe writes something that changes nothing, to see whether the file takes
// writes.
func (tx *Tx) Probe() error {
	q, err := tx.queries()
	if err != nil {
		return err
	}
	return q.TouchMeta(background)
}
