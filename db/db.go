// Package db embeds the schema of the queen's state file. The migrations are
// applied by internal/store; the queries beside them are compiled by sqlc.
package db

import "embed"

// Migrations holds migrations/*.sql, in goose's format. A file is never edited
// once it was released.
//
//go:embed migrations/*.sql
var Migrations embed.FS
