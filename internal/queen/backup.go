package queen

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rbee/internal/door"
	"rbee/internal/store"
	"rbee/internal/wire"
)

const (
	backupNews    = time.Second          // between two signs of life while a copy is made
	backupPart    = 256 << 10            // bytes written to a reader at once
	backupRest    = 8 * time.Millisecond // after each: about 30 MB a second leave the reader's disk time for heartbeats
	backupPatient = 30 * time.Second     // that a reader has for each part
)

// backup serves POST /v1/backups: a copy of the state file, for programs on this
// machine. This goroutine is the only writer of its response.
func (q *Queen) backup(w http.ResponseWriter, r *http.Request) {
	if !door.FromThisMachine(r) {
		door.WriteProblem(w, wire.NewProblem(wire.CodeLoopbackOnly, "a backup is given to programs on the queen's own machine only",
			"run rbee-keeper backup there, or come through a tunnel: ssh -L"))
		return
	}
	if !q.copying.TryLock() {
		door.WriteProblem(w, wire.NewProblem(wire.CodeBackupRunning, "another backup is being made", ""))
		return
	}
	defer q.copying.Unlock()
	_, _ = io.CopyN(io.Discard, r.Body, backupPart) // nothing is asked in it; read, a client that leaves is noticed
	door.OpenEnded(w)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	began := time.Now()
	made, err := q.outgoing(ctx, cancel, w, r)
	if err != nil {
		if r.Context().Err() == nil {
			door.WriteProblem(w, q.noBackup(err))
		}
		return
	}
	defer func() { _ = made.file.Close() }()
	if err := q.send(w, made); err != nil {
		q.log.Info("A backup was not taken to its end", "error", err)
		return
	}
	q.noteBackup(context.WithoutCancel(r.Context()), wire.EventStateBackedUp, store.BackedUp{
		Bytes: made.about.Bytes, DurationMS: time.Since(began).Milliseconds(), By: "keeper",
	})
}

// outgoing is a copy that is ready to be sent.
type outgoing struct {
	file  *os.File
	about wire.StateFile
	sum   []byte // SHA-256
}

// outgoing makes a copy and meanwhile tells how far it is. The copy is given up
// when nobody waits for it any more, or when the queen stops.
func (q *Queen) outgoing(ctx context.Context, giveUp func(), w http.ResponseWriter, r *http.Request) (made outgoing, err error) {
	var (
		mu       sync.Mutex
		progress wire.BackupProgress
		copier   sync.WaitGroup
	)
	done := make(chan struct{})
	copier.Go(func() {
		defer close(done)
		made.file, made.about, err = q.store.Outgoing(ctx, func(written, total int64) {
			mu.Lock()
			defer mu.Unlock()
			progress = wire.BackupProgress{Written: written, Total: total}
		})
		if err == nil {
			made.sum, err = digest(ctx, made.file)
		}
	})
	defer copier.Wait()
	news := time.NewTicker(backupNews)
	defer news.Stop()
	for stopping := q.stopping; ; {
		mu.Lock()
		now := progress
		mu.Unlock()
		tellProgress(w, r, now)
		select {
		case <-done:
			return made, err
		case <-stopping:
			giveUp()
			stopping = nil
		case <-news.C:
		}
	}
}

// tellProgress sends a 102, which no HTTP/1.0 client understands.
func tellProgress(w http.ResponseWriter, r *http.Request, now wire.BackupProgress) {
	raw, err := json.Marshal(now)
	if err != nil || !r.ProtoAtLeast(1, 1) {
		return
	}
	w.Header().Set(wire.HeaderProgress, string(raw))
	defer w.Header().Del(wire.HeaderProgress)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeWithin)) // a connection without deadlines has none to set
	w.WriteHeader(http.StatusProcessing)
}

// digest reads the file and goes back to its beginning.
func digest(ctx context.Context, f *os.File) ([]byte, error) {
	hash := sha256.New()
	for {
		_, err := io.CopyN(hash, f, backupPart)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, io.EOF):
			_, err = f.Seek(0, io.SeekStart)
			return hash.Sum(nil), err
		case err != nil:
			return nil, err
		}
	}
}

// send writes the copy, a part at a time.
func (q *Queen) send(w http.ResponseWriter, made outgoing) error {
	about, err := json.Marshal(made.about)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", wire.ContentTypeStateFile)
	header.Set("Content-Length", strconv.FormatInt(made.about.Bytes, 10))
	header.Set("Cache-Control", "no-store")
	header.Set(wire.HeaderReprDigest, wire.ReprDigest(made.sum))
	header.Set(wire.HeaderStateFile, string(about))
	rc := http.NewResponseController(w)
	for {
		select {
		case <-q.stopping:
			return errors.New("the queen is stopping")
		case <-time.After(backupRest):
		}
		_ = rc.SetWriteDeadline(time.Now().Add(backupPatient)) // a connection without deadlines has none to set
		n, err := io.CopyN(w, made.file, backupPart)
		if err == nil && n == backupPart {
			err = rc.Flush()
		}
		switch {
		case errors.Is(err, io.EOF):
			return rc.Flush()
		case err != nil:
			return err
		}
	}
}

// noBackup turns an error of a backup into what a client is told.
func (q *Queen) noBackup(err error) *wire.Problem {
	if errors.Is(err, context.Canceled) {
		return wire.NewProblem(wire.CodeShuttingDown, "the queen is stopping", "ask again when she is back")
	}
	return wire.NewProblem(wire.CodeStateUnavailable, fmt.Sprintf("no backup was made: %v", err), "look at the disk of the queen's machine")
}

// noteBackup writes down what became of a backup.
func (q *Queen) noteBackup(ctx context.Context, kind wire.EventKind, detail any) {
	now := time.Now()
	err := q.store.Write(ctx, func(tx *store.Tx) error {
		q.registry.join(tx)
		return q.registry.event(tx, now, kind, "", detail)
	})
	if err != nil {
		q.log.Warn("What became of a backup is not in the audit log", "kind", kind, "error", err)
	}
}

func describeBackup(api huma.API) {
	header := func(text string) *huma.Param { return &huma.Param{Description: text, Schema: door.Text()} }
	file := door.Media("The copy, a SQLite file", wire.ContentTypeStateFile, &huma.Schema{Type: huma.TypeString, Format: "binary"})
	about := header("What is in it, as JSON")
	about.Schema.Extensions = map[string]any{
		"contentMediaType": "application/json", "contentSchema": door.SchemaOf[wire.StateFile](api.OpenAPI().Components.Schemas),
	}
	file.Headers = map[string]*huma.Param{
		wire.HeaderReprDigest: header("SHA-256 of the copy, as RFC 9530 writes it"),
		wire.HeaderStateFile:  about,
	}
	door.Describe(api, huma.Operation{
		OperationID: "makeBackup", Method: http.MethodPost, Path: wire.PathBackups, Tags: []string{tagDaemon},
		Summary: "A copy of the state file, for programs on the queen's machine",
		Description: "While the copy is made, 102 answers tell in " + wire.HeaderProgress + " how far it is. " +
			"One is made at a time.",
		Responses: door.Answers{"200": file},
	}, wire.CodeLoopbackOnly, wire.CodeBackupRunning, wire.CodeStateUnavailable, wire.CodeShuttingDown)
}
