package download

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"rbee/internal/hive/model"
	"rbee/internal/wire"
)

const (
	maxPages     = 20
	maxPage      = 8 << 20 // bytes
	maxSuggested = 20      // names in an error
)

// ErrAmbiguous says that a reference means several models.
var ErrAmbiguous = errors.New("more than one model is meant")

// item is one file to get.
type item struct {
	url    *url.URL
	target string   // below the own folder, with slashes
	size   int64    // 0 if it is not known yet
	sums   []string // SHA-256 sums it must have, of the user and of the hub
}

// remote is a file of a repository as the hub lists it.
type remote struct {
	Type string `json:"type"`
	Path string `json:"path"`
	Size int64  `json:"size"`
	LFS  *struct {
		OID  string `json:"oid"`
		Size int64  `json:"size"`
	} `json:"lfs"`
}

// items works out which files a reference means.
func (d *Downloader) items(ctx context.Context, ref Ref, token string) ([]*item, error) {
	items, err := d.meant(ctx, ref, token)
	for _, it := range items {
		if err := model.CheckFile(it.target); err != nil {
			return nil, permanent{fmt.Errorf("%w: %w", ErrRef, err)}
		}
	}
	return items, err
}

func (d *Downloader) meant(ctx context.Context, ref Ref, token string) ([]*item, error) {
	if ref.URL != nil {
		it := &item{url: ref.URL, target: path.Base(ref.URL.Path)}
		it.must(ref.SHA256)
		return []*item{it}, nil
	}
	if ref.File != "" {
		if _, _, _, split := model.SplitName(ref.File); !split {
			it := d.hubItem(ref, remote{Path: ref.File})
			it.must(ref.SHA256)
			return []*item{it}, nil
		}
	}
	listed, err := d.list(ctx, ref, token)
	if err != nil {
		return nil, err
	}
	files, err := pick(ref, listed)
	if err != nil {
		return nil, permanent{err}
	}
	if len(files) > 1 && ref.SHA256 != "" {
		return nil, permanent{fmt.Errorf("%w: the model has %d files, and one sum cannot be that of all", ErrRef, len(files))}
	}
	var out []*item
	for _, f := range files {
		it := d.hubItem(ref, f)
		it.must(ref.SHA256)
		out = append(out, it)
	}
	return out, nil
}

func (it *item) must(sum string) {
	if sum != "" && !slices.Contains(it.sums, sum) {
		it.sums = append(it.sums, sum)
	}
}

func (d *Downloader) hubItem(ref Ref, f remote) *item {
	names := []string{ref.Org, ref.Repo, "resolve", "main"}
	for name := range strings.SplitSeq(f.Path, "/") {
		names = append(names, url.PathEscape(name))
	}
	it := &item{url: d.client.hub.JoinPath(names...), target: path.Join(ref.Org, ref.Repo, f.Path), size: f.Size}
	if f.LFS != nil {
		it.size = f.LFS.Size
		if hexSum.MatchString(f.LFS.OID) {
			it.must(f.LFS.OID)
		}
	}
	return it
}

// list asks the hub for the files of a repository.
func (d *Downloader) list(ctx context.Context, ref Ref, token string) ([]remote, error) {
	next := d.client.hub.JoinPath("api", "models", ref.Org, ref.Repo, "tree", "main")
	next.RawQuery = "recursive=true"
	var out []remote
	for range maxPages {
		resp, err := d.client.get(ctx, next, token, nil, http.StatusOK)
		if err != nil {
			return nil, err
		}
		var page []remote
		raw, err := io.ReadAll(io.LimitReader(resp.Body, maxPage+1))
		_ = resp.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: read the list of files: %w", next.Host, err)
		}
		if len(raw) > maxPage || json.Unmarshal(raw, &page) != nil {
			return nil, permanent{fmt.Errorf("%s: the list of files of %s/%s is too long or no JSON: is this a hub?", next.Host, ref.Org, ref.Repo)}
		}
		out = append(out, page...)
		if next = nextPage(next, resp.Header.Get("Link")); next == nil {
			return out, nil
		}
	}
	return nil, permanent{fmt.Errorf("the repository %s/%s has more files than fit %d pages: name the file", ref.Org, ref.Repo, maxPages)}
}

var linkNext = regexp.MustCompile(`<([^<>]+)>\s*;\s*rel="?next"?`)

// nextPage reads a Link header, and takes none that leads elsewhere.
func nextPage(from *url.URL, link string) *url.URL {
	m := linkNext.FindStringSubmatch(link)
	if m == nil {
		return nil
	}
	to, err := from.Parse(m[1])
	if err != nil || !sameOrigin(from, to) {
		return nil
	}
	return to
}

// pick chooses the files of the one model that is meant, the parts of a split
// one in order.
func pick(ref Ref, listed []remote) ([]remote, error) {
	models := map[string][]remote{} // by id
	for _, f := range listed {
		name := path.Base(f.Path)
		if f.Type == "file" && strings.EqualFold(path.Ext(name), model.Extension) && wire.ValidateModelID(f.Path) == nil &&
			!strings.HasPrefix(strings.ToLower(name), "mmproj") {
			models[model.IDOf(f.Path)] = append(models[model.IDOf(f.Path)], f)
		}
	}
	var all, fit []string
	for id := range models {
		all = append(all, id)
		if means(ref, id) {
			fit = append(fit, id)
		}
	}
	repo := ref.Org + "/" + ref.Repo
	switch {
	case len(all) == 0:
		return nil, fmt.Errorf("%w: %s has no %s files", ErrNotFound, repo, model.Extension)
	case len(fit) == 0:
		return nil, fmt.Errorf("%w: %s has no %s: it has %s", ErrNotFound, repo, ref.File+ref.Quant, names(all))
	case len(fit) > 1:
		return nil, fmt.Errorf("%w: name one file of %s: %s", ErrAmbiguous, repo, names(fit))
	}
	files := models[fit[0]]
	slices.SortFunc(files, func(a, b remote) int { return strings.Compare(a.Path, b.Path) })
	if _, _, parts, split := model.SplitName(files[0].Path); split && len(files) != parts {
		return nil, fmt.Errorf("%w: %s has %d of the %d parts of %s", ErrNotFound, repo, len(files), parts, fit[0])
	}
	return files, nil
}

// means tells whether the reference means the model of that id in its repository.
func means(ref Ref, id string) bool {
	if ref.File != "" {
		return model.IDOf(ref.File) == id
	}
	quant := strings.ToLower(ref.Quant)
	for at, rest := 0, strings.ToLower(id); ; {
		i := strings.Index(rest[at:], quant)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(quant)
		if quant == "" || ((start == 0 || !isWord(rest[start-1])) && (end == len(rest) || !isWord(rest[end]))) {
			return true
		}
		at = start + 1
	}
}

func isWord(c byte) bool {
	return c == '_' || ('a' <= c && c <= 'z') || ('0' <= c && c <= '9')
}

func names(ids []string) string {
	slices.Sort(ids)
	more := ""
	if n := len(ids) - maxSuggested; n > 0 {
		ids, more = ids[:maxSuggested], fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(ids, ", ") + more
}
