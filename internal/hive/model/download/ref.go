package download

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strings"

	"rbee/internal/hive/model"
	"rbee/internal/wire"
)

// ErrRef says that a reference cannot be understood or is not allowed.
var ErrRef = errors.New("invalid model reference")

const maxRef = 2 << 10 // bytes

// Ref says what to download: a file of a repository of the hub, the one file of
// a quantisation, or an address.
type Ref struct {
	Org, Repo string
	File      string // of the repository; or
	Quant     string // a quantisation; if both are empty, its only model
	URL       *url.URL
	SHA256    string // what the file must have, in lower case, or ""
}

var (
	repoName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$`)
	quantName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`)
)

// ParseRef reads hf:ORG/REPO:FILE.gguf, hf:ORG/REPO:QUANTISATION, hf:ORG/REPO
// or https://…/FILE.gguf, each with #sha256=HEX at its end or without. Plain http
// is for loopback only.
func ParseRef(ref string) (Ref, error) {
	if len(ref) > maxRef {
		return Ref{}, fmt.Errorf("%w: it has %d bytes, %d are allowed", ErrRef, len(ref), maxRef)
	}
	fail := func(format string, args ...any) (Ref, error) {
		return Ref{}, fmt.Errorf("%w %q: %s", ErrRef, shown(ref), fmt.Sprintf(format, args...))
	}
	rest, fragment, hasFragment := strings.Cut(ref, "#")
	var out Ref
	if hasFragment {
		digits, ok := strings.CutPrefix(fragment, "sha256=")
		sum, err := hex.DecodeString(digits)
		if !ok || err != nil || len(sum) != 32 {
			return fail("after # comes sha256= and 64 hexadecimal digits")
		}
		out.SHA256 = hex.EncodeToString(sum)
	}
	repo, isHub := strings.CutPrefix(rest, "hf:")
	if !isHub {
		u, err := parseURL(rest)
		if err != nil {
			return fail("%v", err)
		}
		out.URL = u
		return out, nil
	}
	repo, what, _ := strings.Cut(repo, ":")
	org, name, _ := strings.Cut(repo, "/")
	if !repoName.MatchString(org) || !repoName.MatchString(name) || strings.Contains(repo, "..") {
		return fail("want hf:ORG/REPO:FILE.gguf or hf:ORG/REPO:QUANTISATION, such as hf:ggml-org/gemma-3-1b-it-GGUF:Q4_K_M")
	}
	out.Org, out.Repo = org, name
	switch {
	case what == "":
	case strings.EqualFold(path.Ext(what), model.Extension):
		if err := wire.ValidateModelID(what); err != nil {
			return fail("the file: %v", err)
		}
		out.File = what
	case quantName.MatchString(what):
		out.Quant = what
	default:
		return fail("%q is neither a file that ends in %s nor a quantisation", what, model.Extension)
	}
	return out, nil
}

// shown is a reference as it may stand in an error: without the query of an
// address and without a password, which may be secrets.
func shown(ref string) string {
	ref, _, _ = strings.Cut(ref, "?")
	if scheme, rest, ok := strings.Cut(ref, "://"); ok {
		host, path, _ := strings.Cut(rest, "/")
		host = host[strings.LastIndexByte(host, '@')+1:]
		ref = scheme + "://" + host + "/" + path
	}
	return wire.Printable(ref)
}

// parseURL takes an address whose last name is that of a GGUF.
func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, errors.New("it is no URL: want hf:ORG/REPO:FILE.gguf or https://HOST/FILE.gguf")
	}
	if err := allowed(u); err != nil {
		return nil, err
	}
	name := path.Base(u.Path)
	if !strings.EqualFold(path.Ext(name), model.Extension) {
		return nil, fmt.Errorf("its path does not end in the name of a %s file", model.Extension)
	}
	if err := wire.ValidateModelID(name); err != nil {
		return nil, fmt.Errorf("the file: %w", err)
	}
	return u, nil
}

// allowed holds a URL, of a user or of a redirect, against the rules.
func allowed(u *url.URL) error {
	switch {
	case u.Host == "" || u.Opaque != "":
		return errors.New("want hf:ORG/REPO:FILE.gguf or https://HOST/FILE.gguf")
	case u.User != nil:
		return errors.New("a name or password in a URL ends up in logs: pass a token instead")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return errors.New("plain http is for this machine only: use https")
	default:
		return fmt.Errorf("the scheme %q is not known, only hf and https are", wire.Printable(u.Scheme))
	}
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || (err == nil && addr.Unmap().IsLoopback())
}
