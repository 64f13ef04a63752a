package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"
)

const (
	partsDir   = ".downloads"
	syncEvery  = 32 << 20 // bytes; also what a crash can cost
	staleAfter = 30 * 24 * time.Hour
	copyBuffer = 256 << 10
)

// record says where a part came from, beside it.
type record struct {
	URL      string `json:"url"`
	ETag     string `json:"etag,omitempty"`     // of who sent it, if it is a strong one
	Identity string `json:"identity,omitempty"` // the hub's name for the content
	Size     int64  `json:"size"`               // of the whole
	Synced   int64  `json:"synced"`             // bytes known to be on the disk
}

// part is a file on its way. Whoever holds one holds its lock, which is the
// file's own, so that two hives with one folder do not write one part.
type part struct {
	root   *os.Root
	name   string // without .part or .json
	file   *os.File
	rec    record
	offset int64 // bytes that it has
	sum    hash.Hash
}

var errLocked = errors.New("locked")

// openPart opens or makes the part for a target and locks it.
func openPart(root *os.Root, target string) (*part, error) {
	if err := root.MkdirAll(partsDir, 0o700); err != nil {
		return nil, err
	}
	id := sha256.Sum256([]byte(target))
	p := &part{root: root, name: path.Join(partsDir, hex.EncodeToString(id[:8])), sum: sha256.New()}
	for range 10 {
		file, err := root.OpenFile(p.name+".part", os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			_ = file.Close()
			if errors.Is(err, unix.EWOULDBLOCK) {
				return nil, errLocked
			}
			return nil, fmt.Errorf("lock %s: %w", p.name, err)
		}
		// Whoever had the lock before may have renamed the file meanwhile: then
		// this one is a model.
		mine, err1 := file.Stat()
		there, err2 := root.Stat(p.name + ".part")
		if err1 == nil && err2 == nil && os.SameFile(mine, there) {
			p.file = file
			return p, nil
		}
		_ = file.Close()
	}
	return nil, errLocked
}

// resume takes up what an earlier try left of the same URL.
func (p *part) resume(ctx context.Context, url string, told func(done int64)) error {
	raw, err := p.root.ReadFile(p.name + ".json")
	if err != nil || json.Unmarshal(raw, &p.rec) != nil || p.rec.URL != url || p.rec.Size < p.rec.Synced || p.rec.Synced <= 0 {
		return p.reset(url)
	}
	info, err := p.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < p.rec.Synced {
		return p.reset(url)
	}
	if err := p.file.Truncate(p.rec.Synced); err != nil {
		return err
	}
	if err := hashInto(ctx, p.sum, io.NewSectionReader(p.file, 0, p.rec.Synced), told); err != nil {
		return err
	}
	p.offset = p.rec.Synced
	return nil
}

// reset forgets what the part has.
func (p *part) reset(url string) error {
	p.rec, p.offset = record{URL: url}, 0
	p.sum.Reset()
	return p.file.Truncate(0)
}

func (p *part) write(b []byte) error {
	n, err := p.file.WriteAt(b, p.offset)
	p.sum.Write(b[:n])
	p.offset += int64(n)
	if err != nil {
		return permanent{fmt.Errorf("write the model: %w", err)}
	}
	return nil
}

// checkpoint makes what the part has last, and says so in the record.
func (p *part) checkpoint() error {
	if p.offset == p.rec.Synced {
		return nil
	}
	if err := p.file.Sync(); err != nil {
		return permanent{fmt.Errorf("write the model: %w", err)}
	}
	p.rec.Synced = p.offset
	raw, err := json.Marshal(p.rec)
	if err != nil {
		return permanent{err}
	}
	if err := p.root.WriteFile(p.name+".new", raw, 0o600); err != nil {
		return permanent{err}
	}
	if err := p.root.Rename(p.name+".new", p.name+".json"); err != nil {
		return permanent{err}
	}
	return nil
}

// finish gives the part the name of a model.
func (p *part) finish(target string) error {
	if err := p.file.Sync(); err != nil {
		return err
	}
	if err := p.root.Rename(p.name+".part", target); err != nil {
		return err
	}
	_ = p.root.Remove(p.name + ".json") // of no part, it means nothing
	for dir := path.Dir(target); ; dir = path.Dir(dir) {
		if err := syncDir(p.root, dir); err != nil || dir == "." {
			return err
		}
	}
}

// makeWay makes the folders for a target before anything is sent for it, and
// returns what removes those that stay empty.
func makeWay(root *os.Root, target string) (undo func(), err error) {
	dir := path.Dir(target)
	undo = func() {
		for d := dir; d != "." && root.Remove(d) == nil; d = path.Dir(d) {
		}
	}
	if err := root.MkdirAll(dir, 0o700); err != nil {
		undo()
		return nil, err
	}
	return undo, nil
}

func syncDir(root *os.Root, dir string) error {
	f, err := root.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}

// discard removes a part that is no good.
func (p *part) discard() {
	_ = p.root.Remove(p.name + ".json")
	_ = p.root.Remove(p.name + ".part")
}

func (p *part) close() { _ = p.file.Close() }

// hashInto adds all of r to sum, telling now and then how far it is.
func hashInto(ctx context.Context, sum hash.Hash, r io.Reader, told func(done int64)) error {
	buf := make([]byte, copyBuffer)
	var done int64
	for {
		n, err := r.Read(buf)
		sum.Write(buf[:n])
		done += int64(n)
		told(done)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// prune removes parts that nobody took up again for a month.
func prune(root *os.Root, now time.Time) {
	dir, err := root.Open(partsDir)
	if err != nil {
		return
	}
	defer func() { _ = dir.Close() }()
	entries, _ := dir.ReadDir(1000)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > staleAfter {
			_ = root.Remove(path.Join(partsDir, e.Name()))
		}
	}
}
