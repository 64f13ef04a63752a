package worker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rbee/internal/hive/worker/catalog"
)

const (
	askTimeout = 2 * time.Second
	maxAnswer  = 1 << 20 // bytes
)

// What an engine does instead of answering.
var (
	errSlow    = fmt.Errorf("it does not answer within %v", askTimeout)
	errRefused = errors.New("it does not listen yet")
)

// statusError is an answer that is none of success.
type statusError struct {
	status int
	path   string
}

func (e *statusError) Error() string {
	if e.status == http.StatusServiceUnavailable {
		return "it answers 503: it loads"
	}
	return fmt.Sprintf("it answers %d to %s", e.status, e.path)
}

// asker asks engines how they are. It follows no redirect and knows no proxy.
type asker struct {
	host   string
	client *http.Client
}

func newAsker(host string) *asker {
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return &asker{host: host, client: &http.Client{
		Timeout: askTimeout,
		Transport: &http.Transport{
			DisableKeepAlives: true, // none of an engine's few connections is held
			DialContext:       (&net.Dialer{Timeout: askTimeout}).DialContext,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// health returns nil when the engine serves, and else what it does instead: it
// refuses connections, or answers 503 while it loads.
func (a *asker) health(ctx context.Context, port int, path string) error {
	if path != "" {
		_, err := a.get(ctx, port, path)
		return err
	}
	conn, err := (&net.Dialer{Timeout: askTimeout}).DialContext(ctx, "tcp", a.address(port))
	if err != nil {
		return plain(err)
	}
	return conn.Close()
}

// busy says whether requests are in flight.
func (a *asker) busy(ctx context.Context, port int, b catalog.Busy) (bool, error) {
	body, err := a.get(ctx, port, b.Path)
	if err != nil {
		return false, err
	}
	if len(b.Metrics) > 0 {
		return metricsBusy(body, b.Metrics), nil
	}
	return keysBusy(body, b.Keys)
}

func (a *asker) address(port int) string { return net.JoinHostPort(a.host, strconv.Itoa(port)) }

func (a *asker) get(ctx context.Context, port int, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.address(port)+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, plain(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, &statusError{resp.StatusCode, path}
	}
	if err != nil {
		return nil, plain(err)
	}
	return body, nil
}

// plain says in few words why there was no answer.
func plain(err error) error {
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return errSlow
	case errors.Is(err, syscall.ECONNREFUSED):
		return errRefused
	}
	return err
}

// metricsBusy says whether the samples with these names sum up to more than 0.
func metricsBusy(body []byte, names []string) bool {
	lines := bufio.NewScanner(bytes.NewReader(body))
	lines.Buffer(nil, maxAnswer)
	for lines.Scan() {
		line := lines.Text()
		end := strings.IndexAny(line, "{ ")
		if end < 0 || !slices.Contains(names, line[:end]) {
			continue
		}
		if i := strings.LastIndexByte(line, '}'); i >= 0 {
			end = i + 1
		}
		fields := strings.Fields(line[end:])
		if len(fields) == 0 {
			continue
		}
		if v, err := strconv.ParseFloat(fields[0], 64); err == nil && v > 0 {
			return true
		}
	}
	return false
}

// keysBusy says whether any of the keys of a JSON object holds something.
func keysBusy(body []byte, keys []string) (bool, error) {
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		return false, err
	}
	for _, key := range keys {
		switch v := object[key].(type) {
		case bool:
			if v {
				return true, nil
			}
		case float64:
			if v > 0 {
				return true, nil
			}
		case []any:
			if len(v) > 0 {
				return true, nil
			}
		}
	}
	return false, nil
}
