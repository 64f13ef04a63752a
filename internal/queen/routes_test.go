package queen

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"rbee/internal/door"
	"rbee/internal/store"
	"rbee/internal/wire"
)

const goodBeat = `{"hive":{"id":"x","port":7835},"timestamp":"2000-01-01T00:00:00Z","capabilities":[]}`

// beatWith is a heartbeat with one part of it replaced.
func beatWith(part, instead string) string {
	if !strings.Contains(goodBeat, part) {
		panic("no " + part + " in a heartbeat")
	}
	return strings.Replace(goodBeat, part, instead, 1)
}

// Whatever is refused is answered with a problem that has a code and a remedy,
// and leaves no trace in the file.
func TestRefusals(t *testing.T) {
	large := `{"x":"` + strings.Repeat("x", 2<<20) + `",` + goodBeat[1:]
	beats := wire.PathHeartbeat
	rows := []struct {
		name    string
		method  string
		path    string
		body    string
		headers []string
		status  int
		code    wire.Code
	}{
		{"no body", "POST", beats, "", []string{"Content-Type", "application/json"}, 400, wire.CodeInvalidRequest},
		{"bad JSON", "POST", beats, `{"hive":`, nil, 400, wire.CodeInvalidRequest},
		{"a second value", "POST", beats, goodBeat + goodBeat, nil, 400, wire.CodeInvalidRequest},
		{"something after the value", "POST", beats, goodBeat + "x", nil, 400, wire.CodeInvalidRequest},
		{"a list", "POST", beats, "[" + goodBeat + "]", nil, 400, wire.CodeInvalidRequest},
		{"null", "POST", beats, "null", nil, 400, wire.CodeInvalidHeartbeat},
		{"an empty object", "POST", beats, "{}", nil, 400, wire.CodeInvalidHeartbeat},
		{"no hive", "POST", beats, beatWith(`"hive"`, `"bee"`), nil, 400, wire.CodeInvalidHeartbeat},
		{"no id", "POST", beats, beatWith(`"id":"x",`, ``), nil, 400, wire.CodeInvalidHeartbeat},
		{"no port", "POST", beats, beatWith(`,"port":7835`, ``), nil, 400, wire.CodeInvalidHeartbeat},
		{"no timestamp", "POST", beats, beatWith(`"timestamp":"2000-01-01T00:00:00Z",`, ``), nil, 400, wire.CodeInvalidHeartbeat},
		{"timestamp null", "POST", beats, beatWith(`"2000-01-01T00:00:00Z"`, `null`), nil, 400, wire.CodeInvalidHeartbeat},
		{"timestamp no time", "POST", beats, beatWith(`2000-01-01T00:00:00Z`, `now`), nil, 400, wire.CodeInvalidRequest},
		{"timestamp a number", "POST", beats, beatWith(`"2000-01-01T00:00:00Z"`, `946684800`), nil, 400, wire.CodeInvalidRequest},
		{"port text", "POST", beats, beatWith(`7835`, `"7835"`), nil, 400, wire.CodeInvalidRequest},
		{"port 0", "POST", beats, beatWith(`7835`, `0`), nil, 400, wire.CodeInvalidHeartbeat},
		{"port 65536", "POST", beats, beatWith(`7835`, `65536`), nil, 400, wire.CodeInvalidHeartbeat},
		{"port a fraction", "POST", beats, beatWith(`7835`, `1.5`), nil, 400, wire.CodeInvalidRequest},
		{"id a number", "POST", beats, beatWith(`"x"`, `7`), nil, 400, wire.CodeInvalidRequest},
		{"capabilities an object", "POST", beats, beatWith(`[]`, `{}`), nil, 400, wire.CodeInvalidRequest},
		{"a device without id", "POST", beats, beatWith(`[]`, `[{"name":"x"}]`), nil, 400, wire.CodeInvalidHeartbeat},
		{"workers text", "POST", beats, beatWith(`"capabilities"`, `"workers":"none","capabilities"`), nil, 400, wire.CodeInvalidRequest},
		{"an unknown status", "POST", beats, beatWith(`"port"`, `"operational_status":"asleep","port"`), nil, 400, wire.CodeInvalidRequest},
		{"id with a slash", "POST", beats, beatWith(`"x"`, `"a/b"`), nil, 400, wire.CodeInvalidHeartbeat},
		{"id with a dot first", "POST", beats, beatWith(`"x"`, `".."`), nil, 400, wire.CodeInvalidHeartbeat},
		{"id too long", "POST", beats, beatWith(`"x"`, `"`+strings.Repeat("a", 64)+`"`), nil, 400, wire.CodeInvalidHeartbeat},
		{"id that turns text around", "POST", beats, beatWith(`"x"`, `"a\u202eb"`), nil, 400, wire.CodeInvalidHeartbeat},
		{"id with a newline", "POST", beats, beatWith(`"x"`, `"a\n"`), nil, 400, wire.CodeInvalidHeartbeat},
		{"2 MiB", "POST", beats, large, nil, 413, wire.CodeTooLarge},
		{"2 MiB in chunks", "POST", beats, large, []string{"Transfer-Encoding", "chunked"}, 413, wire.CodeTooLarge},
		{"text/plain", "POST", beats, goodBeat, []string{"Content-Type", "text/plain"}, 415, wire.CodeMediaType},
		{"a form", "POST", beats, goodBeat, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, wire.CodeMediaType},

		{"bad JSON", "POST", wire.PathDiscoveries, `{"take":`, nil, 400, wire.CodeInvalidRequest},
		{"a second value", "POST", wire.PathDiscoveries, `{"take":true}{}`, nil, 400, wire.CodeInvalidRequest},
		{"take text", "POST", wire.PathDiscoveries, `{"take":"yes"}`, nil, 400, wire.CodeInvalidRequest},
		{"a list", "POST", wire.PathDiscoveries, `[]`, nil, 400, wire.CodeInvalidRequest},
		{"2 MiB", "POST", wire.PathDiscoveries, large, nil, 413, wire.CodeTooLarge},
		{"text/plain", "POST", wire.PathDiscoveries, `{}`, []string{"Content-Type", "text/plain"}, 415, wire.CodeMediaType},
		{"limit 0", "GET", wire.PathDiscoveries + "?limit=0", "", nil, 400, wire.CodeInvalidRequest},

		{"nobody", "GET", wire.PathHives + "/nobody", "", nil, 404, wire.CodeUnknownHive},
		{"nobody", "DELETE", wire.PathHives + "/nobody", "", nil, 404, wire.CodeUnknownHive},
		{"bad id", "GET", wire.PathHives + "/-", "", nil, 400, wire.CodeInvalidRequest},
		{"bad id", "DELETE", wire.PathHives + "/a%20b", "", nil, 400, wire.CodeInvalidRequest},
		{"bad id", "GET", wire.PathHives + "/..%2fx", "", nil, 400, wire.CodeInvalidRequest},
		{"bad id", "GET", wire.PathHives + "/%E2%80%AE/heartbeats", "", nil, 400, wire.CodeInvalidRequest},

		{"unknown route", "GET", "/", "", nil, 404, wire.CodeNotFound},
		{"unknown route", "GET", "/v2/hives", "", nil, 404, wire.CodeNotFound},
		{"unknown route", "GET", "/docs", "", nil, 404, wire.CodeNotFound},
		{"unknown route", "POST", "/v1/hive-heartbeats", goodBeat, nil, 404, wire.CodeNotFound},
		{"unknown route", "DELETE", "/v1/hives/a/heartbeats/1", "", nil, 404, wire.CodeNotFound},

		{"foreign Host", "GET", wire.PathHealth, "", []string{"Host", "evil.example"}, 421, wire.CodeHostNotAllowed},
		{"foreign Host", "GET", "/nothing", "", []string{"Host", "evil.example:7833"}, 421, wire.CodeHostNotAllowed},
		{"foreign Host", "POST", beats, goodBeat, []string{"Host", "127.0.0.1.evil.example"}, 421, wire.CodeHostNotAllowed},
		{"foreign Host", "DELETE", wire.PathHives + "/known", "", []string{"Host", "evil.example"}, 421, wire.CodeHostNotAllowed},
		{"foreign Host", "GET", wire.PathStream, "", []string{"Host", "evil.example"}, 421, wire.CodeHostNotAllowed},
		{"cross-site", "POST", beats, goodBeat, []string{"Sec-Fetch-Site", "cross-site"}, 403, wire.CodeCrossOrigin},
		{"cross-site", "GET", wire.PathHives, "", []string{"Sec-Fetch-Site", "cross-site"}, 403, wire.CodeCrossOrigin},
		{"same-site", "GET", wire.PathStream, "", []string{"Sec-Fetch-Site", "same-site"}, 403, wire.CodeCrossOrigin},
		{"another origin", "POST", beats, goodBeat, []string{"Origin", "http://evil.example"}, 403, wire.CodeCrossOrigin},
		{"another port", "GET", wire.PathHives, "", []string{"Origin", "http://10.0.0.1:80"}, 403, wire.CodeCrossOrigin},
		{"origin null", "DELETE", wire.PathHives + "/known", "", []string{"Origin", "null"}, 403, wire.CodeCrossOrigin},
		{"another origin", "POST", wire.PathDiscoveries, "", []string{"Origin", "http://evil.example"}, 403, wire.CodeCrossOrigin},
		{"a preflight", "OPTIONS", beats, "", []string{"Origin", "http://evil.example", "Access-Control-Request-Method", "POST"}, 403, wire.CodeCrossOrigin},
	}
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.beat(200, "10.0.1.1", b.beatOf("known", withDevices(gpu)))
		before := b.dump()
		for _, tt := range rows {
			a := r.want(tt.status, nil, tt.method, tt.path, tt.body, tt.headers...)
			wantProblem(t, tt.name, a, tt.code)
			if diff := cmp.Diff(before, b.dump()); diff != "" {
				t.Fatalf("%s: %s %s left a trace in the file:\n%s", tt.name, tt.method, tt.path, diff)
			}
		}
		if diff := cmp.Diff([]string{"known"}, r.ids()); diff != "" {
			t.Errorf("hives (-want +got):\n%s", diff)
		}
		if got := b.dialled(0); len(got) != 0 {
			t.Errorf("somebody was probed: %v", got)
		}
	})
}

