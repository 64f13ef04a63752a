package model_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/hive/model"
	"rbee/internal/hive/model/gguftest"
	"rbee/internal/wire"
)

// put writes a file below dir and returns its path.
func put(t *testing.T, dir, rel string, raw []byte) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(rel))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func own(dir string) *model.Catalog {
	return model.New(model.Place{Source: wire.ModelOwn, Path: dir})
}

func list(t *testing.T, c *model.Catalog) model.Listing {
	t.Helper()
	l, err := c.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func ids(l model.Listing) []string {
	var out []string
	for _, m := range l.Models {
		out = append(out, m.ID)
	}
	return out
}

// reasons are the problems by the path below dir.
func reasons(t *testing.T, l model.Listing, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, p := range l.Problems {
		rel, err := filepath.Rel(dir, p.Path)
		if err != nil {
			t.Fatal(err)
		}
		out[rel] = p.Reason
	}
	return out
}

func TestListAFolder(t *testing.T) {
	dir := t.TempDir()
	tiny := gguftest.Tiny()
	raw := tiny.Bytes()
	path := put(t, dir, "org/Tiny-GGUF/tiny-F32.gguf", raw)
	var splitSize int64
	for i, part := range tiny.Parts(3) {
		put(t, dir, gguftest.PartName("big", i, 3), part)
		splitSize += int64(len(part))
	}
	put(t, dir, "notes.txt", []byte("hello"))
	put(t, dir, ".downloads/x.gguf", raw)

	l := list(t, own(dir))
	if diff := cmp.Diff([]string{"big", "org/Tiny-GGUF/tiny-F32"}, ids(l)); diff != "" || len(l.Problems) > 0 {
		t.Fatalf("ids (-want +got):\n%s, problems %v", diff, l.Problems)
	}
	big, one := l.Models[0], l.Models[1]
	want := wire.Model{
		ID: "org/Tiny-GGUF/tiny-F32", Path: path, Source: wire.ModelOwn, Format: wire.ModelGGUF, Files: 1,
		SizeBytes: int64(len(raw)), Name: "Tiny", Architecture: "llama", Quantisation: "F32", ContextLength: 512,
		Parameters: big.Parameters, VRAM: one.VRAM,
	}
	if diff := cmp.Diff(want, one.Model); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if big.Model.Files != 3 || big.SizeBytes != splitSize || big.Parameters != one.Parameters || big.VRAM != one.VRAM ||
		filepath.Base(big.Path) != "big-00001-of-00003.gguf" {
		t.Errorf("got %+v, want three files that are what %+v is", big, one)
	}
	for _, id := range []string{"org/Tiny-GGUF/tiny-F32", "org/Tiny-GGUF/tiny-F32.gguf"} {
		if got, err := own(dir).Resolve(t.Context(), id); got != path || err != nil {
			t.Errorf("Resolve(%q) = %q, %v; want %q", id, got, err, path)
		}
	}
}

func TestWhatIsLeftOutHasAReason(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	raw := gguftest.Tiny().Bytes()
	put(t, dir, "cut.gguf", raw[:len(raw)/2])
	put(t, dir, "page.gguf", []byte("<html>"))
	put(t, dir, "part-00001-of-00002.gguf", gguftest.Tiny().Parts(2)[0])
	put(t, dir, "renamed.gguf", gguftest.Tiny().Parts(2)[0])
	put(t, dir, "-dash.gguf", raw)
	put(t, dir, "new\nline.gguf", raw)
	put(t, dir, "same.gguf", raw)
	put(t, dir, "same-00001-of-00001.gguf", raw)
	put(t, dir, "mmproj.gguf", gguftest.Builder{Keys: []gguftest.Key{{Name: "general.architecture", Value: "clip"}}}.Bytes())
	put(t, dir, "a/b/c/d/e/f/g/h/i/deep.gguf", raw)
	put(t, elsewhere, "outside.gguf", raw)
	for link, target := range map[string]string{
		"out.gguf": filepath.Join(elsewhere, "outside.gguf"), "up.gguf": "../" + filepath.Base(elsewhere) + "/outside.gguf",
		"dangling.gguf": "nowhere", "folder": elsewhere, "inside.gguf": "same.gguf", "loop.gguf": "loop.gguf",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.gguf"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := list(t, own(dir))
	if diff := cmp.Diff([]string{"inside", "same"}, ids(l)); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	got := reasons(t, l, dir)
	for name, want := range map[string]string{
		"cut.gguf":                 "it was not copied whole",
		"page.gguf":                `byte 0: it begins with "<htm"`,
		"part-00001-of-00002.gguf": "1 of its 2 parts are here",
		"renamed.gguf":             "it says that it is part 1 of 2",
		"-dash.gguf":               "begins with '-'",
		"new\ufffdline.gguf":       "not printable",
		"same.gguf":                "the id same means",
		"mmproj.gguf":              "a projector",
		"a/b/c/d/e/f/g/h/i":        "9 folders deep",
		"out.gguf":                 "out of this place",
		"up.gguf":                  "out of this place",
		"dangling.gguf":            "out of this place, or nowhere",
		"loop.gguf":                "out of this place, or nowhere",
		"folder":                   "add the folder that it leads to",
		"pipe.gguf":                "not a regular file",
	} {
		if !strings.Contains(got[name], want) {
			t.Errorf("%s: got %q, want it to say %q", name, got[name], want)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("left out too: %q", got)
	}
	_, err := own(dir).Find(t.Context(), "cut")
	if !errors.Is(err, model.ErrNotFound) || !strings.Contains(err.Error(), "not copied whole") {
		t.Errorf("asked for a damaged model: %v; want the damage", err)
	}
}

func TestIDsThatAreRefused(t *testing.T) {
	c := own(t.TempDir())
	for _, id := range []string{
		"", "/etc/passwd", "..", "a/../b", "../x", "a//b", "a/", "-m", "a/-b", ".hidden", "a\x00b", "a\nb", "a\u202eb",
		"\xff", " a", `a\b`, strings.Repeat("a", 256), strings.Repeat("a/", 300) + "a",
	} {
		if _, err := c.Find(t.Context(), id); !errors.Is(err, model.ErrInvalidID) {
			t.Errorf("Find(%q): %v, want ErrInvalidID", id, err)
		}
		if _, err := c.Delete(t.Context(), id); !errors.Is(err, model.ErrInvalidID) {
			t.Errorf("Delete(%q): %v, want ErrInvalidID", id, err)
		}
	}
	if _, err := c.Resolve(t.Context(), "org/none"); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

// What a walk costs is told by what it reads: a file whose content changed under
// the same size and time is not noticed, one with another time is.
func TestUnchangedFilesAreNotReadAgain(t *testing.T) {
	dir := t.TempDir()
	raw := gguftest.Tiny().Bytes()
	path := put(t, dir, "m.gguf", raw)
	bad := put(t, dir, "bad.gguf", make([]byte, 64))
	c := own(dir)
	list(t, c)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, bad} {
		content := make([]byte, len(raw))
		if p == bad {
			content = make([]byte, 64)
			copy(content, "GGUF")
		}
		put(t, dir, filepath.Base(p), content)
		if err := os.Chtimes(p, time.Time{}, info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
	if l := list(t, c); len(l.Models) != 1 {
		t.Errorf("read again: %+v", l)
	}
	if err := os.Chtimes(path, time.Time{}, info.ModTime().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if l := list(t, c); len(l.Models) != 0 || !strings.Contains(reasons(t, l, dir)["m.gguf"], "not a usable GGUF") {
		t.Errorf("not read again: %+v", l)
	}
}

func TestDelete(t *testing.T) {
	dir, shared := t.TempDir(), t.TempDir()
	raw := gguftest.Tiny().Bytes()
	for i, part := range gguftest.Tiny().Parts(2) {
		put(t, dir, "org/repo/"+gguftest.PartName("big", i, 2), part)
	}
	kept := put(t, dir, "org/other.gguf", raw)
	put(t, shared, "theirs.gguf", raw)
	c := model.New(model.Place{Source: wire.ModelOwn, Path: dir}, model.Place{Source: wire.ModelFolder, Path: shared})
	if _, err := c.Delete(t.Context(), "theirs"); !errors.Is(err, model.ErrReadOnly) {
		t.Errorf("got %v, want ErrReadOnly", err)
	}
	freed, err := c.Delete(t.Context(), "org/repo/big")
	if err != nil || freed < int64(len(raw)) {
		t.Fatalf("Delete = %d, %v; want the %d bytes of both parts", freed, err, len(raw))
	}
	if _, err := os.Stat(filepath.Join(dir, "org/repo")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the empty folder is still there: %v", err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Errorf("another model is gone: %v", err)
	}
	if diff := cmp.Diff([]string{"org/other", "theirs"}, ids(list(t, c))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOllamaAndHuggingFace(t *testing.T) {
	ollama, hub := t.TempDir(), t.TempDir()
	raw := gguftest.Tiny().Bytes()
	blob := fmt.Sprintf("%x", sha256.Sum256(raw))
	blobPath := put(t, ollama, "blobs/sha256-"+blob, raw)
	manifest := func(rel, digest string) {
		layers := []map[string]any{
			{"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:" + blob},
			{"mediaType": "application/vnd.ollama.image.model", "digest": digest},
		}
		out, err := json.Marshal(map[string]any{"schemaVersion": 2, "layers": layers})
		if err != nil {
			t.Fatal(err)
		}
		put(t, ollama, "manifests/"+rel, out)
	}
	manifest("registry.ollama.ai/library/tiny/1b", "sha256:"+blob)
	manifest("registry.ollama.ai/ana/mine/latest", "sha256:"+blob)
	manifest("hub.example/x/y/z", "sha256:"+blob)
	manifest("registry.ollama.ai/library/evil/1b", "sha256:../../../../etc/passwd")
	put(t, ollama, "manifests/registry.ollama.ai/library/odd/1b", []byte("{"))

	const repo = "models--org--Tiny-GGUF"
	put(t, hub, repo+"/blobs/"+blob, raw)
	put(t, hub, repo+"/refs/main", []byte("abc123\n"))
	for _, rev := range []string{"abc123", "older"} {
		dir := filepath.Join(hub, repo, "snapshots", rev)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("../../blobs/"+blob, filepath.Join(dir, rev+"-F32.gguf")); err != nil {
			t.Fatal(err)
		}
	}
	st := "models--org--Full/snapshots/r1/"
	put(t, hub, st+"config.json", []byte(`{"model_type":"llama","torch_dtype":"bfloat16","num_hidden_layers":2,"hidden_size":64,
		"num_attention_heads":4,"num_key_value_heads":2,"vocab_size":260,"max_position_embeddings":512}`))
	put(t, hub, st+"model-00001-of-00002.safetensors", make([]byte, 1000))
	put(t, hub, st+"model-00002-of-00002.safetensors", make([]byte, 500))

	l := list(t, model.New(
		model.Place{Source: wire.ModelOwn, Path: filepath.Join(hub, "absent")},
		model.Place{Source: wire.ModelOllama, Path: ollama},
		model.Place{Source: wire.ModelHuggingFace, Path: hub},
	))
	want := []string{"hf/org/Full", "hf/org/Tiny-GGUF/abc123-F32", "ollama/ana/mine:latest", "ollama/hub.example/x/y:z", "ollama/tiny:1b"}
	if diff := cmp.Diff(want, ids(l)); diff != "" {
		t.Fatalf("(-want +got):\n%s problems %v", diff, l.Problems)
	}
	if got := l.Models[4]; got.Path != blobPath || got.Source != wire.ModelOllama || got.Architecture != "llama" {
		t.Errorf("got %+v", got.Model)
	}
	if full := l.Models[0]; full.Format != wire.ModelSafetensors || full.Parameters != 750 || full.Model.Files != 2 ||
		full.ContextLength != 512 || full.Quantisation != "bfloat16" || full.Path != filepath.Join(hub, filepath.Clean(st)) {
		t.Errorf("got %+v", full.Model)
	}
	got := reasons(t, l, ollama)
	if len(got) != 2 || !strings.Contains(got["manifests/registry.ollama.ai/library/evil/1b"], "64 hexadecimal digits") ||
		!strings.Contains(got["manifests/registry.ollama.ai/library/odd/1b"], "no manifest") {
		t.Errorf("problems %q", got)
	}
}

func TestListEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := own(t.TempDir()).List(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func FuzzModelID(f *testing.F) {
	for _, id := range []string{"llama-3.2-1b", "org/repo/file-Q4_K_M", "ollama/x:y", "../x", "a/../../b", "/a", "-a", "a\x00", "a\u202e", "x-00001-of-00002.gguf"} {
		f.Add(id)
	}
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "m.gguf"), gguftest.Tiny().Bytes(), 0o600); err != nil {
		f.Fatal(err)
	}
	c := own(dir)
	f.Fuzz(func(t *testing.T, id string) {
		valid := wire.ValidateModelID(id) == nil
		if valid && (!filepath.IsLocal(id) || strings.ContainsAny(id, "\x00\n\r\\") || strings.HasPrefix(id, "-") || strings.Contains("/"+id+"/", "/../")) {
			t.Errorf("%q is taken for a model id", id)
		}
		path, err := c.Resolve(t.Context(), id)
		if err == nil && path != filepath.Join(dir, "m.gguf") {
			t.Errorf("%q leads to %q", id, path)
		}
		if !valid && !errors.Is(err, model.ErrInvalidID) {
			t.Errorf("%q: %v, want ErrInvalidID", id, err)
		}
	})
}
