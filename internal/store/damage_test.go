package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	arg "flag" // the package has a flag of its own
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The size of TestDamage; `make damage` asks for more than the default.
var (
	damageMutants = arg.Int("damage.mutants", 0, "damage `N` state files (0: 100, with the race detector one of each kind)")
	damageSeed    = arg.Uint64("damage.seed", 0, "damage those of an earlier run; 0 is a new seed")
	damageOnly    = arg.Int("damage.only", -1, "of those only the one of this `NUMBER`")
)

// verdict is what became of a damaged file.
type verdict string

const (
	intact  verdict = "all rows are there"
	refused verdict = "refused, untouched"
	told    verdict = "opened, the damage told"
	older   verdict = "as an earlier commit left it"
	bad     verdict = "BAD"
)

// opener is Open, or what a control puts in its place.
type opener func(path string, log *slog.Logger) (*Store, error)

func realOpen(path string, log *slog.Logger) (*Store, error) { return Open(background, path, log) }

// A damaged file opens with all its rows, or is refused with its name, the cause
// and a remedy, and not touched; or what is damaged is told when it is read. Of a
// log without its end, nobody can tell that there was more.
func TestDamage(t *testing.T) {
	t.Parallel()
	seed := *damageSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	o := newOriginals(t)
	t.Run("the judge is no rubber stamp", o.control)
	count := map[string]map[verdict]int{}
	total := *damageMutants
	if total == 0 {
		if total = 100; raceDetector {
			total = len(mutants) // one of each
			t.Logf("with the race detector %d mutants only; make damage tries more", total)
		}
	}
	for n := range total {
		if *damageOnly >= 0 && n != *damageOnly {
			continue
		}
		random := rand.New(rand.NewPCG(seed, uint64(n)))
		m := mutants[n%len(mutants)]
		got, why := o.try(t, m, random, realOpen)
		if count[m.name] == nil {
			count[m.name] = map[verdict]int{}
		}
		count[m.name][got]++
		if got == bad || (got == older && !m.ends) {
			t.Errorf("mutant %d, %s: %s: %s", n, m.name, got, why)
		}
	}
	t.Logf("%d mutants, -damage.seed %d", total, seed)
	for _, m := range mutants {
		t.Logf("%-24s %v", m.name, count[m.name])
	}
}

// control has the judge find what it has to: a file that is replaced by an empty
// one, a refusal that touches what it refuses, or says too little.
func (o *originals) control(t *testing.T) {
	text := mutants[slices.IndexFunc(mutants, func(m mutant) bool { return m.name == "text" })]
	for name, tt := range map[string]struct {
		open opener
		want string
	}{
		"an empty file instead": {func(path string, log *slog.Logger) (*Store, error) {
			for _, suffix := range []string{"", "-wal", "-shm", ".id"} {
				_ = os.Remove(path + suffix)
			}
			return realOpen(path, log)
		}, "rows"},
		"a touched file": {func(path string, _ *slog.Logger) (*Store, error) {
			_ = os.WriteFile(path, []byte("x"), 0o600)
			return nil, fmt.Errorf("%w: %s is not a database; restore a backup", ErrRefused, path)
		}, "changed"},
		"no remedy": {func(path string, _ *slog.Logger) (*Store, error) {
			return nil, fmt.Errorf("%w: %s is not a database", ErrRefused, path)
		}, "remedy"},
		"no class": {func(path string, _ *slog.Logger) (*Store, error) {
			return nil, fmt.Errorf("%s is not a database; restore a backup", path)
		}, "class"},
		"a panic": {func(string, *slog.Logger) (*Store, error) { panic("oh") }, "panic"},
	} {
		got, why := o.try(t, text, rand.New(rand.NewPCG(1, 1)), tt.open)
		if got != bad || !strings.Contains(why, tt.want) {
			t.Errorf("%s: %s: %s; want %s: …%s…", name, got, why, bad, tt.want)
		}
	}
}

