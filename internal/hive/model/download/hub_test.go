package download_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rbee/internal/hive/model/gguftest"
)

// hub behaves like the hub: a listing, and files that it redirects to another
// server, the CDN. What goes wrong is set per test.
type hub struct {
	t        *testing.T
	srv, cdn *httptest.Server

	mu       sync.Mutex
	files    map[string][]byte // of org/repo
	token    string            // that it wants
	seen     []seen
	cut      []int64                                           // after so many bytes the CDN cuts the connection, one for each request
	mangle   func(cdn bool, h http.Header)                     // changes headers of an answer
	instead  func(w http.ResponseWriter, r *http.Request) bool // answers in place of the hub
	content  func([]byte) []byte                               // what the CDN sends instead
	stall    chan struct{}                                     // cut ones hang until it closes, instead
	etag     string                                            // of the CDN, if it is not the hash
	pageSize int
}

type seen struct {
	cdn                  bool
	path, rng, ifRange   string
	authorization, query string
}

func newHub(t *testing.T) *hub {
	h := &hub{t: t, files: map[string][]byte{}, pageSize: 1000, etag: `"cdn-1"`}
	h.srv = httptest.NewServer(http.HandlerFunc(h.serve))
	h.cdn = httptest.NewServer(http.HandlerFunc(h.serveCDN))
	t.Cleanup(h.srv.Close)
	t.Cleanup(h.cdn.Close)
	return h
}

func (h *hub) add(name string, raw []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files[name] = raw
}

func (h *hub) requests() []seen {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]seen(nil), h.seen...)
}

func (h *hub) note(cdn bool, r *http.Request) {
	h.seen = append(h.seen, seen{cdn, r.URL.Path, r.Header.Get("Range"), r.Header.Get("If-Range"), r.Header.Get("Authorization"), r.URL.RawQuery})
}

func hash(raw []byte) string { return fmt.Sprintf("%x", sha256.Sum256(raw)) }

func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.note(false, r)
	if h.instead != nil && h.instead(w, r) {
		return
	}
	if h.token != "" && r.Header.Get("Authorization") != "Bearer "+h.token {
		w.Header().Set("X-Error-Code", "GatedRepo")
		w.Header().Set("X-Error-Message", "Access to model org/repo is restricted.")
		status := http.StatusForbidden
		if r.Header.Get("Authorization") == "" {
			status = http.StatusUnauthorized
		}
		http.Error(w, "", status)
		return
	}
	if name, ok := strings.CutPrefix(r.URL.Path, "/org/repo/resolve/main/"); ok && h.files[name] != nil {
		raw := h.files[name]
		w.Header().Set("X-Linked-Etag", `"`+hash(raw)+`"`)
		w.Header().Set("X-Linked-Size", fmt.Sprint(len(raw)))
		if h.mangle != nil {
			h.mangle(false, w.Header())
		}
		http.Redirect(w, r, h.cdn.URL+"/blob?name="+url.QueryEscape(name)+"&secret=s", http.StatusFound)
		return
	}
	if r.URL.Path == "/api/models/org/repo/tree/main" {
		h.tree(w, r)
		return
	}
	w.Header().Set("X-Error-Code", "EntryNotFound")
	w.Header().Set("X-Error-Message", "Entry not found")
	http.Error(w, "", http.StatusNotFound)
}

func (h *hub) tree(w http.ResponseWriter, r *http.Request) {
	type lfs struct {
		OID  string `json:"oid"`
		Size int    `json:"size"`
	}
	type entry struct {
		Type string `json:"type"`
		Path string `json:"path"`
		Size int    `json:"size"`
		LFS  *lfs   `json:"lfs,omitempty"`
	}
	all := []entry{{Type: "directory", Path: "folder.gguf"}, {Type: "file", Path: "README.md", Size: 3}}
	for _, name := range slices.Sorted(maps.Keys(h.files)) {
		raw := h.files[name]
		all = append(all, entry{"file", name, len(raw), &lfs{hash(raw), len(raw)}})
	}
	var from int
	_, _ = fmt.Sscan(r.URL.Query().Get("cursor"), &from)
	to := min(len(all), from+h.pageSize)
	if to < len(all) {
		w.Header().Set("Link", fmt.Sprintf(`<%s/api/models/org/repo/tree/main?recursive=true&cursor=%d>; rel="next"`, h.srv.URL, to))
	}
	if err := json.NewEncoder(w).Encode(all[from:to]); err != nil {
		h.t.Error(err)
	}
}

func (h *hub) serveCDN(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.note(true, r)
	raw := h.files[r.URL.Query().Get("name")]
	if h.content != nil {
		raw = h.content(raw)
	}
	w.Header().Set("Etag", h.etag)
	if h.mangle != nil {
		h.mangle(true, w.Header())
	}
	var cut int64 = -1
	if len(h.cut) > 0 {
		cut, h.cut = h.cut[0], h.cut[1:]
	}
	stall := h.stall
	h.mu.Unlock()
	if cut >= 0 {
		w = &cutter{ResponseWriter: w, left: cut, stall: stall, gone: r.Context().Done()}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(raw))
}

// cutter ends a connection, or lets it hang, after some bytes.
type cutter struct {
	http.ResponseWriter
	left  int64
	stall chan struct{}
	gone  <-chan struct{}
}

func (c *cutter) Write(b []byte) (int, error) {
	if int64(len(b)) <= c.left {
		c.left -= int64(len(b))
		return c.ResponseWriter.Write(b)
	}
	_, _ = c.ResponseWriter.Write(b[:c.left])
	c.left = 0
	if f, ok := c.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
	if c.stall != nil {
		select {
		case <-c.stall:
		case <-c.gone:
		}
	}
	panic(http.ErrAbortHandler)
}

// large is a model of some MiB, whose later bytes are only there to be sent.
func large(size int) []byte {
	b := gguftest.Builder{Keys: []gguftest.Key{{Name: "general.architecture", Value: "llama"}}, Tensors: []gguftest.Tensor{
		{Name: "t", Type: gguftest.F32, Dims: []uint64{uint64(size / 4)}, Data: bytes.Repeat([]byte("rbee"), size/4)},
	}}
	return b.Bytes()
}
