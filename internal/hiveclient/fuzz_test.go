package hiveclient

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// Whoever answers on a port that a queen asks: he is taken for a hive whose answer
// reads the same when it is written again, or he is none.
func FuzzCapabilities(f *testing.F) {
	golden, _ := filepath.Glob("../wire/testdata/*capabilities*.json")
	if len(golden) == 0 {
		f.Fatal("no golden answers")
	}
	for _, name := range golden {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	for _, text := range []string{
		`{"devices":[]}`, `{"devices":null}`, `{"devices":[{"id":"GPU-0","name":"x","device_type":"gpu","vram_gb":-1}]}`,
		`{"devices":[{"id":"GPU-0","name":"\u202e","device_type":"tpu","vram_gb":24,"compute_capability":"8.9"}]} x`,
		`{"devices":[],"hive":{"id":"-","port":99999999999},"state":"telemetry","queen_url":"","warning":7}`,
		"<html>", "", "null", `{"devices":[` + strings.Repeat(`[`, 20_000),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		began := time.Now()
		var first wire.Capabilities
		err := decode(strings.NewReader(text), &first)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%d bytes took %v", len(text), took)
		}
		if err != nil {
			if !errors.Is(err, ErrNotAHive) {
				t.Errorf("an error of no class: %v", err)
			}
			return
		}
		if len(text) > wire.MaxCapabilitiesBytes || first.Devices == nil {
			t.Fatalf("%d bytes were taken as %+v", len(text), first)
		}
		if first.Hive != nil && (wire.ValidateID(first.Hive.ID) != nil || wire.ValidatePort(first.Hive.Port) != nil) {
			t.Errorf("a hive like this was taken: %+v", first.Hive)
		}
		raw, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("it cannot be written: %v", err)
		}
		if len(raw) > wire.MaxCapabilitiesBytes {
			return // escapes make it longer than what may be read
		}
		var second wire.Capabilities
		if err := decode(strings.NewReader(string(raw)), &second); err != nil {
			t.Fatalf("%s cannot be read again: %v", raw, err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("(-first +second):\n%s", diff)
		}
	})
}
