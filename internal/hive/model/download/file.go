package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"rbee/internal/hive/model/gguf"
)

var (
	// ErrVerify says that what arrived is not what was meant.
	ErrVerify = errors.New("the download failed its checks and was removed")

	errStalled = errors.New("the server went silent")
	errAfresh  = errors.New("the file on the server is another one now: beginning afresh")
)

const realProgress = 1 << 20 // bytes that make a failed try worth not counting

// file gets one file, unless it is there.
func (d *Downloader) file(ctx context.Context, root *os.Root, it *item, token string, m *meter) error {
	p, err := openPart(root, it.target)
	if errors.Is(err, errLocked) {
		return &BusyError{Target: it.target}
	}
	if err != nil {
		return err
	}
	defer p.close()
	undo, err := makeWay(root, it.target)
	if err != nil {
		p.discard()
		return err
	}
	defer undo() // does nothing to a folder that has something in it
	if there, err := d.present(ctx, root, it, token, m); there || err != nil {
		p.discard() // the name is taken, so that it is of no use
		return err
	}
	m.step(StepChecking, "")
	if err := p.resume(ctx, it.url.String(), m.at); err != nil {
		return err
	}
	afresh := 0
	err = d.again(ctx, m, func() (bool, error) {
		from := p.offset
		err := d.attempt(ctx, it, p, token, m)
		for errors.Is(err, errAfresh) && afresh < 2 {
			afresh++
			err = d.attempt(ctx, it, p, token, m)
		}
		if err == nil {
			return true, nil
		}
		return p.offset-from >= realProgress, errors.Join(err, p.checkpoint())
	})
	if err != nil {
		if errors.Is(err, ErrVerify) || p.offset == 0 {
			p.discard()
		}
		return err
	}
	if err := verify(p, it); err != nil {
		p.discard()
		return err
	}
	return p.finish(it.target)
}

// verify holds a whole part against its sums and the rules of its format.
func verify(p *part, it *item) error {
	got := hex.EncodeToString(p.sum.Sum(nil))
	for _, want := range it.sums {
		if got != want {
			return fmt.Errorf("%w: its SHA-256 is %s, want %s", ErrVerify, got, sumsOf(it.sums))
		}
	}
	if _, err := gguf.Read(p.file, p.offset); err != nil {
		return fmt.Errorf("%w: %w", ErrVerify, err)
	}
	return nil
}

// present tells whether the target is there and is what was meant.
func (d *Downloader) present(ctx context.Context, root *os.Root, it *item, token string, m *meter) (bool, error) {
	info, err := root.Stat(it.target)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	other := func(why string) (bool, error) {
		return false, fmt.Errorf("%w: %s is in %s already, and %s: delete it first", ErrExists, it.target, d.dir, why)
	}
	if !info.Mode().IsRegular() {
		return other("is no file")
	}
	if len(it.sums) == 0 || it.size == 0 {
		if err := d.again(ctx, m, func() (bool, error) { return false, d.ask(ctx, it, token) }); err != nil {
			return false, err
		}
	}
	if it.size != info.Size() {
		return other(fmt.Sprintf("has %d bytes, not %d", info.Size(), it.size))
	}
	m.now.Total = max(m.now.Total, m.base+it.size)
	if len(it.sums) == 0 {
		return true, nil // nobody can tell more
	}
	m.step(StepChecking, "")
	f, err := root.Open(it.target)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	if err := hashInto(ctx, sum, f, m.at); err != nil {
		return false, err
	}
	got := hex.EncodeToString(sum.Sum(nil))
	if slices.ContainsFunc(it.sums, func(want string) bool { return want != got }) {
		return other(fmt.Sprintf("its SHA-256 is %s, not %s", got, sumsOf(it.sums)))
	}
	return true, nil
}

// ask learns size and sum of a file without getting it.
func (d *Downloader) ask(ctx context.Context, it *item, token string) error {
	ctx, cancel := context.WithTimeout(ctx, d.Stall)
	defer cancel()
	resp, err := d.client.get(ctx, it.url, token, nil, http.StatusOK)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	it.must(resp.sha256)
	_, err = sizeOf(it, resp)
	return err
}

