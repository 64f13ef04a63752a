package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rbee/internal/wire"
)

// beatsIn counts the heartbeats of a hive that the queen stores in that time.
func (q *realQueen) beatsIn(id string, d time.Duration) int {
	q.t.Helper()
	count := func() int {
		history, err := q.client.History(q.t.Context(), id, 2000)
		if err != nil {
			q.t.Fatal(err)
		}
		return len(history.Samples)
	}
	before := count()
	time.Sleep(d)
	return count() - before
}

func TestStartupOrders(t *testing.T) {
	t.Parallel()
	t.Run("hive first", func(t *testing.T) {
		t.Parallel()
		home := t.TempDir()
		ports := freePorts(t, 2)
		h := startHive(t, home, ports[1], "gpu", "--queen-url", "http://127.0.0.1:"+strconv.Itoa(ports[0]))
		eventually(t, 10*time.Second, func() error {
			if h.log.count("Discovery attempt 3 (delay: 4s)") == 0 {
				return fmt.Errorf("no third attempt in\n%s", h.log)
			}
			return nil
		})
		// The next attempt is 8 s away: only a pull wakes it before.
		q := startQueen(t, home, filepath.Join(home, "queen.db"), ports[0], "--discovery-delay", "0", "--hive-port", strconv.Itoa(ports[1]))
		eventually(t, 3*time.Second, func() error { return q.healthy(1, "gpu") })
	})
	t.Run("queen first", func(t *testing.T) {
		t.Parallel()
		home := t.TempDir()
		ports := freePorts(t, 2)
		q := startQueen(t, home, filepath.Join(home, "queen.db"), ports[0], "--discovery-delay", "1h")
		h := startHive(t, home, ports[1], "gpu", "--queen-url", q.url)
		eventually(t, 3*time.Second, func() error { return q.healthy(1, "gpu") })
		if n := h.log.count("Discovery attempt"); n != 1 {
			t.Errorf("%d attempts, want one", n)
		}
	})
	t.Run("both at once, pulled by ten", func(t *testing.T) {
		t.Parallel()
		home := t.TempDir()
		ports := freePorts(t, 2)
		h := startHive(t, home, ports[1], "gpu", "--queen-url", "http://127.0.0.1:"+strconv.Itoa(ports[0]))
		q := startQueen(t, home, filepath.Join(home, "queen.db"), ports[0], "--discovery-delay", "0", "--hive-port", strconv.Itoa(ports[1]))
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d%s?queen_url=%s", ports[1], wire.PathCapabilities, url.QueryEscape(q.url)))
				if err != nil {
					t.Error(err)
					return
				}
				_ = resp.Body.Close()
			})
		}
		wg.Wait()
		eventually(t, 5*time.Second, func() error { return q.healthy(1, "gpu") })
		if n := q.beatsIn("gpu", 10*time.Second); n < 9 || n > 11 {
			t.Errorf("%d heartbeats in 10 s, want 9 to 11\n%s", n, h.log)
		}
	})
}

func TestASecondQueenTakesOnlyWhenTold(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	ports := freePorts(t, 3)
	hivePort := strconv.Itoa(ports[2])
	one := startQueen(t, home, filepath.Join(home, "one.db"), ports[0], "--discovery-delay", "0", "--hive-port", hivePort)
	startHive(t, home, ports[2], "gpu", "--queen-url", one.url)
	eventually(t, 5*time.Second, func() error { return one.healthy(1, "gpu") })
	two := startQueen(t, home, filepath.Join(home, "two.db"), ports[1], "--discovery-delay", "0", "--hive-port", hivePort)
	round, err := two.client.Discover(t.Context(), wire.DiscoveryRequest{})
	if err != nil || round.Failed != 1 || round.Results[0].Error != wire.ErrorConflict || !strings.Contains(round.Results[0].ErrorText, one.url) {
		t.Errorf("a round without take: %+v, %v; want a conflict that names %s", round, err, one.url)
	}
	if err := one.healthy(1, "gpu"); err != nil {
		t.Error(err)
	}
	if _, err := two.client.Discover(t.Context(), wire.DiscoveryRequest{Take: true}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 3*time.Second, func() error { return two.healthy(1, "gpu") })
	two.kill()
	// Its queen is gone: the first one gets it back without taking.
	eventually(t, 15*time.Second, func() error {
		if _, err := one.client.Discover(t.Context(), wire.DiscoveryRequest{}); err != nil {
			return err
		}
		return one.healthy(1, "gpu")
	})
}

// A web page that names a stranger's host or comes from another origin reaches
// neither daemon, and bad pulls change nothing.
func TestTheDoorsOfBothDaemons(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	ports := freePorts(t, 2)
	q := startQueen(t, home, filepath.Join(home, "queen.db"), ports[0], "--discovery-delay", "1h", "--allow-host", "queen.example.com")
	startHive(t, home, ports[1], "gpu")
	ask := func(url, header, value string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if header == "Host" {
			req.Host = value
		} else if header != "" {
			req.Header.Set(header, value)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		raw, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(raw)
	}
	hive := "http://127.0.0.1:" + strconv.Itoa(ports[1])
	for _, daemon := range []string{q.url + "/health", hive + "/capabilities?queen_url=" + url.QueryEscape(q.url)} {
		if code, body := ask(daemon, "Host", "evil.example.org"); code != 421 || !strings.Contains(body, "host_not_allowed") {
			t.Errorf("%s under a foreign Host: %d %s", daemon, code, body)
		}
		if code, body := ask(daemon, "Origin", "http://evil.example.org"); code != 403 || !strings.Contains(body, "cross_origin") {
			t.Errorf("%s from a foreign origin: %d %s", daemon, code, body)
		}
	}
	if code, _ := ask(q.url+"/health", "Host", "queen.example.com"); code != 200 {
		t.Errorf("an allowed Host got %d", code)
	}
	for _, bad := range []string{"", "localhost:7833", "ftp://localhost", "mailto:a@b", "http://", "http://localhost:99999", "http://u:p@h", "http://h/path", "http://h?q=1"} {
		code, body := ask(hive+"/capabilities?queen_url="+url.QueryEscape(bad), "", "")
		if code != 200 || !strings.Contains(body, `"warning":`) || !strings.Contains(body, `"state":"standalone"`) || !strings.Contains(body, `"devices":[`) {
			t.Errorf("a pull by %q: %d %s", bad, code, body)
		}
	}
	if got := len(q.hiveIDs()); got != 0 {
		t.Errorf("%d hives registered by what was refused", got)
	}
}

func (q *realQueen) hiveIDs() []string {
	q.t.Helper()
	list, err := q.client.Hives(q.t.Context())
	if err != nil {
		q.t.Fatal(err)
	}
	var ids []string
	for _, h := range list.Hives {
		ids = append(ids, h.ID)
	}
	return ids
}