// try damages a copy of an original and sees what becomes of it.
func (o *originals) try(t *testing.T, m mutant, random *rand.Rand, open opener) (got verdict, why string) {
	t.Helper()
	dir := filepath.Join(o.dir, "mutant")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	from := o.folded
	if m.log || random.IntN(2) == 0 {
		from = o.killed
	}
	path := filepath.Join(dir, "queen.db")
	from.write(t, path)
	m.damage(t, path, random)
	type answer struct {
		got verdict
		why string
	}
	done := make(chan answer, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- answer{bad, fmt.Sprintf("panic: %v\n%s", v, debug.Stack())}
			}
		}()
		debug.SetPanicOnFault(true)
		got, why := o.judge(path, open)
		done <- answer{got, why}
	}()
	select {
	case a := <-done:
		return a.got, a.why
	case <-time.After(time.Minute):
		return bad, "it hangs"
	}
}

// judge opens a damaged file as a queen does, and has her look at all of it.
func (o *originals) judge(path string, open opener) (verdict, string) {
	before, err := contents(path)
	if err != nil {
		return bad, err.Error()
	}
	var said bytes.Buffer
	s, err := open(path, slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		return judgeRefusal(path, err, before)
	}
	defer func() { _ = s.Close() }()
	rows, unread := dump(s)
	err = run(s)
	switch {
	case err != nil && !errors.Is(err, ErrRefused):
		return bad, "the queen runs into " + err.Error()
	case err != nil || strings.Contains(said.String(), "level=ERROR"):
		return told, fmt.Sprint(err, said.String())
	case unread != nil:
		return bad, "nobody is told of " + unread.Error()
	case slices.Equal(rows, o.rows):
		return intact, ""
	case o.earlier[digest(rows)]:
		return older, fmt.Sprintf("%d of %d rows", len(rows), len(o.rows))
	default:
		return bad, fmt.Sprintf("%d rows, there were %d, and nobody is told:\n%s", len(rows), len(o.rows), cmp.Diff(o.rows, rows))
	}
}

// run is what a queen does with the file after opening it, the check in the
// background included.
func run(s *Store) error {
	now := testTime.Add(24 * time.Hour)
	epoch, err := s.StartEpoch(background, now, "1")
	if err == nil {
		err = s.StartHistory(background, now)
	}
	if err == nil {
		if err = s.checkHistory(background, epoch); damaged(err) {
			s.log.Error("as KeepWhole tells it", "error", err)
			return nil
		}
	}
	return err
}

var remedies = regexp.MustCompile(`restore|name another|use a |remove|move `)

func judgeRefusal(path string, err error, before map[string][32]byte) (verdict, string) {
	after, cerr := contents(path)
	if cerr != nil {
		return bad, cerr.Error()
	}
	for name, sum := range before {
		kept := after[name] == sum
		for other, now := range after { // set aside under another name
			kept = kept || (strings.HasPrefix(other, name+".") && now == sum)
		}
		if !kept {
			return bad, fmt.Sprintf("%s was changed by the refusal: %v", filepath.Base(name), err)
		}
	}
	_, cause, _ := strings.Cut(err.Error(), path)
	switch {
	case !errors.Is(err, ErrRefused) && !errors.Is(err, ErrUnavailable):
		return bad, "an error without a class: " + err.Error()
	case len(cause) < 10:
		return bad, "the refusal names no file or no cause: " + err.Error()
	case !remedies.MatchString(err.Error()):
		return bad, "the refusal names no remedy: " + err.Error()
	}
	return refused, err.Error()
}

// contents sums up the files of a state but its lock, its id and its index,
// which SQLite makes anew.
func contents(path string) (map[string][32]byte, error) {
	names, err := filepath.Glob(path + "*")
	if err != nil {
		return nil, err
	}
	sums := map[string][32]byte{}
	for _, name := range names {
		if strings.HasPrefix(name, path+".lock") || strings.HasPrefix(name, path+".id") || strings.HasPrefix(name, path+"-shm") {
			continue
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sums[name] = sha256.Sum256(raw)
	}
	return sums, nil
}