// sizeOf holds against each other what is said of the size of the whole.
func sizeOf(it *item, resp *answer) (int64, error) {
	size := resp.ContentLength
	if resp.StatusCode == http.StatusPartialContent {
		var first, last int64
		if n, _ := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &size); n != 3 {
			return 0, permanent{fmt.Errorf("%s sends a part and does not say which", resp.Request.URL.Host)}
		}
	}
	host := resp.Request.URL.Host
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return 0, permanent{fmt.Errorf("%s sends the file encoded, as nobody asked", host)}
	}
	if size <= 0 {
		return 0, permanent{fmt.Errorf("%s does not say how large the file is", host)}
	}
	for _, said := range []int64{resp.size, it.size} {
		if said > 0 && said != size {
			return 0, permanent{fmt.Errorf("%w: %s sends %d bytes, and the hub lists %d", ErrVerify, host, size, said)}
		}
	}
	it.size = size
	return size, nil
}

// attempt gets what is missing of a part, as far as it comes.
func (d *Downloader) attempt(ctx context.Context, it *item, p *part, token string, m *meter) error {
	if p.offset > 0 && p.offset == p.rec.Size {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(d.Stall, func() {
		cancel(fmt.Errorf("%w for %s", errStalled, d.Stall))
	})
	defer silent.Stop()

	resp, err := d.client.get(ctx, it.url, token, p.header(), http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable)
	if err != nil {
		return causeOf(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := p.accept(it, resp); err != nil {
		return err
	}
	mine := d.runningOf(it)
	if err := d.room(mine, it.size-p.offset); err != nil {
		return err
	}
	m.now.Total = max(m.now.Total, m.base+it.size)
	m.now.Bytes = m.base + p.offset
	m.step(StepDownloading, "")

	buf := make([]byte, copyBuffer)
	body := io.LimitReader(resp.Body, it.size-p.offset)
	for {
		n, err := body.Read(buf)
		silent.Reset(d.Stall)
		if werr := p.take(buf[:n]); werr != nil {
			return werr
		}
		mine.left.Store(it.size - p.offset)
		m.at(p.offset)
		if p.offset == it.size {
			return nil
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return causeOf(ctx, fmt.Errorf("%s: cut off at %d of %d bytes: %w", resp.Request.URL.Host, p.offset, it.size, err))
		}
	}
}

func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// take adds what arrived. A page instead of a file is noticed by its first bytes.
func (p *part) take(b []byte) error {
	before := p.offset
	if err := p.write(b); err != nil {
		return err
	}
	if before < 4 && p.offset >= 4 {
		head := make([]byte, 4)
		if _, err := p.file.ReadAt(head, 0); err != nil {
			return permanent{err}
		}
		if string(head) != "GGUF" {
			return permanent{fmt.Errorf("%w: it begins with %q, so it is no GGUF", ErrVerify, head)}
		}
	}
	if p.offset-p.rec.Synced >= syncEvery {
		return p.checkpoint()
	}
	return nil
}

// header asks for what is missing, if it can be told that it belongs to what is
// there: by a strong ETag, or by a hash that the whole will be held against.
func (p *part) header() http.Header {
	if p.offset == 0 || (p.rec.ETag == "" && p.rec.Identity == "") {
		return nil
	}
	h := http.Header{"Range": {fmt.Sprintf("bytes=%d-", p.offset)}}
	if p.rec.ETag != "" {
		h.Set("If-Range", p.rec.ETag)
	}
	return h
}

// accept makes part and answer fit each other, or fails with errAfresh.
func (p *part) accept(it *item, resp *answer) error {
	url := it.url.String()
	afresh := func() error {
		if err := p.reset(url); err != nil {
			return permanent{err}
		}
		return errAfresh
	}
	if resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return afresh()
	}
	if p.offset > 0 && p.rec.Identity != resp.identity && resp.StatusCode == http.StatusPartialContent {
		return afresh()
	}
	it.must(resp.sha256)
	if resp.StatusCode == http.StatusPartialContent {
		before := p.rec.Size
		start := fmt.Sprintf("bytes %d-", p.offset)
		if !strings.HasPrefix(resp.Header.Get("Content-Range"), start) || p.offset == 0 {
			return afresh()
		}
		size, err := sizeOf(it, resp)
		if err != nil {
			return err
		}
		if size != before {
			return afresh()
		}
		return nil
	}
	if p.offset > 0 {
		if err := p.reset(url); err != nil {
			return permanent{err}
		}
	}
	size, err := sizeOf(it, resp)
	if err != nil {
		return err
	}
	p.rec = record{URL: url, Identity: resp.identity, Size: size}
	if tag := resp.Header.Get("Etag"); strings.HasPrefix(tag, `"`) {
		p.rec.ETag = tag
	}
	return nil
}
