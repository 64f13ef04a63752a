package store

import (
	"errors"
	"fmt"
	"os"
	"time"

	"rbee/internal/diskfault"
)

// healing is how long a store may take to write again after its disk failed once.
const healing = 5 * time.Second

// phases of a child's life, as they are told to the supervisor.
var phases = []string{"start", "open", "migrate", "register", "commit", "checkpoint", "backup", "close"}

const (
	opening = iota + 1
	migrating
	registering
	committing
	checkpointing
	backingUp
	closing
)

// faultLife is the life of a queen's store whose disk fails somewhere. It goes
// on after every error, as a queen does, and tells what was acknowledged.
type faultLife struct {
	s    *Store
	hive *Hive
	once bool // the disk fails once only
	liar bool // acknowledge before the commit, for the control
	n    int
}

func iofaultChild(path string) error {
	life := faultLife{hive: testHive("a"), once: os.Getenv("STORE_TEST_ONCE") != "", liar: os.Getenv("STORE_TEST_LIAR") != ""}
	if err := diskfault.Submit(); err != nil {
		return err
	}
	first := opening
	if os.Getenv("STORE_TEST_OLD") != "" {
		first = migrating
	}
	diskfault.Phase(first)
	s, err := Open(background, path, discard)
	if err != nil {
		if err := oursOnly(err); err != nil || !life.once {
			return err
		}
		if s, err = Open(background, path, discard); err != nil {
			return fmt.Errorf("the disk failed once, and the file cannot be opened any more: %w", err)
		}
	}
	life.s = s
	return life.run(path)
}

func (l *faultLife) run(path string) error {
	epoch, err := l.s.StartEpoch(background, time.Now(), "test")
	if err := say(err, "ack epoch %d", epoch); err != nil {
		return errors.Join(oursOnly(err), oursOnly(l.s.Close()))
	}
	steps := []struct {
		phase int
		do    func() error
	}{
		{registering, func() error { return register(l.s, l.hive) }},
		{committing, l.item},
		{committing, l.item},
		{checkpointing, l.fold},
		{checkpointing, l.item}, // folds the rest
		{checkpointing, l.item}, // begins the log anew
		{checkpointing, func() error { return beside(l.s, "PRAGMA wal_checkpoint(TRUNCATE)") }},
		{checkpointing, l.item},
		{backingUp, func() error { return backup(l.s, ".copy") }},
		{committing, l.item},
	}
	for _, step := range steps {
		diskfault.Phase(step.phase)
		if err := step.do(); err == nil {
			continue
		} else if err := l.refused(err); err != nil {
			return err
		}
	}
	diskfault.Phase(closing)
	return errors.Join(oursOnly(l.s.StopEpoch(background, time.Now(), epoch)), oursOnly(l.s.Close()))
}

// fold has a checkpoint made, as after a thousand pages.
func (l *faultLife) fold() error {
	l.s.foldWAL()
	return nil
}

func (l *faultLife) item() error {
	l.n++
	if l.hive.PK == 0 {
		return fmt.Errorf("%w: it was not registered", ErrUnavailable)
	}
	if l.liar {
		if err := say(nil, "ack item %d", l.n); err != nil {
			return err
		}
	}
	return item(l.s, l.hive, l.n)
}

// refused judges the error of a write, a checkpoint or a backup. A store whose
// disk failed once writes again soon.
func (l *faultLife) refused(err error) error {
	if err := oursOnly(err); err != nil || !l.once {
		return err
	}
	for end := time.Now().Add(healing); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if l.hive.PK = 0; register(l.s, l.hive) == nil {
			return say(nil, "healed")
		}
		select {
		case <-l.s.Failed():
			return fmt.Errorf("the disk failed once, and the store gave up: %w", l.s.Failure())
		default:
		}
	}
	return fmt.Errorf("the disk failed once; %v later nothing can be written: %w", healing, err)
}

// oursOnly passes on errors of no class of ours.
func oursOnly(err error) error {
	if errors.Is(err, ErrUnavailable) {
		return nil
	}
	return err
}
