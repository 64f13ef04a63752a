package queenclient

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync/atomic"
	"time"

	"rbee/internal/peer"
	"rbee/internal/wire"
)

// backupSilence ends a backup of which nothing was heard: the queen tells once a
// second that she is at it.
const backupSilence = 30 * time.Second

// backupPart is how much is read at once.
const backupPart = 256 << 10

// BackupNews is how far a backup is: first the queen makes the copy, then it is
// received.
type BackupNews struct {
	Receiving   bool
	Done, Total int64 // bytes; of a copy that is being made, about; 0: not known
}

// Backup has the queen make a copy of her state file, writes it to w and
// compares its digest. News is called now and then, from one goroutine at a
// time. It takes as long as it takes; ErrSilent is why it ended when nothing was
// heard for too long.
func (c *Client) Backup(ctx context.Context, w io.Writer, news func(BackupNews)) (about wire.StateFile, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(backupSilence, func() { cancel(ErrSilent) })
	defer silence.Stop()
	var receiving atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: func(_ int, header textproto.MIMEHeader) error {
		silence.Reset(backupSilence)
		var p wire.BackupProgress
		if json.Unmarshal([]byte(header.Get(wire.HeaderProgress)), &p) == nil && !receiving.Load() {
			news(BackupNews{Done: p.Written, Total: p.Total})
		}
		return nil
	}})
	defer func() {
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+wire.PathBackups, nil)
	if err != nil {
		return about, fmt.Errorf("request to %s: %w", c.base+wire.PathBackups, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return about, peer.Cause(err)
	}
	defer func() { _ = resp.Body.Close() }()
	receiving.Store(true)
	if resp.StatusCode != http.StatusOK {
		return about, statusError(resp)
	}
	if err := json.Unmarshal([]byte(resp.Header.Get(wire.HeaderStateFile)), &about); err != nil || resp.ContentLength < 0 {
		return about, fmt.Errorf("backup: %w", &BodyError{Status: resp.StatusCode, Err: errors.New("it is no state file")})
	}
	return about, receive(resp, w, func(done int64) {
		silence.Reset(backupSilence)
		news(BackupNews{Receiving: true, Done: done, Total: resp.ContentLength})
	})
}

// ErrDamaged says that what was received is not what the queen sent.
var ErrDamaged = errors.New("the copy was damaged on its way")

func receive(resp *http.Response, w io.Writer, news func(done int64)) error {
	hash := sha256.New()
	for done := int64(0); ; {
		n, err := io.CopyN(io.MultiWriter(w, hash), resp.Body, backupPart)
		done += n
		news(done)
		switch {
		case errors.Is(err, io.EOF):
			if wire.ReprDigest(hash.Sum(nil)) != resp.Header.Get(wire.HeaderReprDigest) {
				return ErrDamaged
			}
			return nil
		case err != nil:
			return fmt.Errorf("receive the copy: %w", err)
		}
	}
}
