// Package sshconfig reads an OpenSSH client configuration and says which of
// its hosts the queen would probe, and why the others are skipped.
//
// It is pure: files in, values out. It resolves no names, opens no sockets and
// executes nothing, whatever the file says.
//
// One file takes this way through the package:
//
//	load.go     open, check owner, mode and size            → bytes
//	fence.go    read each line by OpenSSH's rules (lex.go)
//	            and write it as the library reads it rightly → safe text
//	blocks.go   github.com/kevinburke/ssh_config parses it   → blocks
//	walk.go     follow Include (glob.go), nest conditions    → sections
//	resolve.go  per alias, in file order, first value wins   → values
//	judge.go    skip or keep, then one target per address    → []Host
//
// The fence exists because the library, given the raw file, would follow
// Includes by itself (a FIFO hangs it), refuse the whole file for one Match it
// does not know, take `#` inside a word for a comment, miss quoted patterns,
// and need quadratic time for long lines. Its compiled patterns are not used
// either: `?` matches the empty string there, and a lookup visits every
// pattern of the file.
//
// Of Match, the criteria all, host, originalhost, user and localuser are
// honoured, negated or not. A Match block with any other criterion is cut,
// with a warning: exec would have to run something, canonical, final,
// localnetwork and tagged depend on what only a running ssh knows.
//
// Unknown keywords are passed over, since their list depends on the OpenSSH
// version and vendor. A line that cannot be read makes the blocks it stands in
// unreadable, not the whole file as with ssh: the aliases they apply to are
// skipped with file and line.
package sshconfig
