// Package apitest holds what our daemons answer against the OpenAPI documents
// that they serve, and the documents against the schema of OpenAPI 3.1. It is for
// tests.
package apitest
