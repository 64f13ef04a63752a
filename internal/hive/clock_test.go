package hive

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rbee/internal/hive/model"
	"rbee/internal/wire"
)

// withWork gives a hive of the bed jobs and workers.
func withWork(c *Config) {
	c.Work = &Work{Models: []model.Place{{Path: filepath.Join(c.StateDir, "models"), Source: wire.ModelOwn}}}
}

// findings runs hive_check and returns those of a subject.
func (b *bed) findings(subject string) (found []wire.Finding) {
	b.t.Helper()
	local := &http.Client{Transport: &http.Transport{DialContext: b.net.Dialer("127.0.0.1"), DisableKeepAlives: true}}
	resp, err := local.Post("http://"+hiveAddr+wire.PathJobs, "application/json", strings.NewReader(`{"operation":"hive_check"}`))
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	var ack wire.JobAck
	if err := json.NewDecoder(resp.Body).Decode(&ack); err != nil || ack.JobID == "" {
		b.t.Fatalf("POST: %d, %v", resp.StatusCode, err)
	}
	resp, err = local.Get("http://" + hiveAddr + ack.SSEURL)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil {
		b.t.Fatal(err)
	}
	_, raw, isThere := strings.Cut(text.String(), "event: data\ndata: ")
	raw, _, _ = strings.Cut(raw, "\n")
	var check wire.HiveCheck
	if err := json.Unmarshal([]byte(raw), &check); err != nil || !isThere {
		b.t.Fatalf("%v in %s", err, text.String())
	}
	for _, f := range check.Findings {
		if f.Subject == subject {
			found = append(found, f)
		}
	}
	return found
}

// The clock is held against the Date of the queen's last answer; no request is
// made for it, which the fake queen would complain of.
func TestHiveCheckComparesTheClocks(t *testing.T) {
	const remedy = "have NTP set the clocks of both machines: chronyc tracking, or timedatectl, says whether it does"
	unknown := wire.Finding{Level: "ok", Subject: "clock", Detail: "not compared: no queen answers heartbeats, or she does not say what time it is"}
	inBed(t, func(t *testing.T, b *bed) {
		b.run(withWork, withQueen(urlA))
		check := func(what string, want wire.Finding) {
			t.Helper()
			if got := b.findings("clock"); len(got) != 1 || got[0] != want {
				t.Errorf("%s: got %+v, want %+v", what, got, want)
			}
		}
		check("no queen", unknown)
		q := b.queen(hostA, "queen-a")
		for _, tt := range []struct {
			what  string
			reply reply
			want  wire.Finding
		}{
			{"as hers", reply{}, wire.Finding{Level: "ok", Detail: "0.5 s behind the queen's, to within 0.5 s"}},
			{"a little behind", reply{clock: 1400 * time.Millisecond}, wire.Finding{Level: "ok", Detail: "1.5 s behind the queen's, to within 0.5 s"}},
			{"behind", reply{clock: time.Minute}, wire.Finding{Level: "warning", Detail: "60.5 s behind the queen's, to within 0.5 s", Remedy: remedy}},
			{"ahead", reply{clock: -3 * time.Second}, wire.Finding{Level: "warning", Detail: "2.5 s ahead of the queen's, to within 0.5 s", Remedy: remedy}},
			{"behind, and she takes her time", reply{clock: 5 * time.Second, delay: 800 * time.Millisecond}, wire.Finding{Level: "warning", Detail: "5.1 s behind the queen's, to within 0.9 s", Remedy: remedy}},
			{"behind, for all that", reply{clock: 5 * time.Second, delay: 4900 * time.Millisecond}, wire.Finding{Level: "warning", Detail: "7.0 s behind the queen's, to within 3.0 s", Remedy: remedy}},
			{"who knows", reply{clock: 950 * time.Millisecond, delay: 4900 * time.Millisecond}, wire.Finding{Level: "ok", Detail: "3.0 s behind the queen's, to within 3.0 s: her answers take too long to tell more"}},
			{"she does not say", reply{timeless: true}, unknown},
		} {
			q.answers(always(tt.reply))
			b.sleep(60 * time.Second)
			if tt.want.Subject = "clock"; tt.reply.delay > time.Second {
				b.sleep(7 * time.Second)
			}
			check(tt.what, tt.want)
		}
		q.answers(nil)
		b.sleep(5 * time.Second)
		q.answers(always(reply{status: http.StatusConflict}))
		b.sleep(5 * time.Second)
		check("she refuses", unknown)
	})
}
