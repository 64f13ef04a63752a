// Package gguftest makes GGUF files for tests: tiny models that a real engine
// loads and that answer with random letters, split ones, and, with a Builder,
// files that break any rule.
package gguftest
