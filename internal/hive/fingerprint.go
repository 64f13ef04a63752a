package hive

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"slices"
)

// fingerprint is two marks of a machine, hashed: both are confidential, and
// only whether they changed matters. An empty mark could not be read.
type fingerprint struct {
	MachineID       string `json:"machine_id_sha256"`
	HardwareAddress string `json:"hardware_address_sha256"`
}

// differs tells whether a mark that both have is not the same.
func (f fingerprint) differs(g fingerprint) bool {
	changed := func(a, b string) bool { return a != "" && b != "" && a != b }
	return changed(f.MachineID, g.MachineID) || changed(f.HardwareAddress, g.HardwareAddress)
}

// merged is f with the marks it lacks taken from g.
func (f fingerprint) merged(g fingerprint) fingerprint {
	return fingerprint{
		MachineID:       cmp.Or(f.MachineID, g.MachineID),
		HardwareAddress: cmp.Or(f.HardwareAddress, g.HardwareAddress),
	}
}

// newFingerprint hashes the marks themselves.
func newFingerprint(machineID, hardwareAddress string) fingerprint {
	hash := func(kind, mark string) string {
		if mark == "" {
			return ""
		}
		sum := sha256.Sum256([]byte("rbee-hive " + kind + " " + mark))
		return hex.EncodeToString(sum[:])
	}
	return fingerprint{
		MachineID:       hash("machine-id", machineID),
		HardwareAddress: hash("hardware-address", hardwareAddress),
	}
}

// thisMachine reads the marks of the machine under root, "/" outside tests.
func thisMachine(root string) fingerprint {
	return newFingerprint(readMachineID(root), readHardwareAddress(root))
}

// readMachineID follows machine-id(5): the second place is D-Bus's, which
// systems without systemd have.
func readMachineID(root string) string {
	for _, name := range []string{"etc/machine-id", "var/lib/dbus/machine-id"} {
		raw, err := os.ReadFile(filepath.Join(root, name))
		if id := string(bytes.TrimSpace(raw)); err == nil && id != "" && id != "uninitialized" {
			return id
		}
	}
	return ""
}

func readHardwareAddress(root string) string {
	all, err := net.Interfaces()
	if err != nil {
		return ""
	}
	return firstHardwareAddress(all, func(name string) bool {
		_, err := os.Stat(filepath.Join(root, "sys/class/net", name, "device"))
		return err == nil
	})
}

// firstHardwareAddress picks the interface with the lowest index, a physical
// one if there is any: bridges and containers' links come and go.
func firstHardwareAddress(all []net.Interface, physical func(name string) bool) string {
	all = slices.DeleteFunc(slices.Clone(all), func(i net.Interface) bool {
		return len(i.HardwareAddr) == 0 || i.Flags&net.FlagLoopback != 0
	})
	slices.SortFunc(all, func(a, b net.Interface) int { return cmp.Compare(a.Index, b.Index) })
	if n := slices.IndexFunc(all, func(i net.Interface) bool { return physical(i.Name) }); n >= 0 {
		return all[n].HardwareAddr.String()
	}
	if len(all) > 0 {
		return all[0].HardwareAddr.String()
	}
	return ""
}
