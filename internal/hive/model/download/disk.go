package download

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ErrDisk says that the disk has no room for the model.
var ErrDisk = errors.New("not enough disk space")

// spare is what a download leaves free for everything else on the disk.
const spare = 256 << 20

// room fails unless the disk has room for left more bytes, beside what other
// downloads still have to write.
func (d *Downloader) room(mine *running, left int64) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(d.dir, &fs); err != nil {
		return permanent{fmt.Errorf("free space of %s: %w", d.dir, err)}
	}
	free := int64(fs.Bavail) * int64(fs.Bsize) //nolint:unconvert,nolintlint // the types differ between systems
	d.mu.Lock()
	defer d.mu.Unlock()
	mine.left.Store(left)
	var others int64
	for _, r := range d.running {
		if r != mine {
			others += r.left.Load()
		}
	}
	if left > free-others-spare {
		return permanent{fmt.Errorf("%w: %s has %s free (%s promised to other downloads, %s kept), and %s are still to come: free some",
			ErrDisk, d.dir, mib(free), mib(others), mib(spare), mib(left))}
	}
	return nil
}

func mib(bytes int64) string { return fmt.Sprintf("%d MiB", bytes>>20) }
