package download_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rbee/internal/hive/model"
	"rbee/internal/hive/model/download"
	"rbee/internal/hive/model/gguftest"
	"rbee/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func (h *hub) downloader(dir string, change ...func(*download.Config)) *download.Downloader {
	h.t.Helper()
	c := download.Config{Dir: dir, HubURL: h.srv.URL, Stall: 20 * time.Second, Backoff: time.Millisecond}
	for _, f := range change {
		f(&c)
	}
	d, err := download.New(c)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(d.Close)
	return d
}

// mustHave fails unless the own folder has the file, and nothing is on its way.
func mustHave(t *testing.T, dir, rel string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, rel))
	if err != nil || string(got) != string(want) {
		t.Fatalf("%s: %d bytes, %v; want the %d that were sent", rel, len(got), err, len(want))
	}
	if left := parts(t, dir); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func parts(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, ".downloads"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, filepath.Ext(e.Name()))
	}
	return out
}

func TestDownload(t *testing.T) {
	tiny := gguftest.Tiny().Bytes()
	for _, tt := range []struct{ name, ref, file, id string }{
		{"file", "hf:org/repo:sub/Tiny-Q4_K_M.gguf", "org/repo/sub/Tiny-Q4_K_M.gguf", "org/repo/sub/Tiny-Q4_K_M"},
		{"quantisation", "hf:org/repo:q4_k_m", "org/repo/sub/Tiny-Q4_K_M.gguf", "org/repo/sub/Tiny-Q4_K_M"},
		{"odd name", "hf:org/repo:a%2e%2e b?.gguf", "org/repo/a%2e%2e b?.gguf", "org/repo/a%2e%2e b?"},
		{"sum", "hf:org/repo:sub/Tiny-Q4_K_M.gguf#sha256=" + hash(tiny), "org/repo/sub/Tiny-Q4_K_M.gguf", "org/repo/sub/Tiny-Q4_K_M"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, dir := newHub(t), t.TempDir()
			h.token, h.pageSize = "secret", 2
			for _, name := range []string{"sub/Tiny-Q4_K_M.gguf", "Tiny-Q4_K_S.gguf", "Tiny-Q4_K_M_L.gguf", "mmproj-Q4_K_M.gguf", "a%2e%2e b?.gguf", "../../Evil-Q4_K_M.gguf"} {
				h.add(name, tiny)
			}
			var told []download.Progress
			id, err := h.downloader(dir).Download(t.Context(), tt.ref, "secret", func(p download.Progress) { told = append(told, p) })
			if err != nil || id != tt.id {
				t.Fatalf("got id %q, %v; want %q", id, err, tt.id)
			}
			mustHave(t, dir, tt.file, tiny)
			if last := told[len(told)-1]; last.Step != download.StepDone || last.Bytes != int64(len(tiny)) || last.Total != last.Bytes || last.File != tt.file {
				t.Errorf("the last progress is %+v", last)
			}
			for _, r := range h.requests() {
				if want := "Bearer secret"; r.cdn && r.authorization != "" || !r.cdn && r.authorization != want {
					t.Errorf("%+v: the token is for the hub, and only for the hub", r)
				}
			}
			c := model.New(model.Place{Source: wire.ModelOwn, Path: dir})
			if path, err := c.Resolve(t.Context(), id); path != filepath.Join(dir, tt.file) {
				t.Errorf("the catalog has %q, %v for %q", path, err, id)
			}
			// A second time nothing is sent.
			before := len(h.requests())
			if _, err := h.downloader(dir).Download(t.Context(), tt.ref, "secret", nil); err != nil {
				t.Error(err)
			}
			for _, r := range h.requests()[before:] {
				if r.cdn && strings.HasPrefix(tt.name, "quant") {
					t.Errorf("what is there was asked for again: %+v", r)
				}
			}
		})
	}
}

func TestDownloadASplitModel(t *testing.T) {
	for _, ref := range []string{"hf:org/repo:F32", "hf:org/repo:f32/tiny-00002-of-00003.gguf", "hf:org/repo"} {
		h, dir := newHub(t), t.TempDir()
		raw := gguftest.Tiny().Parts(3)
		var total int64
		for i, part := range raw {
			h.add("f32/"+gguftest.PartName("tiny", i, 3), part)
			total += int64(len(part))
		}
		var last download.Progress
		id, err := h.downloader(dir).Download(t.Context(), ref, "", func(p download.Progress) { last = p })
		if err != nil || id != "org/repo/f32/tiny" || last.Total != total {
			t.Fatalf("%s: got id %q, %v, %+v; want %d bytes", ref, id, err, last, total)
		}
		m, err := model.New(model.Place{Source: wire.ModelOwn, Path: dir}).Find(t.Context(), id)
		if err != nil || len(m.Files) != 3 {
			t.Errorf("the catalog has %+v, %v", m, err)
		}
	}
}

