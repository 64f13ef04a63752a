package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	docLink  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notASlug = regexp.MustCompile(`[^\w\- ]`)
)

// Every link in the documents leads to a file of the checkout and, where it names
// one, to a heading in it.
func TestLinksInTheDocumentsLeadSomewhere(t *testing.T) {
	files := []string{"../../README.md", "../../CONTRIBUTING.md"}
	for _, pattern := range []string{"../../docs/*.md", "../../docs/adr/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	links := 0
	for _, file := range files {
		for _, link := range docLink.FindAllStringSubmatch(readDocument(t, file), -1) {
			if links++; !leads(t, file, link[1]) {
				t.Errorf("%s links to %s, which is not there", file, link[1])
			}
		}
	}
	if links < 100 {
		t.Errorf("only %d links are found in the documents", links)
	}
	for _, wrong := range []string{"docs/none.md", "docs/keeper.md#none", "#none"} {
		if leads(t, "../../README.md", wrong) {
			t.Errorf("the check takes %s for a link that leads somewhere", wrong)
		}
	}
}

// readDocument is a document without its code, whose comments are no headings.
func readDocument(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return codeBlock.ReplaceAllString(string(raw), "")
}

func leads(t *testing.T, from, link string) bool {
	t.Helper()
	if strings.HasPrefix(link, "http") {
		return true // is not asked for
	}
	name, anchor, _ := strings.Cut(link, "#")
	file := from
	if name != "" {
		file = filepath.Join(filepath.Dir(from), name)
	}
	if _, err := os.Stat(file); err != nil {
		return false
	}
	if anchor == "" {
		return true
	}
	for _, title := range heading.FindAllStringSubmatch(readDocument(t, file), -1) {
		slug := notASlug.ReplaceAllString(strings.ToLower(title[1]), "")
		if strings.ReplaceAll(slug, " ", "-") == anchor {
			return true
		}
	}
	return false
}
