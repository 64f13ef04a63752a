package wire

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestValidateID(t *testing.T) {
	for _, id := range []string{"a", "A1", "gaming-pc", "gpu_1.lan", "0", strings.Repeat("x", 63)} {
		if err := ValidateID(id); err != nil {
			t.Errorf("ValidateID(%q): %v", id, err)
		}
	}
	for _, id := range []string{
		"", "-a", "a-", ".a", "a.", "_a", "a b", "a/b", "..", "a\n", "ä", "a\u202eb", "a\x00", strings.Repeat("x", 64),
	} {
		if err := ValidateID(id); err == nil {
			t.Errorf("ValidateID(%q) accepts it", id)
		}
	}
}

func TestParseURL(t *testing.T) {
	for raw, want := range map[string]string{
		"http://localhost:7833":         "http://localhost:7833",
		"http://localhost:7833/":        "http://localhost:7833",
		"HTTP://Gaming-PC.LAN:7833":     "http://gaming-pc.lan:7833",
		"https://queen.example.com":     "https://queen.example.com",
		"https://queen.example.com:443": "https://queen.example.com",
		"http://10.0.0.1:80":            "http://10.0.0.1",
		"http://[::1]:7833":             "http://[::1]:7833",
		"http://[FE80::1%25eth0]:80/":   "http://[fe80::1%25eth0]",
		"http://[fe80::1%25en0.1]:7833": "http://[fe80::1%25en0.1]:7833",
		"http://[0:0:0:0:0:0:0:1]":      "http://[::1]",
		"http://a_b:1":                  "http://a_b:1",
	} {
		got, err := ParseURL(raw)
		if err != nil || got != want {
			t.Errorf("ParseURL(%q) = %q, %v; want %q", raw, got, err, want)
		}
		if again, err := ParseURL(got); err != nil || again != got {
			t.Errorf("ParseURL(%q) = %q, %v: the normal form is not stable", got, again, err)
		}
	}
	for _, raw := range []string{
		"", " ", "localhost:7833", "//localhost", "/x", "ftp://localhost", "mailto:a@b.c", "http:localhost", "http://",
		"http://:7833", "http://localhost:", "http://localhost:0", "http://localhost:99999", "http://localhost:-1",
		"http://localhost:x", "http://u@localhost", "http://u:p@localhost", "http://localhost/v1", "http://localhost//",
		"http://localhost?", "http://localhost/?a=b", "http://localhost#", "http://localhost/#a", "http://a b",
		"http://a\nb", "http://ä.de", "http://a\u202eb", "http://[::g]", " http://localhost", "http://localhost ",
		"http://-a", "http://" + strings.Repeat("a", 300),
	} {
		got, err := ParseURL(raw)
		if err == nil {
			t.Errorf("ParseURL(%q) = %q, want an error", raw, got)
			continue
		}
		if len(raw) < 80 && !strings.Contains(err.Error(), fmt.Sprintf("%q", raw)) {
			t.Errorf("ParseURL(%q): the error does not name the value: %v", raw, err)
		}
	}
}

func valid() *Heartbeat {
	return &Heartbeat{Hive: HiveInfo{ID: "a", Port: 7835}, Timestamp: time.Unix(1, 0)}
}

