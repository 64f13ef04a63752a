package sshconfig

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/kevinburke/ssh_config"
)

// block is a Host or Match block of one file; the first of each file is what
// stands before any of them.
type block struct {
	line     int
	patterns []pattern
	criteria []criterion // of Match; all have to hold besides the patterns
	settings []setting
}

// setting is one line of a block.
type setting struct {
	line           int
	keyword, value string
}

// parse has the library read the safe text of one file.
func parse(safe []byte) ([]block, error) {
	config, err := ssh_config.DecodeBytes(safe)
	if err != nil {
		return nil, err
	}
	blocks := make([]block, 1, len(config.Hosts))
	blocks[0].settings = settings(config.Hosts[0].Nodes)
	var begun block // a Host line that comes in pieces
	for _, host := range config.Hosts[1:] {
		for _, p := range host.Patterns {
			begun.patterns = append(begun.patterns, newPattern(unescape(p.String())))
		}
		comment, more := strings.CutSuffix(host.EOLComment, "+")
		if more {
			continue
		}
		if begun.line, err = strconv.Atoi(comment); err != nil {
			return nil, fmt.Errorf("a Host line without its number: %w", err)
		}
		for _, s := range settings(host.Nodes) {
			if s.keyword == kwMatch {
				begun.criteria = append(begun.criteria, parseCriterion(s.value))
			} else {
				begun.settings = append(begun.settings, s)
			}
		}
		blocks = append(blocks, begun)
		begun = block{}
	}
	return blocks, nil
}

func settings(nodes []ssh_config.Node) []setting {
	var list []setting
	for _, node := range nodes {
		if kv, ok := node.(*ssh_config.KV); ok {
			line, _ := strconv.Atoi(kv.Comment)
			list = append(list, setting{line: line, keyword: kv.Key, value: unescape(kv.Value)})
		}
	}
	return list
}

// unescape undoes escape, which leaves no other `%` in the text.
func unescape(s string) string {
	text, err := url.PathUnescape(s)
	if err != nil {
		return s
	}
	return text
}
