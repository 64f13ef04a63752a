package queen

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the answers of docs/audit.md anew; read the diff")

const handbook = "../../docs/audit.md"

// question is a query of the handbook and the answer that stands below it.
var question = regexp.MustCompile("(?s)```sql\n(.*?)```\n+```text\n(.*?)```")

// The handbook's answers are those of the story, in the words of the sqlite3
// program.
func TestTheHandbookAnswersItsQuestions(t *testing.T) {
	needSqlite3(t)
	state := filepath.Join(t.TempDir(), "queen.db")
	tellStory(t, state)
	raw, err := os.ReadFile(handbook)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	answers := answersOf(t, state, text)
	if *update {
		text = withAnswers(text, answers)
		if err := os.WriteFile(handbook, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, complaint := range complaints(text, answers) {
		t.Error(complaint)
	}
	if t.Failed() {
		return
	}
	// An answer that is not so, and a file in which it is not so, are noticed.
	for _, change := range [][2]string{{"queen: crash", "still down"}, {"23:49:59", "23:49:58"}, {"RTX 4090  2", "RTX 4080  2"}} {
		if other := strings.Replace(text, change[0], change[1], 1); len(complaints(other, answers)) != 1 {
			t.Errorf("an answer with %q instead of %q goes unnoticed", change[1], change[0])
		}
	}
	changes := `BEGIN;
		UPDATE epochs SET stop_reason = 'clean';
		UPDATE hives SET address = '10.0.1.2' WHERE hive_id = 'rack-1';
		DELETE FROM heartbeats WHERE received_at > '2025-11-21T05:59:59';
		DELETE FROM discoveries WHERE alias = 'vault';
		COMMIT;`
	if _, err := ask(state, changes); err != nil {
		t.Fatal(err)
	}
	// The crash is in two answers, the newest heartbeat in two.
	if got := complaints(text, answersOf(t, state, text)); len(got) != 6 {
		t.Errorf("of a file that was changed %d answers are others, want 6:\n%s", len(got), strings.Join(got, "\n"))
	}
}

// answersOf asks the queries of the handbook as they were asked in the story.
func answersOf(t *testing.T, state, text string) (out []string) {
	t.Helper()
	for _, m := range question.FindAllStringSubmatch(text, -1) {
		answer, err := ask(state, strings.ReplaceAll(m[1], "'now'", "'"+storyAsked+"'"), "-readonly", "-header", "-column")
		if err != nil {
			t.Error(err)
		}
		out = append(out, answer)
	}
	return out
}

// complaints lists the queries whose answer is not the one that stands below
// them.
func complaints(text string, answers []string) (out []string) {
	for i, m := range question.FindAllStringSubmatch(text, -1) {
		if diff := cmp.Diff(m[2], answers[i]); diff != "" {
			out = append(out, fmt.Sprintf("%s\nhas another answer (-handbook +sqlite3); if it is right: go test ./internal/queen -run Handbook -update\n%s", m[1], diff))
		}
	}
	return out
}

// withAnswers returns the text with these answers in it.
func withAnswers(text string, answers []string) string {
	return question.ReplaceAllStringFunc(text, func(block string) string {
		answer := answers[0]
		answers = answers[1:]
		return "```sql\n" + question.FindStringSubmatch(block)[1] + "```\n\n```text\n" + answer + "```"
	})
}

// ask runs a query in the sqlite3 program; blanks at the ends of lines are cut.
func ask(state, query string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("sqlite3", append(args, "-bail", state)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(query), &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		return "", fmt.Errorf("%s\nsqlite3: %w: %s", query, err, stderr.String())
	}
	return regexp.MustCompile(`(?m) +$`).ReplaceAllString(stdout.String(), ""), nil
}

func needSqlite3(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("sqlite3"); err != nil {
		t.Skip("SKIPPED: the sqlite3 program is not installed, so the queries of the handbook are not tested")
	}
}

// tooNew are words of SQL that sqlite3 3.37 does not know.
var tooNew = regexp.MustCompile(`(?i)->|\bunixepoch\(|\b(RIGHT|FULL)\b.*\bJOIN\b|\bIS (NOT )?DISTINCT\b|\b(format|concat|concat_ws|string_agg|timediff|octet_length)\(|'(auto|subsec|subsecond)'|(group_concat|json_group_array|json_group_object)\([^()]*\bORDER BY`)

// A query stands on what is promised: the views, and sqlite3 3.37.
func TestTheHandbookStandsOnTheContract(t *testing.T) {
	needSqlite3(t)
	raw, err := os.ReadFile(handbook)
	if err != nil {
		t.Fatal(err)
	}
	text, dir := string(raw), t.TempDir()
	state, promised := filepath.Join(dir, "queen.db"), filepath.Join(dir, "views.db")
	inBed(t, func(_ *testing.T, b *bed) {
		b.path = state
		b.boot().stop()
	})
	// In this file the views are tables, and there is nothing else.
	views := []string{"epochs", "hives", "devices", "heartbeats", "minutes", "hours", "uptime", "discoveries", "events"}
	made := "ATTACH '" + state + "' AS queen;\n"
	for _, view := range views {
		made += fmt.Sprintf("CREATE TABLE audit_%s AS SELECT * FROM queen.audit_%[1]s;\n", view)
	}
	if _, err := ask(promised, made); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(promised, "SELECT * FROM events"); err == nil {
		t.Error("a query that uses a table goes unnoticed")
	}
	questions := question.FindAllStringSubmatch(text, -1)
	if got := strings.Count(text, "```sql"); got != len(questions) || got < 15 {
		t.Errorf("%d queries, %d of them with an answer", got, len(questions))
	}
	for _, m := range questions {
		if _, err := ask(promised, m[1], "-readonly"); err != nil {
			t.Errorf("the query uses something else than the views: %v", err)
		}
		if found := tooNew.FindString(m[1]); found != "" {
			t.Errorf("%s\nsqlite3 3.37 does not know %q", m[1], found)
		}
		for line := range strings.Lines(m[1] + m[2]) {
			if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > 80 {
				t.Errorf("wider than a terminal: %s", line)
			}
		}
		views = slices.DeleteFunc(views, func(view string) bool { return strings.Contains(m[1], "audit_"+view) })
	}
	if len(views) > 0 {
		t.Errorf("no query uses %v", views)
	}
	for _, sql := range []string{"SELECT detail->>'$.to'", "SELECT unixepoch()", "SELECT group_concat(a ORDER BY b)"} {
		if !tooNew.MatchString(sql) {
			t.Errorf("%s goes unnoticed", sql)
		}
	}
}
