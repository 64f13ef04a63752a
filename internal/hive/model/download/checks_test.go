package download_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rbee/internal/hive/model/download"
	"rbee/internal/hive/model/gguftest"
)

func TestWhatArrivesIsChecked(t *testing.T) {
	tiny := gguftest.Tiny().Bytes()
	flip := func(raw []byte) []byte {
		out := append([]byte(nil), raw...)
		out[len(out)-1] ^= 1
		return out
	}
	for name, tt := range map[string]struct {
		set  func(h *hub)
		ref  string // "" for the file of the hub
		want string
	}{
		"another byte":    {func(h *hub) { h.content = flip }, "", "its SHA-256 is " + hash(flip(tiny)) + ", want [" + hash(tiny) + "]"},
		"another length":  {func(h *hub) { h.content = func(b []byte) []byte { return b[:1000] } }, "", "sends 1000 bytes, and the hub lists"},
		"a page":          {func(h *hub) { h.add("m.gguf", []byte("<!DOCTYPE html>")) }, "", `begins with "<!DO", so it is no GGUF`},
		"a damaged model": {func(h *hub) { h.add("m.gguf", tiny[:5000]) }, "", "is it whole?"},
		"encoded": {func(h *hub) {
			h.mangle = func(cdn bool, hd http.Header) {
				if cdn {
					hd.Set("Content-Encoding", "gzip")
				}
			}
		}, "", "sends the file encoded"},
	} {
		t.Run(name, func(t *testing.T) {
			h, dir := newHub(t), t.TempDir()
			h.add("m.gguf", tiny)
			tt.set(h)
			_, err := h.downloader(dir).Download(t.Context(), "hf:org/repo:m.gguf", "", nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "org")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("something was put in place: %v", err)
			}
			if left := parts(t, dir); errors.Is(err, download.ErrVerify) && len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	tiny := gguftest.Tiny().Bytes()
	plain := newHub(t)
	plain.add("m.gguf", tiny)
	to := ""
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/direct.gguf" {
			w.Header().Set("Content-Length", fmt.Sprint(len(tiny)))
			_, _ = w.Write(tiny)
			return
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0) // of clients that do not trust it
	t.Cleanup(secure.Close)
	trust := func(c *download.Config) {
		c.RootCAs = secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	}
	get := func(location string) error {
		to = location
		_, err := plain.downloader(t.TempDir(), trust).Download(t.Context(), secure.URL+"/m.gguf", "", nil)
		return err
	}
	if err := get(secure.URL + "/direct.gguf"); err != nil {
		t.Errorf("a redirect that is allowed: %v", err)
	}
	for location, want := range map[string]string{
		plain.cdn.URL + "/x":        "redirects from https to http",
		"/again":                    "more than 5 redirects",
		"ftp://example.org/x":       "redirects from https to ftp",
		"https://u:p@example.org/x": "ends up in logs",
		"":                          "redirects to nowhere",
	} {
		if err := get(location); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("redirect to %q: got %v, want %q", location, err, want)
		}
	}
	to = secure.URL + "/direct.gguf"
	_, err := plain.downloader(t.TempDir()).Download(t.Context(), secure.URL+"/m.gguf", "", nil)
	if err == nil || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "tries") {
		t.Errorf("an unknown certificate: %v, want an error at once", err)
	}
	plain.instead = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "http://192.0.2.1/m.gguf", http.StatusFound)
		return true
	}
	_, err = plain.downloader(t.TempDir()).Download(t.Context(), plain.srv.URL+"/m.gguf", "", nil)
	if err == nil || !strings.Contains(err.Error(), "plain http is for this machine only") {
		t.Errorf("from loopback to elsewhere: %v", err)
	}
}

func TestOneDownloadForATarget(t *testing.T) {
	h, dir := newHub(t), t.TempDir()
	raw := large(2 << 20)
	h.add("m.gguf", raw)
	h.cut, h.stall = []int64{1 << 20}, make(chan struct{})
	same, other := h.downloader(dir), h.downloader(dir)
	started := make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := same.Download(t.Context(), "hf:org/repo:m.gguf", "", func(p download.Progress) {
			if p.Step == download.StepDownloading {
				once.Do(func() { close(started) })
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-started
	for name, d := range map[string]*download.Downloader{"this process": same, "another one": other} {
		_, err := d.Download(t.Context(), "hf:org/repo:m.gguf", "", nil)
		var busy *download.BusyError
		if !errors.As(err, &busy) || busy.Target != "org/repo/m.gguf" {
			t.Errorf("%s: got %v, want a *BusyError that names the file", name, err)
		}
	}
	close(h.stall)
	wg.Wait()
	mustHave(t, dir, "org/repo/m.gguf", raw)
}

func TestAnotherFileOfThatNameIsKept(t *testing.T) {
	h, dir := newHub(t), t.TempDir()
	tiny := gguftest.Tiny().Bytes()
	h.add("m.gguf", tiny)
	path := filepath.Join(dir, "org/repo/m.gguf")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	same := append([]byte(nil), tiny...)
	same[len(same)-1] ^= 1
	for want, content := range map[string][]byte{"has 5 bytes": []byte("other"), "its SHA-256 is": same} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := h.downloader(dir).Download(t.Context(), "hf:org/repo:m.gguf", "", nil)
		if !errors.Is(err, download.ErrExists) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrExists with %q", err, want)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != string(content) {
			t.Errorf("the file is another one now: %v", err)
		}
	}
}

func TestThereHasToBeRoom(t *testing.T) {
	h, dir := newHub(t), t.TempDir()
	h.instead = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Length", "1152921504606846976")
		w.WriteHeader(http.StatusOK)
		return true
	}
	_, err := h.downloader(dir).Download(t.Context(), h.srv.URL+"/m.gguf", "", nil)
	if !errors.Is(err, download.ErrDisk) || !strings.Contains(err.Error(), "1099511627776 MiB are still to come") {
		t.Errorf("got %v, want ErrDisk with the numbers", err)
	}
}

func TestALinkInTheFolderLeadsNowhereElse(t *testing.T) {
	h, dir, elsewhere := newHub(t), t.TempDir(), t.TempDir()
	h.add("m.gguf", gguftest.Tiny().Bytes())
	if err := os.Symlink(elsewhere, filepath.Join(dir, "org")); err != nil {
		t.Fatal(err)
	}
	_, err := h.downloader(dir).Download(t.Context(), "hf:org/repo:m.gguf", "", nil)
	if err == nil {
		t.Error("a download went through a link out of the folder")
	}
	if n := len(h.requests()); n > 0 {
		t.Errorf("that was found out after %d requests, none is needed", n)
	}
	if entries, err := os.ReadDir(elsewhere); err != nil || len(entries) > 0 {
		t.Errorf("written elsewhere: %v, %v", entries, err)
	}
}

func TestSecretsInAReferenceAreNotRepeated(t *testing.T) {
	h := newHub(t)
	for _, ref := range []string{
		h.srv.URL + "/m.gguf?signature=secret", "https://ana:secret@example.org/m.gguf", "ftp://secret@example.org/?secret", "https://example.org/?secret",
	} {
		_, err := h.downloader(t.TempDir()).Download(t.Context(), ref, "", nil)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", ref, err)
		}
	}
}
