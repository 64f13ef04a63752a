package model

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"rbee/internal/wire"
)

// Extension is that of the files that are models.
const Extension = ".gguf"

// IDOf returns the id of the model in the file at the slash-separated path rel
// in a folder: the path without the extension, and without the number of a part.
func IDOf(rel string) string {
	if base, _, _, ok := SplitName(rel); ok {
		return base
	}
	return trimExtension(rel)
}

// CheckFile reports why the file at the slash-separated path rel, put into a
// folder, would not become a model of the catalog.
func CheckFile(rel string) error {
	if err := wire.ValidateModelID(rel); err != nil {
		return err
	}
	if n := strings.Count(rel, "/"); n > maxDepth {
		return fmt.Errorf("%q is %d folders deep, %d are looked into", rel, n, maxDepth)
	}
	return nil
}

func isGGUF(name string) bool { return strings.EqualFold(path.Ext(name), Extension) }

func trimExtension(name string) string {
	if isGGUF(name) {
		return name[:len(name)-len(Extension)]
	}
	return name
}

// maxParts is the most files a split model may have.
const maxParts = 1 << 10

// SplitName takes apart the name of a part of a split model, which is
// base-00002-of-00005.gguf for part 1 of 5.
func SplitName(name string) (base string, part, parts int, ok bool) {
	const tail = len("-00001-of-00005")
	stem := trimExtension(name)
	at := len(stem) - tail
	if !isGGUF(name) || at < 1 || stem[at] != '-' || stem[at+6:at+10] != "-of-" {
		return "", 0, 0, false
	}
	part, errPart := strconv.Atoi(stem[at+1 : at+6])
	parts, errParts := strconv.Atoi(stem[at+10:])
	if errPart != nil || errParts != nil || part < 1 || part > parts || parts > maxParts {
		return "", 0, 0, false
	}
	return stem[:at], part - 1, parts, true
}
