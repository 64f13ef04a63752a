package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
)

// schema is what a file says of its tables, indexes, views and triggers: their
// text by kind and name, without what does not matter.
type schema map[string]string

// schemaOf reads the schema of a file. SQLite's own tables and goose's are no
// part of it.
func schemaOf(ctx context.Context, conn database) (schema, error) {
	var all string
	err := conn.QueryRowContext(ctx, `SELECT coalesce(group_concat(type || ' ' || name || char(1) || sql, char(2)), '')
		FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND tbl_name <> ?`,
		goose.DefaultTablename).Scan(&all)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	found := schema{}
	for object := range strings.SplitSeq(all, "\x02") {
		if name, text, ok := strings.Cut(object, "\x01"); ok {
			found[name] = plain(text)
		}
	}
	return found, nil
}

// plain is SQL without what versions of SQLite write differently when a
// migration alters a table: quotes around names, and space.
func plain(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, `"`, "")), " ")
}

// digest names a schema: two files with one digest have the same.
func (s schema) digest() string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s)) {
		_, _ = fmt.Fprintf(sum, "%s\n%s\n", name, s[name]) // never fails
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// expectedSchema is what the migrations make of an empty file.
var expectedSchema = sync.OnceValues(func() (_ schema, err error) {
	conn, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	conn.SetMaxOpenConns(1) // each connection would have a file of its own
	defer func() { err = errors.Join(err, conn.Close()) }()
	migrations, err := migrationsOn(conn)
	if err != nil {
		return nil, err
	}
	if _, err := migrations.Up(background); err != nil {
		return nil, err
	}
	return schemaOf(background, conn)
})

// checkSchema refuses a file in which something of ours is missing or changed.
// It returns what is there besides.
func checkSchema(ctx context.Context, conn database, path string) (strays []string, err error) {
	want, err := expectedSchema()
	if err != nil {
		return nil, fmt.Errorf("make the schema to compare with: %w", err)
	}
	got, err := schemaOf(ctx, conn)
	if err != nil {
		return nil, err
	}
	if got.digest() == want.digest() {
		return nil, nil
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		switch text, there := got[name]; {
		case !there:
			return nil, lost("%s is missing from %s; %s", name, path, remedy(path))
		case text != want[name]:
			return nil, lost("%s of %s was changed, it is not what this program made; %s", name, path, remedy(path))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ours := want[name]; !ours {
			strays = append(strays, name)
		}
	}
	return strays, nil
}
