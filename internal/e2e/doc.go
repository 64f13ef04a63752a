// Package e2e holds the tests of the whole: real queens and hives together, in
// virtual time over an in-memory network (virtual_test.go and the files named
// after what they show), and once more as real processes on real sockets and
// files (process_test.go and its like).
package e2e
