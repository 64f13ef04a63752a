// Package gguf reads what a GGUF file says of itself, and nothing else of it.
//
//	magic, version, counts │ keys and values │ tensor infos │ pad │ tensor data
//	<──────────────── Read reads this ─────────────────────>      <─ measured ─>
//
// Files come from anywhere, so that every count and length is held against the
// bytes that are left before it is believed, and nothing is allocated by what a
// file claims: a vocabulary is walked, not kept, and what is kept has a bound. A
// file that breaks a rule ends in an *Error with the byte and the reason. Memory
// for one file stays below a few MiB, whatever is in it.
//
// Little-endian files of version 2 and 3 are read, which is what engines load.
package gguf
