package model

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// maxManifest bounds the small files of other programs that are read whole.
const maxManifest = 1 << 20

// What Ollama calls its own registry and the models without a user.
const (
	ollamaHost    = "registry.ollama.ai"
	ollamaLibrary = "library"
	ollamaWeights = "application/vnd.ollama.image.model"
)

// ollama reads a folder of Ollama's: manifests/HOST/USER/NAME/TAG name the blob
// that is the model. The id is ollama/NAME:TAG, with USER and HOST before NAME
// where they are not the usual ones.
func (s *scan) ollama(p Place, root *os.Root) {
	const top = "manifests"
	err := fs.WalkDir(root.FS(), top, func(rel string, d fs.DirEntry, err error) error {
		switch {
		case s.over(p.Path):
			return fs.SkipAll
		case err != nil && rel == top:
			return fs.SkipAll // no model was ever pulled
		case err != nil:
			s.problem(filepath.Join(p.Path, rel), pathErr(err))
			return nil
		}
		s.entries++
		parts := strings.Split(rel, "/")[1:]
		switch {
		case strings.HasPrefix(d.Name(), ".") || (d.IsDir() && len(parts) > 3):
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.Type().IsRegular() && len(parts) == 4:
			s.manifest(p, root, rel, parts)
		}
		return nil
	})
	if err != nil {
		s.problem(p.Path, pathErr(err))
	}
}

func (s *scan) manifest(p Place, root *os.Root, rel string, parts []string) {
	blob, err := weightsOf(root, rel)
	if err != nil {
		s.problem(filepath.Join(p.Path, filepath.FromSlash(rel)), err)
		return
	}
	host, user, name, tag := parts[0], parts[1], parts[2], parts[3]
	switch {
	case host == ollamaHost && user == ollamaLibrary:
	case host == ollamaHost:
		name = user + "/" + name
	default:
		name = host + "/" + user + "/" + name
	}
	s.gguf(p, root, "ollama/"+name+":"+tag, []string{blob})
}

// weightsOf returns the path of the blob with the weights that a manifest names.
func weightsOf(root *os.Root, rel string) (string, error) {
	raw, err := readSmall(root, rel, maxManifest)
	if err != nil {
		return "", err
	}
	var manifest struct {
		Layers []struct {
			MediaType string `json:"mediaType"`
			Digest    string `json:"digest"`
		} `json:"layers"`
	}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return "", fmt.Errorf("it is no manifest: %w", err)
	}
	blob := ""
	for _, layer := range manifest.Layers {
		if layer.MediaType != ollamaWeights {
			continue
		}
		digest, ok := strings.CutPrefix(layer.Digest, "sha256:")
		if sum, err := hex.DecodeString(digest); !ok || err != nil || len(sum) != 32 {
			return "", fmt.Errorf("its layer has the digest %q, want sha256: and 64 hexadecimal digits", layer.Digest)
		}
		if blob != "" {
			return "", errors.New("it has several layers of weights, and a worker can be given one file")
		}
		blob = "blobs/sha256-" + digest
	}
	if blob == "" {
		return "", errors.New("it has no layer with a GGUF: it is run by a service, or is of another format")
	}
	return blob, nil
}

// huggingFace reads a cache of the hub's own tools: models--ORG--NAME/snapshots/
// REVISION/FILE, the files being links to blobs beside. The id is hf/ORG/NAME/
// and the file without extension; of several revisions "main" counts.
func (s *scan) huggingFace(p Place, root *os.Root) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		s.problem(p.Path, pathErr(err))
		return
	}
	for _, e := range entries {
		s.entries++
		name, ok := strings.CutPrefix(e.Name(), "models--")
		if !ok || !e.IsDir() || s.over(p.Path) {
			continue
		}
		base, err := snapshot(root, e.Name())
		if err != nil {
			s.problem(filepath.Join(p.Path, e.Name()), err)
			continue
		}
		if base == "" {
			continue // only other kinds of files of it were fetched
		}
		repo := strings.Replace(name, "--", "/", 1)
		(&walk{scan: s, place: p, root: root, base: base, prefix: "hf/" + repo}).dir(base, 0)
	}
}

// snapshot returns the path of the revision that "main" is, or of the newest.
func snapshot(root *os.Root, repo string) (string, error) {
	all := path.Join(repo, "snapshots")
	if raw, err := readSmall(root, path.Join(repo, "refs/main"), 256); err == nil {
		dir := path.Join(all, path.Base(strings.TrimSpace(string(raw))))
		if info, err := root.Stat(dir); err == nil && info.IsDir() {
			return dir, nil
		}
	}
	entries, err := fs.ReadDir(root.FS(), all)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", pathErr(err)
	}
	var newest fs.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.IsDir() && (newest == nil || info.ModTime().After(newest.ModTime())) {
			newest = info
		}
	}
	if newest == nil {
		return "", nil
	}
	return path.Join(all, newest.Name()), nil
}
