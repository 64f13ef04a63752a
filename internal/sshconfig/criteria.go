package sshconfig

import (
	"fmt"
	"strings"
)

// criterion is one condition of a Match line.
type criterion struct {
	attribute string // all, host, originalhost, user or localuser
	list      string // of patterns, comma-separated; empty for all
	negated   bool
}

// splitCriteria reads the words of a Match line into "attribute list" pairs
// for the safe text. It gives the reason when the block has to be cut; then
// nothing else of the line counts.
func splitCriteria(args []string) (criteria []string, problem string) {
	if len(args) == 0 {
		return nil, "no criterion"
	}
	for i := 0; i < len(args); i++ {
		attribute, list, joined := strings.Cut(args[i], "=")
		attribute = strings.ToLower(attribute)
		switch strings.TrimPrefix(attribute, "!") {
		case "all":
			if len(args) > 1 || attribute != "all" {
				return nil, "all stands alone"
			}
			return []string{"all "}, ""
		case "host", "originalhost", "user", "localuser":
			if !joined && i+1 < len(args) {
				i++
				list = args[i]
			}
			if list == "" {
				return nil, fmt.Sprintf("no pattern after %s", attribute)
			}
			if len(list) > maxValueBytes {
				return nil, fmt.Sprintf("more than %d bytes after %s", maxValueBytes, attribute)
			}
			criteria = append(criteria, attribute+" "+list)
		default:
			return nil, fmt.Sprintf("only all, host, originalhost, user and localuser can be decided without running ssh, not %s", brief(attribute))
		}
	}
	return criteria, ""
}

func parseCriterion(text string) criterion {
	attribute, list, _ := strings.Cut(text, " ")
	attribute, negated := strings.CutPrefix(attribute, "!")
	return criterion{attribute: attribute, list: list, negated: negated}
}
