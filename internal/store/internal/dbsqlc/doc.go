// Package dbsqlc is what sqlc makes of db/queries; see sqlc.yaml.
package dbsqlc
