package hive

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"rbee/internal/wire"
)

const instanceFile = "instance.json"

// instance is what tells this hive apart from a clone with the same id.
type instance struct {
	ID string `json:"instance_id"`
	fingerprint
}

// loadInstance returns the instance id kept in dir. A new one is made when
// there is none, or when the directory now lies on another machine, as it does
// after a disk image was copied. A mark that cannot be read proves nothing.
func loadInstance(dir *stateDir, here fingerprint) (string, error) {
	var kept instance
	found := dir.load(instanceFile, &kept, func() error { return validInstance(kept) }, "this hive takes a new instance id")
	if found && !kept.differs(here) {
		merged := kept.merged(here)
		if merged == kept.fingerprint {
			return kept.ID, nil
		}
		kept.fingerprint = merged
		return kept.ID, dir.save(instanceFile, kept)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make an instance id: %w", err)
	}
	if found {
		dir.log.Info("This machine is another than the one the state directory was made on: new instance id",
			"old", kept.ID, "new", id.String())
	}
	return id.String(), dir.save(instanceFile, instance{ID: id.String(), fingerprint: here})
}

func validInstance(i instance) error {
	if _, err := uuid.Parse(i.ID); err != nil {
		return fmt.Errorf("instance_id %q: %w", wire.Printable(i.ID), err)
	}
	return nil
}

// DefaultID makes a hive id of a machine's hostname: what the grammar refuses
// becomes '-'. A hostname of nothing else gives "hive".
func DefaultID(hostname string) string {
	const longest = 63
	id := strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '.' || r == '_' || wire.ValidateID(string(r)) == nil) {
			return r
		}
		return '-'
	}, hostname)
	id = strings.TrimLeft(id, "._-")
	id = strings.TrimRight(id[:min(len(id), longest)], "._-")
	if wire.ValidateID(id) != nil {
		return "hive"
	}
	return id
}
