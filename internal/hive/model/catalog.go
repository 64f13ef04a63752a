package model

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"rbee/internal/hive/model/gguf"
	"rbee/internal/wire"
)

var (
	// ErrInvalidID says that an id breaks the grammar of wire.ValidateModelID.
	ErrInvalidID = errors.New("invalid model id")
	// ErrNotFound says that no place has a model of that id.
	ErrNotFound = errors.New("no such model")
	// ErrReadOnly says that a model belongs to another program or to the user.
	ErrReadOnly = errors.New("not the hive's own model")
)

// Place is a folder to look in. Places that do not exist are empty.
type Place struct {
	Source wire.ModelSource
	Path   string
}

// Model is a model of the catalog.
type Model struct {
	wire.Model
	Files []string // all its files, in order; what wire.Model.Files counts

	shape   gguf.Shape
	weights gguf.Weights
	place   Place
	rels    []string // what Delete has to remove, relative to the place
}

// Listing is what the places held.
type Listing struct {
	Models   []Model // by id
	Problems []wire.ModelProblem
}

// Catalog answers for what is in its places. It is safe for concurrent use.
type Catalog struct {
	places []Place
	turn   chan struct{} // held by whoever walks the places
	seen   files
}

// New returns a catalog of the places. Where two have a model of the same id,
// the earlier one is meant.
func New(places ...Place) *Catalog {
	return &Catalog{places: slices.Clone(places), turn: make(chan struct{}, 1), seen: files{}}
}

// List walks the places. It fails only when ctx ends.
func (c *Catalog) List(ctx context.Context) (Listing, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return Listing{}, context.Cause(ctx)
	}
	s := scan{ctx: ctx, until: time.Now().Add(maxTime), old: c.seen, seen: files{}, byID: map[string]int{}}
	for _, p := range c.places {
		s.place(p)
	}
	if s.stopped && len(c.seen) < maxEntries {
		maps.Copy(c.seen, s.seen) // what was not reached is still there, and need not be read again
	} else {
		c.seen = s.seen
	}
	if ctx.Err() != nil {
		return Listing{}, context.Cause(ctx)
	}
	slices.SortFunc(s.out.Models, func(a, b Model) int { return strings.Compare(a.ID, b.ID) })
	return s.out, nil
}

// Find returns the model of that id; the extension of a file may stand at its end.
func (c *Catalog) Find(ctx context.Context, id string) (Model, error) {
	if err := wire.ValidateModelID(id); err != nil {
		return Model{}, fmt.Errorf("%w: %w", ErrInvalidID, err)
	}
	listing, err := c.List(ctx)
	if err != nil {
		return Model{}, err
	}
	for _, want := range []string{id, IDOf(id)} {
		i, found := slices.BinarySearchFunc(listing.Models, want, func(m Model, id string) int { return strings.Compare(m.ID, id) })
		if found {
			return listing.Models[i], nil
		}
	}
	for _, p := range listing.Problems {
		if strings.HasSuffix(IDOf(p.Path), "/"+IDOf(id)) {
			return Model{}, fmt.Errorf("%w: %q: %s: %s", ErrNotFound, id, p.Path, p.Reason)
		}
	}
	return Model{}, fmt.Errorf("%w: %q is not among the %d of this hive", ErrNotFound, id, len(listing.Models))
}

// Resolve returns the absolute path that a worker is given for the model.
func (c *Catalog) Resolve(ctx context.Context, id string) (string, error) {
	m, err := c.Find(ctx, id)
	return m.Path, err
}

// Delete removes a model from the own folder and returns the bytes that it had.
// Whether a worker uses it is for the caller to know.
func (c *Catalog) Delete(ctx context.Context, id string) (int64, error) {
	m, err := c.Find(ctx, id)
	if err != nil {
		return 0, err
	}
	if m.Source != wire.ModelOwn {
		return 0, fmt.Errorf("%w: %s is in %s, which the hive only reads: remove it with the program that put it there",
			ErrReadOnly, m.ID, m.place.Path)
	}
	root, err := os.OpenRoot(m.place.Path)
	if err != nil {
		return 0, fmt.Errorf("delete the model %s: %w", m.ID, err)
	}
	defer func() { _ = root.Close() }()
	if err := c.alone(ctx, m); err != nil {
		return 0, err
	}
	for _, rel := range m.rels {
		if err := root.RemoveAll(rel); err != nil {
			return 0, fmt.Errorf("delete the model %s: %w", m.ID, err)
		}
	}
	for dir := path.Dir(m.rels[0]); dir != "."; dir = path.Dir(dir) {
		if root.Remove(dir) != nil {
			break // something else is in it
		}
	}
	return m.SizeBytes, nil
}

// alone fails if the folder that is m holds more than m.
func (c *Catalog) alone(ctx context.Context, m Model) error {
	if m.Format != wire.ModelSafetensors {
		return nil
	}
	if m.Path == m.place.Path {
		return fmt.Errorf("delete the model %s: it is all of %s: remove it by hand", m.ID, m.Path)
	}
	listing, err := c.List(ctx)
	if err != nil {
		return err
	}
	for _, other := range listing.Models {
		if strings.HasPrefix(other.Path, m.Path+string(os.PathSeparator)) {
			return fmt.Errorf("delete the model %s: its folder also holds %s: delete that one first", m.ID, other.ID)
		}
	}
	return nil
}