func TestValidateHeartbeat(t *testing.T) {
	if err := valid().Validate(); err != nil {
		t.Fatalf("the least heartbeat: %v", err)
	}
	bad := -1.0
	for _, tt := range []struct {
		says  string
		spoil func(*Heartbeat)
	}{
		{"hive.id is missing", func(h *Heartbeat) { h.Hive.ID = "" }},
		{`hive id "a b"`, func(h *Heartbeat) { h.Hive.ID = "a b" }},
		{"hive.port is missing", func(h *Heartbeat) { h.Hive.Port = 0 }},
		{"99999", func(h *Heartbeat) { h.Hive.Port = 99999 }},
		{"timestamp is missing", func(h *Heartbeat) { h.Timestamp = time.Time{} }},
		{"0000 to 9999", func(h *Heartbeat) { h.Timestamp = time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600)) }},
		{"hive.hostname", func(h *Heartbeat) { h.Hive.Hostname = "a\u202eb" }},
		{"hive.version", func(h *Heartbeat) { h.Hive.Version = "1\n2" }},
		{"hive.instance_id", func(h *Heartbeat) { h.Hive.InstanceID = strings.Repeat("x", MaxText+1) }},
		{"reason", func(h *Heartbeat) { h.Hive.HealthStatus.Reason = "\x1b[31m" }},
		{"workers has", func(h *Heartbeat) { h.Workers = make([]Worker, MaxWorkers+1) }},
		{"workers[1].cpu_pct -1", func(h *Heartbeat) { h.Workers = []Worker{{}, {CPUPct: -1}} }},
		{"workers[0].rss_mb", func(h *Heartbeat) { h.Workers = []Worker{{RSSMB: 1 << 62}} }},
		{"workers[0].group", func(h *Heartbeat) { h.Workers = []Worker{{Group: "\xff"}} }},
		{"node.gpus has", func(h *Heartbeat) { h.Node = &Node{GPUs: make([]GPU, MaxGPUs+1)} }},
		{"node.gpus[0].power_w", func(h *Heartbeat) { h.Node = &Node{GPUs: []GPU{{PowerW: &bad}}} }},
		{"node.ram_used_mb", func(h *Heartbeat) { h.Node = &Node{RAMUsedMB: -5} }},
		{"capabilities has", func(h *Heartbeat) { h.Capabilities = make([]Device, MaxDevices+1) }},
		{"capabilities[0].id is missing", func(h *Heartbeat) { h.Capabilities = []Device{{}} }},
		{"appears twice", func(h *Heartbeat) { h.Capabilities = []Device{{ID: "GPU-0"}, {ID: "GPU-0"}} }},
		{"compute_capability", func(h *Heartbeat) { s := "\t"; h.Capabilities = []Device{{ID: "GPU-0", ComputeCapability: &s}} }},
	} {
		h := valid()
		tt.spoil(h)
		if err := h.Validate(); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("want an error with %q, got %v", tt.says, err)
		}
	}
	cold := -20.0
	h := valid()
	h.Node = &Node{GPUs: []GPU{{ID: "GPU-0", TempC: &cold}}}
	if err := h.Validate(); err != nil || *h.Node.GPUs[0].TempC != cold {
		t.Errorf("a GPU below zero: %v, %v", err, *h.Node.GPUs[0].TempC)
	}
}