func wantProblem(t *testing.T, name string, a answer, code wire.Code) {
	t.Helper()
	p := a.problem()
	if got := a.header.Get("Content-Type"); got != wire.ContentTypeProblem {
		t.Errorf("%s: got Content-Type %q, want %q", name, got, wire.ContentTypeProblem)
	}
	if p.Code != code || p.Status != a.status || p.Title == "" || p.Detail == "" || p.Remedy == "" || p.Type != "urn:rbee:problem:"+string(code) {
		t.Errorf("%s: got %s, want the code %s with a detail and a remedy", name, a.body, code)
	}
	for header := range a.header {
		if strings.HasPrefix(header, "Access-Control-") {
			t.Errorf("%s: got header %s, want no CORS", name, header)
		}
	}
}

// What can be read can be asked for its headers.
func TestHeadIsGetWithoutABody(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		for _, path := range []string{wire.PathHealth, wire.PathHives, door.PathOpenAPI} {
			if a := r.want(200, nil, http.MethodHead, path, ""); len(a.body) != 0 {
				t.Errorf("%s: got a body %s", path, a.body)
			}
		}
	})
}

// What is missing or wrong is named.
func TestRefusalsNameTheField(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		for _, tt := range []struct{ body, want string }{
			{beatWith(`"id":"x",`, ``), "hive.id is missing"},
			{beatWith(`,"port":7835`, ``), "hive.port is missing"},
			{beatWith(`"timestamp":"2000-01-01T00:00:00Z",`, ``), "timestamp is missing"},
			{beatWith(`"2000-01-01T00:00:00Z"`, `null`), "timestamp is missing"},
			{beatWith(`7835`, `65536`), "65536"},
			{beatWith(`"x"`, `"a b"`), `"a b"`},
		} {
			p := r.want(400, nil, http.MethodPost, wire.PathHeartbeat, tt.body).problem()
			if !strings.Contains(p.Detail, tt.want) {
				t.Errorf("%s: got %q, want it to say %q", tt.body, p.Detail, tt.want)
			}
		}
	})
}

