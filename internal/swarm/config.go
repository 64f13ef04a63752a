package swarm

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"rbee/internal/wire"
)

// MaxHives bounds a swarm: a hive's number has six digits in its id.
const MaxHives = 1_000_000

// silentPort is what hives without a listener announce. A queen that pulls them
// there is refused at once; with the real port she might meet a real hive.
const silentPort = 1

// Config says what to simulate. The zero value of a field means what it says,
// not a default.
type Config struct {
	Queen string // base URL, http only; nothing else is ever dialled
	Hives int    // how many
	// Busy has every hive send its next heartbeat as soon as the last is
	// answered, whatever rhythm the queen grants: a closed loop of Hives
	// connections.
	Busy bool

	Duration time.Duration // how long figures are taken; 0: until the context ends
	Warmup   time.Duration // how long the swarm runs before that
	Ramp     time.Duration // the starts of the hives are spread over this
	Burst    bool          // all telemetry goes out on the full second

	Workers, GPUs int    // of each hive
	IDPrefix      string // before the hive's number

	RestartEvery    time.Duration // one hive restarts each time; 0: none does
	RediscoverEvery time.Duration // slow retries, as rbee-hive has them; 0: none
	Farewell        bool          // hives that end or restart say so first
	Clones          int           // further hives with the ids of the first
	Slow            int           // how many hives are on links where bytes dribble

	// Listen is where the first hive listens, in 127.0.0.0/8; each further one
	// has the next address. Not valid: none listens.
	Listen     netip.Addr
	Port       int  // where they listen
	Standalone bool // they wait for a pull instead of pushing at the start

	PID   int    // the server's process; 0: whoever listens, if that is on this machine
	State string // the queen's state file, whose growth is watched; it is never opened
	Acked string // file to which each accepted heartbeat is appended

	Threads  int            // loops
	Version  string         // what the hives call their version
	Log      *slog.Logger   // for what the report cannot say
	Progress func(Progress) // called about once a second, if given
}

// Validate says what is wrong with the configuration.
func (c *Config) Validate() error {
	switch {
	case c.Hives < 1 || c.Hives+c.Clones > MaxHives:
		return fmt.Errorf("%d hives and %d clones: from 1 to %d can be simulated", c.Hives, c.Clones, MaxHives)
	case c.Clones < 0 || c.Clones > c.Hives:
		return fmt.Errorf("%d clones of %d hives: at most one of each", c.Clones, c.Hives)
	case c.Slow < 0 || c.Slow > c.Hives:
		return fmt.Errorf("%d slow hives of %d", c.Slow, c.Hives)
	case c.Workers < 0 || c.Workers > wire.MaxWorkers || c.GPUs < 0 || c.GPUs >= wire.MaxGPUs:
		return fmt.Errorf("%d workers and %d GPUs of a hive: at most %d and %d", c.Workers, c.GPUs, wire.MaxWorkers, wire.MaxGPUs-1)
	case c.Threads < 1:
		return fmt.Errorf("%d threads: at least one is needed", c.Threads)
	case !strings.HasPrefix(c.Queen, "http://"):
		return fmt.Errorf("queen %q: the swarm speaks http only", c.Queen)
	case c.Standalone && !c.Listen.IsValid():
		return errors.New("standalone hives wait for a pull, and need addresses to listen on")
	}
	if err := wire.ValidateID(c.IDPrefix + "000000"); err != nil {
		return fmt.Errorf("id prefix: %w", err)
	}
	if !c.Listen.IsValid() {
		return nil
	}
	if err := wire.ValidatePort(c.Port); err != nil {
		return err
	}
	if last := address(c.Listen, c.Hives-1); !c.Listen.Is4() || !c.Listen.IsLoopback() || !last.IsLoopback() {
		return fmt.Errorf("%d hives from %s to %s: they listen in 127.0.0.0/8 only", c.Hives, c.Listen, last)
	}
	return nil
}

// address is the n-th address after first; the invalid one stays what it is.
func address(first netip.Addr, n int) netip.Addr {
	if !first.Is4() {
		return first
	}
	raw := first.As4()
	sum := uint32(raw[0])<<24 | uint32(raw[1])<<16 | uint32(raw[2])<<8 | uint32(raw[3])
	sum += uint32(n)
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

// announced is the port that heartbeats name.
func (c *Config) announced() int {
	if c.Listen.IsValid() {
		return c.Port
	}
	return silentPort
}