func TestNamesRefuseTheUnknown(t *testing.T) {
	for _, v := range []any{new(OperationalStatus), new(HealthState), new(LinkState), new(Status)} {
		if err := json.Unmarshal([]byte(`"nonsense"`), v); err == nil || !strings.Contains(err.Error(), "nonsense") {
			t.Errorf("%T takes nonsense: %v", v, err)
		}
	}
	var s LinkState
	if err := json.Unmarshal([]byte(`"discovery_push"`), &s); err != nil || s != DiscoveryPush {
		t.Errorf("discovery_push reads as %q, %v", s, err)
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":             "plain text",
		"a\nb\x1b[31m\u202ec":    "a\ufffdb\ufffd[31m\ufffdc",
		"\xff":                   "\ufffd",
		strings.Repeat("ä", 500): strings.Repeat("ä", MaxText/2),
	} {
		got := Printable(in)
		if got != want {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
		if err := ValidateText("x", got); err != nil {
			t.Errorf("Printable(%q) is refused: %v", in, err)
		}
	}
}

func TestClipKeepsRunesWhole(t *testing.T) {
	for n := 75; n < 85; n++ {
		if got := clip(strings.Repeat("x", n) + "äöü"); !utf8.ValidString(got) || len(got) > 90 {
			t.Errorf("clip of %d bytes: %q", n+6, got)
		}
	}
}

func TestEveryCodeHasAStatus(t *testing.T) {
	for code, want := range map[Code]int{CodeUnknownHive: 404, CodeIDConflict: 409, CodeQueueFull: 503, CodeHostNotAllowed: 421} {
		if p := NewProblem(code, "d", "r"); p.Status != want || p.Title == "" || p.Type == "" {
			t.Errorf("NewProblem(%s) = %+v, want status %d", code, p, want)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"http://localhost:7833", "https://[::1]", "ftp://x", "http://a:b@c", "http://\u202e", "HTTP://A:080/", "http://[fe80::1%25en0]:1", "http://h:65536", "http://h/?", "http://[::ffff:1.2.3.4]:443", "http://a%2fb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := ParseURL(raw)
		if err != nil {
			return
		}
		if again, err := ParseURL(got); err != nil || again != got {
			t.Errorf("ParseURL(%q) = %q, which reads as %q, %v", raw, got, again, err)
		}
		if ValidateText("url", got) != nil {
			t.Errorf("ParseURL(%q) = %q, which cannot be printed", raw, got)
		}
		u, err := url.Parse(got)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.String() != got || u.Path+u.RawQuery+u.Fragment != "" || u.User != nil {
			t.Errorf("ParseURL(%q) = %q, which is %+v, %v", raw, got, u, err)
		}
	})
}

// A heartbeat that is taken is the same for whoever it is handed on to.
func FuzzHeartbeat(f *testing.F) {
	golden, _ := filepath.Glob("testdata/*heartbeat*.json")
	if len(golden) == 0 {
		f.Fatal("no golden heartbeats")
	}
	for _, name := range golden {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"hive":{"id":"a","port":1},"timestamp":"2025-10-30T22:00:00Z","capabilities":[]}`))
	f.Add([]byte(`{"hive":{"id":"a","port":1},"timestamp":"9999-12-31T23:59:59.999999999+23:59","workers":[{"pid":-1,"group":"\u0000","cpu_pct":1e308}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var first Heartbeat
		err := json.Unmarshal(raw, &first)
		checkParse(t, raw, &first, err)
		if err != nil {
			return
		}
		first.Normalize()
		if first.Validate() != nil {
			return
		}
		out, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("a valid heartbeat cannot be written: %v", err)
		}
		var second Heartbeat
		if err := json.Unmarshal(out, &second); err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, out)
		}
		second.Normalize()
		if err := second.Validate(); err != nil {
			t.Fatalf("what was written is not valid: %v\n%s", err, out)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("(-first +second):\n%s", diff)
		}
		if len(first.Workers) > MaxWorkers || ValidateID(first.Hive.ID) != nil {
			t.Errorf("%d workers of %q were taken", len(first.Workers), first.Hive.ID)
		}
	})
}

// The grammar of ids as the protocol has it.
var idGrammar = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)

// An id is what the grammar says; text that is refused can be told, in one line.
func FuzzID(f *testing.F) {
	for _, id := range []string{"gaming-pc", "a", "-a", "a.", "a..b", "A_b-9.x", "a\n", "\u202e", "\xff", "ä", "", strings.Repeat("a", 63), strings.Repeat("a", 64)} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		err := ValidateID(id)
		if want := idGrammar.MatchString(id) && !strings.HasSuffix(id, "\n"); (err == nil) != want {
			t.Errorf("%q: %v, want it taken: %t", id, err, want)
		}
		if err != nil && (strings.ContainsAny(err.Error(), "\n\r\x00") || len(err.Error()) > 1000 || !utf8.ValidString(err.Error())) {
			t.Errorf("the error is %q", err)
		}
		shown := Printable(id)
		if err := ValidateText("text", shown); err != nil {
			t.Errorf("%q is shown as %q: %v", id, shown, err)
		}
		if ValidateText("text", id) == nil && shown != id {
			t.Errorf("%q is printable, and shown as %q", id, shown)
		}
		if ValidateModelID(id) == nil && !filepath.IsLocal(id) {
			t.Errorf("%q is a model id", id)
		}
	})
}
