package hive

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

func TestConfigIsChecked(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"hive id":       func(c *Config) { c.HiveID = "a b" },
		"port":          func(c *Config) { c.Port = 65536 },
		"negative port": func(c *Config) { c.Port = -1 },
		"retries":       func(c *Config) { c.RediscoverEvery = -time.Second },
		"state dir":     func(c *Config) { c.StateDir = "" },
		"host":          func(c *Config) { c.AdvertiseHost = "a\nb" },
		"version":       func(c *Config) { c.Version = strings.Repeat("v", 600) },
	} {
		cfg := Config{StateDir: "x"}
		change(&cfg)
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	h, err := New(Config{StateDir: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if h.cfg.Bind != "127.0.0.1" || wire.ValidateID(h.cfg.HiveID) != nil || h.cfg.AdvertiseHost == "" || h.Addr() != nil {
		t.Errorf("got %+v, want loopback, an id and a host of this machine", h.cfg)
	}
}

// The mode of a hive: which queen it begins with, and what it says of it.
func TestModes(t *testing.T) {
	const noQueen = "No queen_url configured, heartbeat disabled (standalone mode)"
	for name, row := range map[string]struct {
		remembered bool
		flag       []func(*Config)
		state      wire.LinkState
		url        string
		lines      []string // after the warning of the address
		remembers  bool     // afterwards
	}{
		"nothing":              {false, nil, wire.Standalone, "", []string{noQueen, "Hive ready"}, false},
		"remembered":           {true, nil, wire.Telemetry, urlA, []string{"Hive ready", "Discovery attempt 1 (delay: 0s)"}, true},
		"empty flag":           {false, []func(*Config){withQueen("")}, wire.Standalone, "", []string{noQueen, "Hive ready"}, false},
		"empty flag forgets":   {true, []func(*Config){withQueen("")}, wire.Standalone, "", []string{noQueen, "Hive ready"}, false},
		"flag over remembered": {true, []func(*Config){withQueen(urlB)}, wire.DiscoveryPush, urlB, []string{"Hive ready", "Discovery attempt 1 (delay: 0s)"}, true},
		"invalid flag":         {true, []func(*Config){withQueen("ftp://nowhere")}, wire.Standalone, "", []string{"Invalid queen URL, heartbeat disabled", "Hive ready"}, true},
		"another spelling":     {false, []func(*Config){withQueen("HTTP://10.0.0.1:7833/")}, wire.Telemetry, urlA, []string{"Hive ready", "Discovery attempt 1 (delay: 0s)"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				a := b.queen(hostA, "queen-a")
				if row.remembered {
					b.run(withQueen(urlA))
					b.sleep(2 * time.Second)
					if err := b.stop(); err != nil {
						t.Fatal(err)
					}
					b.sleep(time.Minute)
				}
				then := b.at()
				b.run(row.flag...)
				b.sleep(500 * time.Millisecond)
				b.wantState(row.state, row.url)
				var got []string
				for _, l := range b.log.since(then) {
					if !strings.HasPrefix(l.msg, "Listening beyond") {
						got = append(got, l.msg)
					}
				}
				if diff := cmp.Diff(row.lines, got[:min(len(got), len(row.lines))]); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
				if beats := a.since(then); row.url != urlA && len(beats) > 0 {
					t.Errorf("got heartbeats %v at a queen that is not configured", beats)
				}
				_, err := os.Stat(filepath.Join(b.stateDir, queenFile))
				if got := err == nil; got != row.remembers {
					t.Errorf("got remembered = %v (%v), want %v", got, err, row.remembers)
				}
			})
		})
	}
}

// An invalid --queen-url is one line with the value and the reason, and the
// hive can still be pulled.
func TestInvalidQueenURL(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.queen(hostA, "queen-a")
		b.run(withQueen("http://10.0.0.1:99999"))
		b.sleep(time.Hour)
		got := b.log.find("Invalid queen URL, heartbeat disabled")
		if len(got) != 1 || got[0].level != slog.LevelError || !strings.Contains(got[0].attrs, "99999") || !strings.Contains(got[0].attrs, "1..65535") {
			t.Errorf("got %+v, want one error with the value and the reason", got)
		}
		b.pullFrom(urlA)
		b.sleep(time.Second)
		b.wantState(wire.Telemetry, urlA)
	})
}

// The queen that a pull named is remembered as soon as it has answered 200, and
// not before.
func TestPulledQueenIsRemembered(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		path := filepath.Join(b.stateDir, queenFile)
		b.run()
		b.pullFrom(urlA)
		b.sleep(time.Minute)
		if _, err := os.Stat(path); err == nil {
			t.Error("a queen that never answered is remembered")
		}
		b.queen(hostA, "queen-a")
		b.pullFrom(urlA)
		b.sleep(time.Second)
		raw, err := os.ReadFile(path)
		var got queen
		if err = errors.Join(err, json.Unmarshal(raw, &got)); err != nil || got != (queen{URL: urlA, ID: "queen-a", Advertised: true}) {
			t.Errorf("got %s, %v; want the queen", raw, err)
		}
		_ = b.stop()
		b.run()
		b.sleep(time.Second)
		b.wantState(wire.Telemetry, urlA)
	})
}

// Two hives never share one instance id.
func TestSecondHiveOnOneStateDir(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.run()
		ln := b.net.Listen("10.0.0.9:7836")
		defer ln.Close()
		h, err := New(Config{HiveID: "box", StateDir: b.stateDir, Machine: b.machine, Log: slog.New(slog.DiscardHandler), Listener: ln})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Run(t.Context()); !errors.Is(err, ErrStateDirLocked) {
			t.Errorf("got %v, want ErrStateDirLocked", err)
		}
	})
}