func TestWhichModelIsMeant(t *testing.T) {
	h := newHub(t)
	tiny := gguftest.Tiny().Bytes()
	for _, name := range []string{"a-Q4_K_M.gguf", "b-Q4_K_M.gguf", "half-Q8_0-00001-of-00002.gguf"} {
		h.add(name, tiny)
	}
	for ref, want := range map[string]struct {
		class error
		says  string
	}{
		"hf:org/repo:Q4_K_M":    {download.ErrAmbiguous, "a-Q4_K_M, b-Q4_K_M"},
		"hf:org/repo":           {download.ErrAmbiguous, "name one file of org/repo: a-Q4_K_M, b-Q4_K_M, half-Q8_0"},
		"hf:org/repo:IQ1_S":     {download.ErrNotFound, "has no IQ1_S: it has a-Q4_K_M, b-Q4_K_M, half-Q8_0"},
		"hf:org/repo:Q4":        {download.ErrNotFound, "has no Q4:"},
		"hf:org/repo:Q8_0":      {download.ErrNotFound, "has 1 of the 2 parts"},
		"hf:org/repo:none.gguf": {download.ErrNotFound, `answers 404: "Entry not found"`},
		"hf:org/none:Q8_0":      {download.ErrNotFound, "answers 404"},
		h.srv.URL + "/x.gguf":   {download.ErrNotFound, "answers 404"},
		"hf:org/repo:a-Q4_K_M.gguf#sha256=" + hash(nil):    {download.ErrVerify, "its SHA-256 is " + hash(tiny)},
		"http://example.org/x.gguf":                        {download.ErrRef, "plain http is for this machine only"},
		"hf:org/repo:half-Q8_0-00001-of-00002.gguf#sha256": {download.ErrRef, "64 hexadecimal digits"},
	} {
		dir := t.TempDir()
		_, err := h.downloader(dir).Download(t.Context(), ref, "", nil)
		if !errors.Is(err, want.class) || !strings.Contains(err.Error(), want.says) {
			t.Errorf("%s: got %v, want %v with %q", ref, err, want.class, want.says)
		}
		if left := parts(t, dir); len(left) > 0 {
			t.Errorf("%s: left over: %v", ref, left)
		}
	}
}

func TestAccessIsDenied(t *testing.T) {
	h := newHub(t)
	h.token = "right"
	h.add("m.gguf", gguftest.Tiny().Bytes())
	for token, want := range map[string]string{
		"":      `answers 401: "Access to model org/repo is restricted.": the repository is private, gated or not there`,
		"wrong": `answers 403: "Access to model org/repo is restricted.": the token may not read it`,
	} {
		before := len(h.requests())
		_, err := h.downloader(t.TempDir()).Download(t.Context(), "hf:org/repo:m.gguf", token, nil)
		if !errors.Is(err, download.ErrDenied) || !strings.Contains(err.Error(), want) || (token != "" && strings.Contains(err.Error(), token+"\"")) {
			t.Errorf("token %q: got %v, want %q", token, err, want)
		}
		if n := len(h.requests()) - before; n != 1 {
			t.Errorf("token %q: asked %d times, once is enough", token, n)
		}
	}
}

func FuzzRef(f *testing.F) {
	for _, ref := range []string{
		"hf:org/repo:Q4_K_M", "hf:org/repo:a/b.gguf", "hf:org/repo", "https://example.org/a.gguf?x=y#sha256=" + hash(nil),
		"http://127.0.0.1:1/a.gguf", "hf:../..:x.gguf", "hf:a/b:../c.gguf", "https://u:p@h/a.gguf", "https://h/..%2f..%2fa.gguf", "hf:a/b:-x",
	} {
		f.Add(ref)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := download.ParseRef(s)
		if err != nil {
			if !errors.Is(err, download.ErrRef) {
				t.Errorf("%q: an error of no class: %v", s, err)
			}
			return
		}
		switch {
		case ref.URL != nil:
			if ref.URL.User != nil || (ref.URL.Scheme != "https" && ref.URL.Scheme != "http") || ref.URL.Host == "" {
				t.Errorf("%q is read as %+v", s, ref.URL)
			}
		case !filepath.IsLocal(filepath.Join(ref.Org, ref.Repo, ref.File)) || strings.Contains(ref.Org+ref.Repo, "/") ||
			strings.HasPrefix(ref.Org, "-") || (ref.File != "" && wire.ValidateModelID(ref.File) != nil):
			t.Errorf("%q is read as %+v", s, ref)
		}
	})
}
