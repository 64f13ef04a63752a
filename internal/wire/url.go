package wire

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// zoneGrammar is that of the names of network interfaces, as far as they need no
// escapes.
var zoneGrammar = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,14}$`)

var hostGrammar = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_.])?$`)

// ParseURL returns the normal form of the base URL of a queen or hive
// (scheme://host or scheme://host:port, lower case, default port left out), so
// that two spellings of one address compare equal. A URL is valid when it is
// absolute, http or https, with a host and, if given, a port in 1..65535; no
// userinfo, path, query or fragment. One trailing slash is tolerated.
func ParseURL(raw string) (string, error) {
	refuse := func(reason string, args ...any) (string, error) {
		return "", fmt.Errorf("URL %q is not valid: %s; expected http://HOST:PORT",
			clip(raw), fmt.Sprintf(reason, args...))
	}
	if raw == "" {
		return refuse("it is empty")
	}
	if strings.ContainsAny(raw, "?#") {
		return refuse("query and fragment are not allowed")
	}
	u, err := url.Parse(strings.TrimSuffix(raw, "/"))
	if err != nil {
		return refuse("%s", unwrapURLError(err))
	}
	switch {
	case u.Scheme == "":
		return refuse("the scheme is missing")
	case u.Scheme != "http" && u.Scheme != "https":
		return refuse("the scheme %q is not http or https", u.Scheme)
	case u.Opaque != "" || u.Host == "":
		return refuse("the host is missing")
	case u.User != nil:
		return refuse("user and password are not allowed")
	case u.Path != "":
		return refuse("the path %q is not allowed", u.Path)
	}
	host, err := normalHost(u.Hostname())
	if err != nil {
		return refuse("%s", err)
	}
	port := u.Port()
	if port == "" {
		if strings.HasSuffix(u.Host, ":") {
			return refuse("the port after ':' is missing")
		}
		return u.Scheme + "://" + bracketed(host), nil
	}
	n, err := strconv.Atoi(port)
	if err != nil || ValidatePort(n) != nil {
		return refuse("the port %s is not in 1..65535", port)
	}
	if (u.Scheme == "http" && n == 80) || (u.Scheme == "https" && n == 443) {
		return u.Scheme + "://" + bracketed(host), nil
	}
	return u.Scheme + "://" + net.JoinHostPort(host, strconv.Itoa(n)), nil
}

func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// ValidatePort reports why n is no TCP port that can be dialled.
func ValidatePort(n int) error {
	if n < 1 || n > 65535 {
		return fmt.Errorf("port %d is not in 1..65535", n)
	}
	return nil
}

// normalHost returns a host as it stands in a URL, without brackets.
func normalHost(host string) (string, error) {
	if strings.Contains(host, ":") {
		addr, err := netip.ParseAddr(host)
		if err != nil || (addr.Zone() != "" && !zoneGrammar.MatchString(addr.Zone())) {
			return "", fmt.Errorf("the host %q is no IPv6 address", clip(host))
		}
		return strings.Replace(addr.String(), "%", "%25", 1), nil // RFC 6874
	}
	if host == "" {
		return "", fmt.Errorf("the host is missing")
	}
	if !hostGrammar.MatchString(host) {
		return "", fmt.Errorf("the host %q is no host name or address", clip(host))
	}
	return strings.ToLower(host), nil
}

func unwrapURLError(err error) error {
	if e, ok := err.(*url.Error); ok { //nolint:errorlint // url.Parse returns exactly this type
		return e.Err
	}
	return err
}
