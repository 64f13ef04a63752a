package hive

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"rbee/internal/wire"
)

// Who makes jobs, and who reads what they and workers say, is on this machine;
// what there is on it, everybody may see.
func TestWhatOtherMachinesAreServed(t *testing.T) {
	const job = wire.PathJobs + "/job-0197a3c0-0000-7000-8000-000000000001"
	inBed(t, func(t *testing.T, b *bed) {
		b.run(withWork)
		status := func(ip, method, path string, header ...string) (int, string) {
			t.Helper()
			client := &http.Client{Transport: &http.Transport{DialContext: b.net.Dialer(ip), DisableKeepAlives: true}}
			req, err := http.NewRequest(method, "http://"+hiveAddr+path, strings.NewReader(`{"operation":"status"}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			for i := 0; i < len(header); i += 2 {
				req.Header.Set(header[i], header[i+1])
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Fatalf("%s %s: %v", method, path, err)
			}
			defer resp.Body.Close()
			raw, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatalf("%s %s: %v", method, path, err)
			}
			return resp.StatusCode, string(raw)
		}
		for _, route := range []struct {
			method, path string
			here, away   int
		}{
			{"POST", wire.PathJobs, 200, 403},
			{"GET", wire.PathJobs, 200, 403},
			{"GET", job, 404, 403},
			{"DELETE", job, 404, 403},
			{"GET", job + "/stream", 404, 403},
			{"GET", wire.PathWorkers + "/w-1/logs", 404, 403},
			{"GET", wire.PathWorkers + "/w-1/logs?follow=1", 404, 403},
			{"GET", wire.PathWorkers, 200, 200},
			{"GET", wire.PathModels, 200, 200},
			{"GET", wire.PathCapabilities, 200, 200},
			{"GET", wire.PathInfo, 200, 200},
		} {
			if got, body := status("127.0.0.1", route.method, route.path); got != route.here {
				t.Errorf("%s %s from here: got %d %s, want %d", route.method, route.path, got, body, route.here)
			}
			for from, header := range map[string][]string{"10.0.0.5": nil, "127.0.0.1": {"X-Forwarded-For", "10.0.0.5"}} {
				got, body := status(from, route.method, route.path, header...)
				if got != route.away || (got == 403) != strings.Contains(body, string(wire.CodeLoopbackOnly)) {
					t.Errorf("%s %s from %s %v: got %d %s, want %d", route.method, route.path, from, header, got, body, route.away)
				}
			}
		}
	})
}
