package download

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rbee/internal/hive/model"
)

// DefaultHub is where hf: references lead.
const DefaultHub = "https://huggingface.co"

// Config is what a Downloader needs; Dir is all that has to be given.
type Config struct {
	Dir       string // the own folder of the catalog, made if need be
	HubURL    string
	UserAgent string
	Proxy     func(*http.Request) (*url.URL, error) // for https
	RootCAs   *x509.CertPool                        // nil: those of the system
	Stall     time.Duration                         // without a byte, until a try is given up; 30 s
	Tries     int                                   // in a row without a MiB of progress; 5
	Backoff   time.Duration                         // before the second try, then doubled; 1 s
}

// BusyError says that somebody is downloading that file already.
type BusyError struct{ Target string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("%s is being downloaded already: follow that download, or cancel it first", e.Target)
}

// ErrExists says that another file has the name already.
var ErrExists = errors.New("another file has that name")

// Downloader gets models. It is safe for concurrent use.
type Downloader struct {
	Config
	dir    string
	client *client

	mu      sync.Mutex
	running map[string]*running // by target
}

type running struct {
	left atomic.Int64 // bytes still to be written, once they are known
}

// New returns a Downloader. It fails if the hub's URL is not one.
func New(c Config) (*Downloader, error) {
	c.HubURL = cmp.Or(c.HubURL, DefaultHub)
	c.UserAgent = cmp.Or(c.UserAgent, "rbee")
	c.Stall = cmp.Or(c.Stall, 30*time.Second)
	c.Tries = cmp.Or(c.Tries, 5)
	c.Backoff = cmp.Or(c.Backoff, time.Second)
	hub, err := url.Parse(c.HubURL)
	if err == nil {
		err = allowed(hub)
	}
	if err != nil {
		return nil, fmt.Errorf("the hub's URL %q is not valid: %w", c.HubURL, err)
	}
	return &Downloader{Config: c, dir: c.Dir, client: newClient(c, hub), running: map[string]*running{}}, nil
}

// Close lets go of idle connections.
func (d *Downloader) Close() { d.client.http.CloseIdleConnections() }

// Download gets what ref means, see ParseRef, and returns the id that the model
// has in the catalog. The token, "" for none, is for the hub only. Within the
// call, progress is told a few times a second, each time from this goroutine;
// whoever takes long in it holds up the download.
//
// What a cancelled or failed download has got is kept for the next try, unless
// it was found to be wrong.
func (d *Downloader) Download(ctx context.Context, ref, token string, progress func(Progress)) (string, error) {
	parsed, err := ParseRef(ref)
	if err != nil {
		return "", err
	}
	if progress == nil {
		progress = func(Progress) {}
	}
	id, err := d.download(ctx, parsed, token, &meter{tell: progress})
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return "", fmt.Errorf("download %s: %w", shown(ref), err)
	}
	return id, nil
}

func (d *Downloader) download(ctx context.Context, ref Ref, token string, m *meter) (string, error) {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }()
	prune(root, time.Now())

	var items []*item
	err = d.again(ctx, m, func() (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, 2*d.Stall)
		defer cancel()
		var err error
		items, err = d.items(ctx, ref, token)
		return false, err
	})
	if err != nil {
		return "", err
	}
	release, err := d.reserve(items)
	if err != nil {
		return "", err
	}
	defer release()
	for _, it := range items {
		m.now.Total += it.size
	}
	for _, it := range items {
		m.now.File = it.target
		if err := d.file(ctx, root, it, token, m); err != nil {
			return "", err
		}
		m.base += it.size
		m.now.Bytes = m.base
	}
	m.step(StepDone, "")
	return model.IDOf(items[0].target), nil
}

// reserve makes sure that all targets are ours alone in this process.
func (d *Downloader) reserve(items []*item) (release func(), err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, it := range items {
		if d.running[it.target] != nil {
			return nil, &BusyError{Target: it.target}
		}
	}
	for _, it := range items {
		d.running[it.target] = &running{}
		d.running[it.target].left.Store(it.size)
	}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, it := range items {
			delete(d.running, it.target)
		}
	}, nil
}

func (d *Downloader) runningOf(it *item) *running {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.running[it.target]
}

// again tries until it works, an error is permanent, or enough tries in a row
// got nowhere.
func (d *Downloader) again(ctx context.Context, m *meter, try func() (progress bool, err error)) error {
	const longest = 30 * time.Second
	for failed := 0; ; {
		progress, err := try()
		var stop permanent
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.As(err, &stop):
			return err
		}
		if progress {
			failed = 0
		}
		if failed++; failed >= d.Tries {
			return fmt.Errorf("given up after %d tries: %w", failed, err)
		}
		wait := min(longest, d.Backoff<<(failed-1))
		var asked later
		if errors.As(err, &asked) {
			wait = max(wait, asked.wait)
		}
		m.step(StepWaiting, fmt.Sprintf("try %d of %d in %s: %v", failed+1, d.Tries, wait.Round(time.Millisecond), err))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// sumsOf says which sums a file must have, for an error.
func sumsOf(sums []string) string {
	sums = slices.Clone(sums)
	slices.Sort(sums)
	return fmt.Sprint(sums)
}
