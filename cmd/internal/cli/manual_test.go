package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// The page has what the commands say, and nothing in it is taken for a request.
func TestManual(t *testing.T) {
	root := &cobra.Command{
		Use: "probe-rbee", Short: "Try a page", Long: "One\ntwo.\n\n.SH is no \\section, nor 'this…", Example: "  probe-rbee x --level=2",
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	root.Flags().Int("level", 7, "so `MUCH`")
	sub := &cobra.Command{Use: "sub FILE", Short: "Do a part", RunE: root.RunE}
	sub.Flags().BoolP("all", "a", false, "all of it")
	root.AddCommand(sub, &cobra.Command{Use: "secret", Hidden: true, RunE: root.RunE})
	Document(root, Manual{Section: 8, About: "About.", Exit: []Item{{"3", "Three."}}, Files: []Item{{"/a-b", "A file."}}, See: []string{"x(1)"}})
	got := execute(t, root, map[string]string{"SOURCE_DATE_EPOCH": "86400"}, "__man")
	want := `.TH "PROBE-RBEE" "8" "1970-01-02" "rbee 0.1.0" "rbee"
.nh
.ad l
.SH "NAME"
probe\-rbee \- try a page
.SH "SYNOPSIS"
\fBprobe\-rbee\fR [flags]
.br
\fBprobe\-rbee\fR \fICOMMAND\fR [arguments] [flags]
.br
\fBprobe\-rbee completion\fR bash|zsh|fish|powershell
.SH "DESCRIPTION"
One
two.
.PP
\&.SH is no \esection, nor \(aqthis\[u2026]
.PP
About.
.SH "OPTIONS"
.TP
\fB\-\-level\fR \fIMUCH\fR
So MUCH (default 7).
.TP
\fB\-\-version\fR
Print the version and exit.
.PP
Flags that are not given take their values from variables: see ENVIRONMENT.
.SH "COMMANDS"
.SS "sub FILE"
Do a part.
.TP
\fB\-a\fR, \fB\-\-all\fR
All of it.
.SS "completion bash|zsh|fish|powershell"
Print what a shell needs to complete the commands, flags and arguments of this
program. \(aqcompletion bash \-\-help\(aq, and so on, say where it belongs.
.SH "ENVIRONMENT"
.TP
\fBRBEE_PROBE_ALL\fR
Stands for \-\-all.
.TP
\fBRBEE_PROBE_LEVEL\fR
Stands for \-\-level.
.SH "EXIT STATUS"
.TP
\fB0\fR
It did what it was to do.
.TP
\fB1\fR
It failed; one line on stderr says why, and what to do about it.
.TP
\fB2\fR
The command line or a variable is wrong.
.TP
\fB3\fR
Three.
.SH "FILES"
.TP
\fB/a\-b\fR
A file.
.SH "EXAMPLES"
.nf
  probe\-rbee x \-\-level=2
.fi
.SH "SEE ALSO"
x(1)
`
	if diff := cmp.Diff(want, got.stdout); diff != "" || got.code != 0 {
		t.Errorf("exit %d %s: -want +got:\n%s", got.code, got.stderr, diff)
	}
	got = execute(t, &cobra.Command{Use: "probe-rbee", Short: "Try a page"}, nil, "__man")
	if !strings.HasPrefix(got.stdout, `.TH "PROBE-RBEE" "1" "" `) {
		t.Errorf("without a date: %.60q", got.stdout)
	}
}
