package wire

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const goldenTelemetry = "testdata/heartbeat_telemetry.json"

func readGolden(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// checkParse compares ParseJSON with what encoding/json made of the same, and
// tells whether it parsed.
func checkParse(t *testing.T, raw []byte, want *Heartbeat, wantErr error) bool {
	t.Helper()
	var got Heartbeat
	ok := got.ParseJSON(raw)
	switch {
	case !ok:
		want = &Heartbeat{}
	case wantErr != nil:
		t.Errorf("parsed, but encoding/json says %v:\n%s", wantErr, raw)
		return ok
	}
	if diff := cmp.Diff(*want, got); diff != "" {
		t.Errorf("(-encoding/json +ParseJSON, which says %t):\n%s\n%s", ok, diff, raw)
	}
	return ok
}

// What hives write is parsed, and means the same.
func TestParseJSON(t *testing.T) {
	telemetry := readGolden(t, goldenTelemetry)
	var compact strings.Builder
	var hb Heartbeat
	if err := json.Unmarshal([]byte(telemetry), &hb); err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(&compact).Encode(hb); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"golden":         telemetry,
		"as Go writes":   compact.String(),
		"2025":           readGolden(t, "testdata/heartbeat_2025.json"),
		"least":          `{"hive":{"id":"a","port":7835},"timestamp":"2025-10-30T22:00:00Z"}`,
		"empty":          `{}`,
		"empty within":   `{"hive":{"health_status":{}},"workers":[{}],"node":{"gpus":[{}]}}`,
		"nulls":          `{"workers":null,"node":null}`,
		"nulls within":   `{"workers":[{"model":null}],"node":{"gpus":null}}`,
		"nulls of GPUs":  `{"node":{"gpus":[{"util_pct":null,"vram_used_mb":null,"foreign_vram_mb":null}]}}`,
		"foreign":        `{"node":{"gpus":[{"id":"GPU-0","foreign_vram_mb":3},{"id":"GPU-1"}]}}`,
		"space":          " {\t\"hive\" :\r\n{ \"port\" : 7 } , \"workers\" : [ ] } \n",
		"numbers":        `{"node":{"cpu_pct":-0.5e+2,"ram_used_mb":-0,"ram_total_mb":999999999999999999},"workers":[{"pid":0,"cpu_pct":0,"io_r_mb_s":1E3,"io_w_mb_s":-0.0}]}`,
		"another zone":   `{"timestamp":"2025-10-30T23:00:00.123456789+01:00"}`,
		"a long version": `{"hive":{"version":"` + strings.Repeat("v", 200) + `"}}`,
	} {
		var want Heartbeat
		err := json.Unmarshal([]byte(raw), &want)
		if !checkParse(t, []byte(raw), &want, err) {
			t.Errorf("%s: not parsed:\n%s", name, raw)
		}
	}
}

// What is odd is left to a decoder, and leaves nothing behind.
func TestParseJSONLeavesTheRest(t *testing.T) {
	telemetry := readGolden(t, goldenTelemetry)
	odd := map[string]string{
		"nothing": ``, "space": ` `, "a list": `[]`, "null": `null`, "a text": `"hive"`,
		"a second value":     telemetry + `{}`,
		"garbage after":      telemetry + `x`,
		"a nul after":        telemetry + "\x00",
		"devices":            readGolden(t, "testdata/heartbeat_discovery.json"),
		"an unknown name":    `{"hive":{"id":"a"},"later":1}`,
		"newer fields":       readGolden(t, "testdata/heartbeat_least.json"),
		"another case":       `{"Hive":{"id":"a"}}`,
		"twice":              `{"hive":{"id":"a"},"hive":{"port":1}}`,
		"twice within":       `{"workers":[{"pid":1,"pid":2}]}`,
		"an escape":          `{"hive":{"id":"\u0061"}}`,
		"an escape in names": `{"h\u0069ve":{"id":"a"}}`,
		"beyond ASCII":       `{"hive":{"hostname":"ä"}}`,
		"not UTF-8":          "{\"hive\":{\"hostname\":\"\xff\"}}",
		"a control":          "{\"hive\":{\"hostname\":\"a\nb\"}}",
		"no end of text":     `{"hive":{"hostname":"a`,
		"a null hive":        `{"hive":null}`, "a null port": `{"hive":{"port":null}}`, "a null worker": `{"workers":[null]}`, "a null text": `{"hive":{"id":null}}`,
		"half a null": `{"node":nul`, "another word": `{"node":none}`, "true": `{"node":true}`,
		"a status that is not": `{"hive":{"operational_status":"asleep"}}`,
		"a health that is not": `{"hive":{"health_status":{"status":"fine"}}}`,
		"no date":              `{"timestamp":"today"}`, "an empty date": `{"timestamp":""}`, "a 30th of February": `{"timestamp":"2025-02-30T00:00:00Z"}`,
		"a fraction where none is": `{"hive":{"port":1.5}}`, "an exponent where none is": `{"hive":{"port":1e3}}`,
		"a zero before":  `{"hive":{"port":01}}`,
		"a plus":         `{"hive":{"port":+1}}`,
		"minus alone":    `{"hive":{"port":-}}`,
		"minus, space":   `{"hive":{"port":- 1}}`,
		"19 digits":      `{"node":{"ram_used_mb":1000000000000000000}}`,
		"zeros":          `{"node":{"cpu_pct":00}}`,
		"a point alone":  `{"node":{"cpu_pct":.5}}`,
		"a point at end": `{"node":{"cpu_pct":1.}}`,
		"e alone":        `{"node":{"cpu_pct":1e}}`,
		"too large":      `{"node":{"cpu_pct":1e400}}`,
		"not a number":   `{"node":{"cpu_pct":NaN}}`, "infinity": `{"node":{"cpu_pct":Infinity}}`, "hexadecimal": `{"node":{"cpu_pct":0x10}}`,
		"a number in quotes": `{"node":{"cpu_pct":"1"}}`,
		"a comma at the end": `{"workers":[{},]}`, "a comma too much": `{"hive":{"port":1,}}`, "no comma": `{"workers":[{}{}]}`,
		"no colon": `{"hive"{}}`, "no quotes": `{hive:{}}`, "not closed": `{"workers":[{}`, "closed wrongly": `{"workers":[}]}`,
	}
	for n := range telemetry { // cut short anywhere
		if cut := telemetry[:n]; strings.TrimSpace(cut) != strings.TrimSpace(telemetry) {
			odd["cut"] = cut
			checkOdd(t, "cut", cut)
		}
	}
	for name, raw := range odd {
		checkOdd(t, name, raw)
	}
}

func checkOdd(t *testing.T, name, raw string) {
	t.Helper()
	if checkParse(t, []byte(raw), nil, nil) {
		t.Errorf("%s was parsed:\n%s", name, raw)
	}
}

func BenchmarkParseJSON(b *testing.B) {
	raw := []byte(readGolden(b, goldenTelemetry))
	for _, by := range []struct {
		name   string
		decode func(*Heartbeat) bool
	}{
		{"encoding/json", func(h *Heartbeat) bool { return json.Unmarshal(raw, h) == nil }},
		{"ParseJSON", func(h *Heartbeat) bool { return h.ParseJSON(raw) }},
	} {
		b.Run(by.name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if !by.decode(new(Heartbeat)) {
					b.Fatal("not decoded")
				}
			}
		})
	}
}
