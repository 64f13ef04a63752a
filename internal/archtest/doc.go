// Package archtest holds the shape of the code: which package may reach which,
// which versions of its dependencies belong together, and that every package says
// what it is for. It has tests only, and reads the module the way the go command
// does, on every machine as a Linux one with cgo: what is reachable must not depend
// on whether a C compiler happens to be there.
package archtest
