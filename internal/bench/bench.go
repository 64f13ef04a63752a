package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"

	"rbee/internal/swarm"
)

// Config says what to measure.
type Config struct {
	Hive   bool     // measure a hive, not a queen
	Quick  bool     // everything in short: to see that it runs
	Only   []string // the letters of the sections; none: all
	Rounds int
	Dir    string    // where state files are made
	Doc    string    // file for the figures too, or with a place for them; "": none
	Go     string    // the go command
	Self   string    // a program that serves as floor, lone and engine, as cmd/internal/bench does
	Out    io.Writer // gets the figures, as Markdown
	Log    *slog.Logger
}

// Sections is what can be measured of a queen or a hive, for a usage text.
func Sections(hive bool) string {
	var text []string
	for _, s := range (&bench{cfg: Config{Hive: hive}}).sections() {
		text = append(text, string(s.letter)+" "+s.what)
	}
	return strings.Join(text, ", ")
}

// section is a part of a round.
type section struct {
	letter rune
	what   string
	run    func(*bench, context.Context) error
}

var queenSections = []section{
	{'a', "busy connections", (*bench).busy},
	{'b', "one transaction each", (*bench).alone},
	{'c', "many hives", (*bench).most},
	{'d', "a handful of hives", (*bench).few},
	{'e', "disk", (*bench).disk},
	{'f', "reads", (*bench).reads},
	{'g', "restarts", (*bench).restarts},
	{'h', "stream readers", (*bench).streams},
}

// bench is one run.
type bench struct {
	cfg          Config
	sizes, asked sizes // asked: before the limit of open files
	files        uint64
	facts        []fact
	programs     programs
	dir          string // of everything that is made
	sheet        *sheet
	faults       []string // what must not happen, whatever the figures
	filled       string   // state file with a day of history
	now          round
}

// round is what sections of one round share.
type round struct {
	fleets  map[int]*fleet
	grouped *swarm.Report
}

// Run measures, writes the figures and returns an error if anything did not run
// or was lost; a figure that misses its target is no error.
func Run(ctx context.Context, cfg Config) (err error) {
	if err := selfCheck(); err != nil {
		return err
	}
	b := &bench{cfg: cfg, asked: full, files: openFiles(), sheet: newSheet()}
	for _, letter := range cfg.Only {
		if !slices.ContainsFunc(b.sections(), func(s section) bool { return string(s.letter) == letter }) {
			return fmt.Errorf("there is no section %q: %s", letter, Sections(cfg.Hive))
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // kills what still runs
	if cfg.Quick {
		b.asked, b.cfg.Rounds = quick, 1
	}
	b.sizes = b.asked.within(b.files)
	if b.dir, err = os.MkdirTemp(cfg.Dir, "rbee-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	b.facts = machine(b.dir, b.files)
	if load := loadAverage(); occupied(load) {
		cfg.Log.Warn("This machine has something else to do: its figures will not be worth much", "load_average", load)
	}
	if b.programs, err = b.build(ctx); err != nil {
		return err
	}
	for n := range b.cfg.Rounds {
		if err := b.round(ctx, n+1); err != nil {
			return fmt.Errorf("round %d: %w", n+1, err)
		}
	}
	return b.tell()
}

// round measures everything once.
func (b *bench) round(ctx context.Context, n int) error {
	b.now = round{fleets: map[int]*fleet{}}
	if !b.cfg.Hive {
		took, err := syncTimes(b.dir, b.sizes.syncs)
		if err != nil {
			return err
		}
		b.sheet.add("sync p50 ms", quantile(took, 0.50))
		b.sheet.add("sync p99 ms", quantile(took, 0.99))
	}
	for _, s := range b.sections() {
		if !b.selected(s.letter) {
			continue
		}
		b.cfg.Log.Info("Measuring", "round", n, "of", b.cfg.Rounds, "section", string(s.letter), "what", s.what)
		if err := s.run(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
	}
	return nil
}

func (b *bench) sections() []section {
	if b.cfg.Hive {
		return hiveSections
	}
	return queenSections
}

func (b *bench) targets() []target {
	if b.cfg.Hive {
		return hiveTargets(b.sheet, b.sizes)
	}
	return targets(b.sheet, b.sizes)
}

func (b *bench) selected(letter rune) bool {
	return len(b.cfg.Only) == 0 || slices.Contains(b.cfg.Only, string(letter))
}

// tell writes the figures.
func (b *bench) tell() error {
	for _, t := range b.targets() {
		if b.selected(t.section) && t.judge(b.sheet) == absent {
			b.fault("not measured: %s", t.what)
		}
	}
	text := b.markdown()
	if _, err := io.WriteString(b.cfg.Out, text); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	if b.cfg.Doc != "" {
		document, err := os.ReadFile(b.cfg.Doc)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("write the figures: %w", err)
		}
		//nolint:gosec // a page of documentation, for everybody
		if err := os.WriteFile(b.cfg.Doc, []byte(place(string(document), b.begin(), text)), 0o644); err != nil {
			return fmt.Errorf("write the figures: %w", err)
		}
	}
	if len(b.faults) > 0 {
		return errors.New(strings.Join(b.faults, "; "))
	}
	return nil
}

// say tells what is under way.
func (b *bench) say(server string, args ...any) {
	b.cfg.Log.Info("Loading", append([]any{"server", server}, args...)...)
}

// concern is a fault, unless it may come of a machine that is too slow for the
// short form.
func (b *bench) concern(format string, args ...any) {
	if !b.cfg.Quick {
		b.fault(format, args...)
		return
	}
	b.cfg.Log.Warn("Concern", "what", fmt.Sprintf(format, args...))
}

// fault notes what must not happen.
func (b *bench) fault(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	b.cfg.Log.Error("Fault", "what", text)
	b.faults = append(b.faults, text)
}

// withState runs f with the name of a state file that does not exist yet, and
// removes what it has become.
func (b *bench) withState(f func(state string) error) error {
	state, remove, err := b.state()
	if err != nil {
		return err
	}
	return errors.Join(f(state), remove())
}