// What is no heartbeat's business is ignored; what is at the bounds is taken.
func TestWhatIsTaken(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		longest := strings.Repeat("a", 63)
		for _, tt := range []struct {
			body    string
			headers []string
		}{
			{beatWith(`"hive"`, `"future":{"a":[1]},"hive"`), nil},
			{beatWith(`"x"`, `"`+longest+`"`), nil},
			{" \n" + goodBeat + "\n", nil},
			{goodBeat, []string{"Content-Type", "application/json; charset=utf-8"}},
			{goodBeat + strings.Repeat(" ", wire.MaxHeartbeatBytes-len(goodBeat)), nil},
			{goodBeat, []string{"Transfer-Encoding", "chunked"}},
			{beatWith(`[]`, `null`), nil}, // absent
			{beatWith(`"capabilities":[]`, `"workers":null,"node":null,"capabilities":[]`), nil},
			{goodBeat, []string{"Host", "localhost:7833"}},
			{goodBeat, []string{"Host", "queen"}},
			{goodBeat, []string{"Host", "queen.lan"}},
			{goodBeat, []string{"Host", "[::1]:7833"}},
			{goodBeat, []string{"Sec-Fetch-Site", "same-origin", "Origin", queenURL}},
			{goodBeat, []string{"Sec-Fetch-Site", "none"}},
		} {
			r.want(200, nil, http.MethodPost, wire.PathHeartbeat, tt.body, tt.headers...)
		}
		if diff := cmp.Diff([]string{longest, "x"}, r.ids()); diff != "" {
			t.Errorf("hives (-want +got):\n%s", diff)
		}
	})
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(func(c *Config) {
			c.AllowHosts, c.AdvertiseURL = []string{"queen.example"}, "https://bees.example"
		})
		for _, host := range []string{"queen.example", "QUEEN.example:7833", "bees.example"} {
			r.want(200, nil, http.MethodGet, wire.PathHealth, "", "Host", host)
		}
	})
}

