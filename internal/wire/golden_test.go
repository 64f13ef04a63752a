package wire

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func golden(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// What we write today must read and write the same for ever: these messages are
// read into our types, and written again to the letter.
func TestGoldenMessagesRoundTrip(t *testing.T) {
	for name, value := range map[string]any{
		"heartbeat_discovery.json":  new(Heartbeat),
		"heartbeat_telemetry.json":  new(Heartbeat),
		"heartbeat_no_devices.json": new(Heartbeat),
		"capabilities.json":         new(Capabilities),
		"ack.json":                  new(Ack),
		"ack_slower.json":           new(Ack),
		"history_samples.json":      new(History),
		"history_buckets.json":      new(History),
		"model.json":                new(Model),
		"problem.json":              new(Problem),
	} {
		t.Run(name, func(t *testing.T) {
			want := golden(t, name)
			if err := json.Unmarshal(want, value); err != nil {
				t.Fatal(err)
			}
			if hb, ok := value.(*Heartbeat); ok {
				hb.Normalize()
				if err := hb.Validate(); err != nil {
					t.Errorf("Validate: %v", err)
				}
			}
			var got bytes.Buffer
			enc := json.NewEncoder(&got)
			enc.SetIndent("", "  ")
			if err := enc.Encode(value); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("written again it reads\n%s\nwant\n%s", got.Bytes(), want)
			}
		})
	}
}

func TestOlderAndNewerHeartbeatsAreTaken(t *testing.T) {
	for name, check := range map[string]func(*Heartbeat) bool{
		"heartbeat_2025.json": func(hb *Heartbeat) bool {
			return hb.Capabilities == nil && hb.Node == nil && len(hb.Workers) == 1 && hb.Workers[0].Model == nil &&
				hb.Timestamp.Equal(time.Date(2025, 10, 30, 22, 0, 0, 123456789, time.UTC)) && hb.Timestamp.Location() == time.UTC
		},
		"heartbeat_least.json": func(hb *Heartbeat) bool {
			return hb.Hive.OperationalStatus == Ready && hb.Hive.HealthStatus.Status == HealthHealthy && hb.Workers != nil
		},
	} {
		var hb Heartbeat
		if err := json.Unmarshal(golden(t, name), &hb); err != nil {
			t.Fatal(err)
		}
		hb.Normalize()
		if err := hb.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !check(&hb) {
			t.Errorf("%s reads as %+v", name, hb)
		}
	}
}

func TestA2025HiveAnswersWithDevicesOnly(t *testing.T) {
	var caps Capabilities
	if err := json.Unmarshal(golden(t, "capabilities_2025.json"), &caps); err != nil {
		t.Fatal(err)
	}
	if caps.Hive != nil || caps.QueenURL != nil || len(caps.Devices) != 1 || *caps.Devices[0].VRAMGB != 24 {
		t.Errorf("it reads as %+v", caps)
	}
}

func TestDeviceNullsAreWritten(t *testing.T) {
	raw, err := json.Marshal(Device{ID: "CPU-0", Name: "CPU", DeviceType: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"CPU-0","name":"CPU","device_type":"cpu","vram_gb":null,"compute_capability":null}`
	if string(raw) != want {
		t.Errorf("got %s, want %s", raw, want)
	}
}
