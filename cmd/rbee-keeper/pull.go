package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
	"rbee/internal/wire"
)

func (k *keeper) pullCommand() *cobra.Command {
	var cancel bool
	cmd := &cobra.Command{
		Use:   "pull HIVE REF",
		Short: "Download a model to a hive's machine",
		Long: "Have a hive download a model. Ctrl-C ends the following only; the download goes\n" +
			"on.",
		Example: "  rbee-keeper pull gaming-pc hf:ORG/REPO:Q4_K_M\n" +
			"  rbee-keeper pull gaming-pc hf:ORG/REPO:FILE.gguf\n" +
			"  rbee-keeper pull gaming-pc https://HOST/FILE.gguf#sha256=…",
		Args:              hiveAnd("REF"),
		ValidArgsFunction: k.completes(hives),
		RunE: func(cmd *cobra.Command, args []string) error {
			j := k.newJob(args[0])
			j.cancel = cancel
			return j.pull(cmd.Context(), args[1])
		},
	}
	cancelFlag(cmd, &cancel)
	return cmd
}

// pull follows a download: with a bar on a terminal, else by the hive's lines.
func (j *job) pull(ctx context.Context, ref string) error {
	request := wire.JobRequest{Operation: wire.OpModelDownload, Model: ref}
	_, _, terminal := j.screen()
	if !terminal || j.output == formatJSON || j.dumb() {
		return j.show(ctx, request)
	}
	drawn := false
	last := wire.ModelProgress{}
	j.line = nil
	j.data = func(raw json.RawMessage) error {
		if err := json.Unmarshal(raw, &last); err != nil {
			return fmt.Errorf("the hive sent no progress: %w: is it up to date?", err)
		}
		width, _, _ := j.screen()
		drawn = true
		return j.write("\r" + progressBar(&last, width-1) + clearLine)
	}
	err := j.run(ctx, request)
	text := ""
	if drawn {
		text = "\n"
	}
	if err == nil && last.Model != "" {
		text += cli.Printable(last.Model) + " is there\n"
	}
	if failed := j.write(text); err == nil {
		return failed
	}
	return err
}

// progressBar is one line of at most width columns: the file, a bar, the share,
// the bytes, the rate and how long it will take.
func progressBar(p *wire.ModelProgress, width int) string {
	figures := bytesText(p.Bytes)
	if p.TotalBytes > 0 {
		figures = fmt.Sprintf("%3d%%  %s/%s", percentDone(p.Bytes, p.TotalBytes), figures, bytesText(p.TotalBytes))
	}
	switch {
	case p.Note != "":
		figures += "  " + p.Step + ": " + p.Note
	case p.BytesPerSecond > 0:
		figures += "  " + bytesText(p.BytesPerSecond) + "/s"
		if p.ETASeconds > 0 {
			figures += "  " + span(time.Duration(p.ETASeconds)*time.Second) + " left"
		}
	case p.Step != "downloading":
		figures += "  " + p.Step
	}
	const bar, least = 20, 12 // columns of the bar, and of a name beside it
	name, figures := cli.Printable(p.File[strings.LastIndex(p.File, "/")+1:]), cli.Printable(figures)
	if p.TotalBytes > 0 && width >= textWidth(figures)+bar+least+2*len(gap)+2 {
		full := int(percentDone(p.Bytes, p.TotalBytes)) * bar / 100
		figures = "[" + strings.Repeat("#", full) + strings.Repeat("-", bar-full) + "]" + gap + figures
	}
	if room := width - textWidth(figures) - len(gap); room >= scrap {
		figures = clip(name, room) + gap + figures
	}
	return clip(figures, width)
}

// percentDone is a part in percent, 100 only for the whole.
func percentDone(part, whole int64) int64 {
	if part >= whole {
		return 100
	}
	return int64(min(99, max(0, float64(part)/float64(whole)*100)))
}