// The instance id outlives a restart, and not a move to another machine.
func TestInstanceIDOfHeartbeats(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.run()
		first := b.info().Hive.InstanceID
		_ = b.stop()
		b.run()
		if again := b.info().Hive.InstanceID; again != first || again == "" {
			t.Errorf("got instance id %q after %q, want the same", again, first)
		}
	})
}

// Every route, through the door.
func TestRoutes(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.run(func(c *Config) { c.AllowHosts = []string{"hive.example.org"} })
		do := func(method, path string, change func(*http.Request)) (*http.Response, wire.Problem, []byte) {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), method, "http://"+hiveAddr+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if change != nil {
				change(req)
			}
			resp, err := b.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			raw, _ := io.ReadAll(resp.Body)
			var p wire.Problem
			if resp.StatusCode >= 400 {
				if err := json.Unmarshal(raw, &p); err != nil || resp.Header.Get("Content-Type") != wire.ContentTypeProblem {
					t.Errorf("%s %s: got %s %s, want a problem", method, path, resp.Header.Get("Content-Type"), raw)
				}
			}
			return resp, p, raw
		}
		host := func(h string) func(*http.Request) { return func(r *http.Request) { r.Host = h } }
		origin := func(o string) func(*http.Request) {
			return func(r *http.Request) { r.Header.Set("Origin", o) }
		}
		pull := wire.PathCapabilities + "?queen_url=http%3A%2F%2F10.0.0.2%3A7833"
		for _, row := range []struct {
			method, path string
			change       func(*http.Request)
			status       int
			code         wire.Code
		}{
			{"GET", "/health", nil, 200, ""},
			{"GET", "/v1/info", nil, 200, ""},
			{"GET", "/capabilities", nil, 200, ""},
			{"GET", "/openapi.json", nil, 200, ""},
			{"GET", "/health", host("hive.example.org"), 200, ""},
			{"GET", "/health", host("box.lan:7835"), 200, ""},
			{"GET", pull, host("evil.example.com"), 421, wire.CodeHostNotAllowed},
			{"GET", pull, origin("http://evil.example.com"), 403, wire.CodeCrossOrigin},
			{"POST", pull, nil, 405, wire.CodeMethodNotAllowed},
			{"DELETE", "/health", nil, 405, wire.CodeMethodNotAllowed},
			{"GET", "/nowhere", nil, 404, wire.CodeNotFound},
			{"POST", "/v1/hive-heartbeat", nil, 404, wire.CodeNotFound},
		} {
			resp, p, raw := do(row.method, row.path, row.change)
			if resp.StatusCode != row.status || p.Code != row.code {
				t.Errorf("%s %s: got %d %s %.200s, want %d %s", row.method, row.path, resp.StatusCode, p.Code, raw, row.status, row.code)
			}
			if row.status == 200 && row.path != "/openapi.json" && resp.Header.Get("Cache-Control") != noStore {
				t.Errorf("%s: got Cache-Control %q", row.path, resp.Header.Get("Cache-Control"))
			}
		}
		b.wantState(wire.Standalone, "") // no refused request was a pull

		var health wire.HiveHealth
		b.get(wire.PathHealth, &health)
		if health != (wire.HiveHealth{Status: "ok", Version: "0.1.0"}) {
			t.Errorf("got health %+v", health)
		}
		_, _, raw := do("GET", "/v1/info", nil)
		for _, null := range []string{`"queen_url":null`, `"queen_id":null`, `"epoch":null`} {
			if !strings.Contains(string(raw), null) {
				t.Errorf("got %s, want %s", raw, null)
			}
		}
		var doc struct {
			OpenAPI string                    `json:"openapi"`
			Paths   map[string]map[string]any `json:"paths"`
		}
		b.get("/openapi.json", &doc)
		for _, path := range []string{wire.PathHealth, wire.PathInfo, wire.PathCapabilities} {
			if doc.Paths[path]["get"] == nil {
				t.Errorf("got no %s in the OpenAPI %s document", path, doc.OpenAPI)
			}
		}
	})
}

// Run on a real socket, as a daemon does.
func TestRunOnASocket(t *testing.T) {
	log := newRecorder()
	h, err := New(Config{
		Bind: "127.0.0.1", StateDir: filepath.Join(t.TempDir(), "hive"), RediscoverEvery: DefaultRediscoverEvery,
		Version: "0.1.0", Machine: newFakeMachine(), Log: slog.New(log),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	select {
	case <-h.Ready():
	case err := <-done:
		t.Fatalf("Run: %v", err)
	}
	client := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	for _, path := range []string{wire.PathHealth, wire.PathCapabilities, wire.PathInfo} {
		resp, err := client.Get("http://" + h.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("GET %s: got %d %s", path, resp.StatusCode, raw)
		}
		var self wire.HiveSelf
		if path != wire.PathHealth && json.Unmarshal(raw, &self) == nil && self.Hive.Port != h.Addr().(*net.TCPAddr).Port {
			t.Errorf("GET %s: got port %d, want that of %v", path, self.Hive.Port, h.Addr())
		}
	}
	if got := log.messages(0); len(got) != 2 || got[1] != "Hive ready" {
		t.Errorf("got log %q, want the mode and no warning on loopback", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	if _, err := net.DialTimeout("tcp", h.Addr().String(), time.Second); err == nil {
		t.Error("the port is still open after Run")
	}
}

// A port that is taken ends Run with an error, and nothing stays behind.
func TestRunOnATakenPort(t *testing.T) {
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dir := t.TempDir()
	h, err := New(Config{Port: portOf(ln.Addr()), StateDir: dir, Machine: newFakeMachine(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Run(t.Context()); err == nil || !strings.Contains(err.Error(), ln.Addr().String()) {
		t.Errorf("got %v, want an error with the address", err)
	}
	openDir(t, dir) // unlocked
}
