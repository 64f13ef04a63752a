package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"rbee/internal/store/internal/dbsqlc"
)

// identify reads the queen's id, or makes one for a file that no queen has run
// on, and notes it in path + ".id", so that a state file that vanishes later is
// missed.
func (s *Store) identify(ctx context.Context) error {
	q := dbsqlc.New(s.writeDB)
	id, err := q.Meta(ctx, "queen_id")
	if errors.Is(err, sql.ErrNoRows) {
		id, err = s.makeID(ctx, q)
	}
	if err != nil {
		return fmt.Errorf("queen_id: %w", err)
	}
	s.QueenID = id
	was := idBeside(s.path)
	if was == id {
		return nil
	}
	if was != "" {
		s.log.Warn("The state file is another queen's than the one that was here before", "path", s.path, "before", was, "now", id)
	}
	if err := writeID(s.path+".id", id); err != nil {
		return fmt.Errorf("note the queen's id: %w", err)
	}
	return nil
}

// writeID writes the note, whole or not at all.
func writeID(path, id string) error {
	if err := os.WriteFile(path+".new", []byte(id+"\n"), 0o600); err != nil {
		return err
	}
	if err := syncPath(path + ".new"); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

// makeID makes the queen's id. A file without one that has seen an epoch has
// lost it; one that has not was left by a queen killed while she made it.
func (s *Store) makeID(ctx context.Context, q *dbsqlc.Queries) (string, error) {
	last, err := q.LastEpoch(ctx)
	if err != nil {
		return "", err
	}
	if last != 0 {
		return "", lost("%s has lost it; %s", s.path, remedy(s.path))
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	return id.String(), q.SetMeta(ctx, dbsqlc.SetMetaParams{Key: "queen_id", Value: id.String()})
}