// A round can be asked for with a body, an empty one, or none.
func TestTheBodyOfADiscoveryMayBeLeftOut(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		for _, body := range []string{"", "{}", `{"take":false,"unknown":1}`} {
			if round := r.discover(body); round.Failed != 1 || len(round.Results) != 1 {
				t.Errorf("%q: got %+v, want the failure of this machine", body, round)
			}
		}
	})
}

// served lists the routes of the router, as METHOD path.
func served(t *testing.T, q *Queen) []string {
	t.Helper()
	var out []string
	err := chi.Walk(q.router(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		out = append(out, method+" "+route)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// What came with the history is described: its parameters, with their bounds,
// and the shapes of its answers.
func TestTheHistoryIsDescribed(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		type schema struct {
			Properties           map[string]map[string]any
			Required             []string
			Minimum, Maximum     *float64
			Default              any
			AdditionalProperties any
		}
		var doc struct {
			Paths map[string]map[string]struct {
				Responses  map[string]any
				Parameters []struct {
					Name, In, Description string
					Required              bool
					Schema                schema
				}
			}
			Components struct{ Schemas map[string]schema }
		}
		r.get(door.PathOpenAPI, &doc)
		for path, names := range map[string][]string{
			"/v1/hives/{id}/heartbeats": {"id", "from", "to", "step", "limit"},
			"/v1/events":                {"after", "before", "hive", "kind", "limit"},
		} {
			if _, found := doc.Paths[path]["get"].Responses["404"]; found != strings.Contains(path, "{id}") {
				t.Errorf("%s: a 404 is described: %t", path, found)
			}
			var got []string
			for _, p := range doc.Paths[path]["get"].Parameters {
				got = append(got, p.Name)
				if p.Description == "" && p.Name != "limit" {
					t.Errorf("%s: %s is not described", path, p.Name)
				}
				if p.Name == "limit" && (p.Schema.Minimum == nil || p.Schema.Maximum == nil || p.Schema.Default == nil) {
					t.Errorf("%s: limit without its bounds: %+v", path, p.Schema)
				}
			}
			if diff := cmp.Diff(names, got); diff != "" {
				t.Errorf("%s: parameters (-want +got):\n%s", path, diff)
			}
		}
		for name, tt := range map[string]struct{ properties, required []string }{
			"History": {
				[]string{"from", "hive_id", "points", "samples", "step_s", "tier", "to"},
				[]string{"hive_id"},
			},
			"Point": {
				[]string{"at", "cpu_pct", "gpus", "heartbeats", "missed", "ram_total_mb", "ram_used_mb", "workers"},
				[]string{"at", "cpu_pct", "gpus", "heartbeats", "missed", "ram_total_mb", "ram_used_mb", "workers"},
			},
			"Stat":        {[]string{"max", "mean"}, []string{"max", "mean"}},
			"GPUPoint":    {[]string{"foreign_vram_mb", "id", "power_w", "temp_c", "util_pct", "vram_total_mb", "vram_used_mb"}, nil},
			"WorkerPoint": {[]string{"cpu_pct", "gpu_util_pct", "group", "heartbeats", "instance", "model", "rss_mb", "total_vram_mb", "vram_mb"}, nil},
			"Ack":         {[]string{"epoch", "message", "next_ms", "queen_id", "status"}, []string{"epoch", "message", "queen_id", "status"}},
		} {
			got := doc.Components.Schemas[name]
			properties := slices.DeleteFunc(slices.Sorted(maps.Keys(got.Properties)), func(p string) bool { return p == "$schema" })
			if diff := cmp.Diff(tt.properties, properties); diff != "" {
				t.Errorf("%s: properties (-want +got):\n%s", name, diff)
			}
			slices.Sort(got.Required)
			if diff := cmp.Diff(tt.required, got.Required); tt.required != nil && diff != "" {
				t.Errorf("%s: required (-want +got):\n%s", name, diff)
			}
		}
		for _, nullable := range []struct{ schema, property string }{
			{"History", "points"},
			{"Point", "cpu_pct"},
			{"Point", "ram_used_mb"},
			{"Point", "ram_total_mb"},
			{"GPUPoint", "util_pct"},
			{"GPUPoint", "vram_used_mb"},
			{"GPUPoint", "vram_total_mb"},
			{"GPUPoint", "temp_c"},
			{"GPUPoint", "power_w"},
			{"WorkerPoint", "model"},
		} {
			if raw, _ := json.Marshal(doc.Components.Schemas[nullable.schema].Properties[nullable.property]); !strings.Contains(string(raw), `"null"`) {
				t.Errorf("%s.%s may be null, and is described as %s", nullable.schema, nullable.property, raw)
			}
		}
		for _, property := range []string{"heartbeat_interval_ms", "heartbeat_rate"} {
			if doc.Components.Schemas["Info"].Properties[property] == nil {
				t.Errorf("Info has no %s", property)
			}
		}
	})
}

// Every route refuses the methods it does not have and names those it has.
func TestWrongMethods(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		methods := map[string][]string{}
		for _, route := range served(t, r.Queen) {
			method, path, _ := strings.Cut(route, " ")
			path = strings.ReplaceAll(path, "{id}", "x")
			methods[path] = append(methods[path], method)
		}
		before := b.dump()
		for path, allowed := range methods {
			for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
				if slices.Contains(allowed, method) {
					continue
				}
				a := r.want(405, nil, method, path, "")
				wantProblem(t, method+" "+path, a, wire.CodeMethodNotAllowed)
				got := strings.Split(a.header.Get("Allow"), ", ")
				slices.Sort(got)
				if diff := cmp.Diff(allowed, got); diff != "" {
					t.Errorf("%s %s: Allow (-want +got):\n%s", method, path, diff)
				}
			}
		}
		if diff := cmp.Diff(before, b.dump()); diff != "" {
			t.Errorf("a trace in the file:\n%s", diff)
		}
	})
}

// On a real connection the answer to a body that is too large could be lost in
// the reset of the connection: the client must get to read it.
func TestTheAnswerToALargeBodyIsRead(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "queen.db"), log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	q := New(Config{Bind: "127.0.0.1", Store: s, Log: log, HivePort: wire.DefaultHivePort, DiscoveryDelay: never})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	large := `{"x":"` + strings.Repeat("x", 2<<20) + `"}`
	for _, path := range []string{wire.PathHeartbeat, wire.PathDiscoveries} {
		for range 20 {
			resp, err := client.Post("http://"+q.Addr().String()+path, "application/json", strings.NewReader(large))
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			raw, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(raw), string(wire.CodeTooLarge)) {
				t.Fatalf("%s: got %d %s, %v; want a problem with 413", path, resp.StatusCode, raw, err)
			}
		}
	}
}
