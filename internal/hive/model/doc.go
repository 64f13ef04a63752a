// Package model knows the models on this machine: what there is, what each
// needs, where a worker finds it.
//
//	own folder ──┐
//	folders ─────┤   walk        read once for each        ┌─▶ List, Find, Resolve
//	Ollama ──────┼─▶ (os.Root) ─▶ (path, size, mtime) ──▶ ids ─▶ Needs, Fits
//	hub caches ──┘                package gguf             └─▶ Delete (own folder only)
//	                                   ▲
//	                    package download puts files into the own folder
//
// There is no index to go stale: the files are the catalog, and every question
// walks the places again. What costs time, reading headers, is done once for a
// file as long as its size and time stay the same, bad files included.
//
// Places are walked through os.Root, so that neither a link nor a name leads out
// of them, and within bounds of entries, depth and time. What is left out is
// said in Listing.Problems, with the reason.
package model
