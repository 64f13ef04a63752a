package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// partSuffix is at the end of the name of a copy that is not whole yet.
const partSuffix = ".part"

// backedUp is the document of backup.
type backedUp struct {
	File string `json:"file"`
	wire.StateFile
}

func (k *keeper) backupCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the queen's state into a file",
		Long: "Have the queen make a copy of her state while she goes on, and put it into FILE,\n" +
			"which only you can read. It works on her own machine; 'queen-rbee restore FILE'\n" +
			"puts it back.",
		Args: cli.Args("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return k.backup(cmd.Context(), args[0], force) },
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace FILE if it exists")
	return cmd
}

func (k *keeper) backup(ctx context.Context, file string, force bool) error {
	if err := mayWrite(file, force); err != nil {
		return err
	}
	part := file + partSuffix
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	out, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(part) }() // gone when it got its name
	about, err := k.receive(ctx, out)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	if err := giveName(part, file, force); err != nil {
		return err
	}
	return k.print(backedUp{file, about}, func(sheet) string {
		newest := "no heartbeats yet"
		if about.NewestHeartbeat != nil {
			newest = "newest heartbeat " + utc(*about.NewestHeartbeat)
		}
		return cli.Printable(fmt.Sprintf("%s: %s, %d epochs, %d hives, %s", file, cli.FileSize(about.Bytes), about.Epochs, about.Hives, newest)) + "\n"
	})
}

func mayWrite(file string, force bool) error {
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file: name another", file)
	case !force:
		return fmt.Errorf("%s exists: name another file, or replace it with --force", file)
	}
	return nil
}

// receive puts the queen's copy into the file, and that on the disk.
func (k *keeper) receive(ctx context.Context, out *os.File) (wire.StateFile, error) {
	client := k.client()
	defer client.Close()
	progress := cli.NewProgress(k.Stderr)
	about, err := client.Backup(ctx, &steady{File: out}, func(n queenclient.BackupNews) {
		what := "the queen makes the copy"
		if n.Receiving {
			what = "receiving the copy"
		}
		progress.Tell(what, n.Done, n.Total)
	})
	progress.End()
	switch {
	case err != nil && ctx.Err() != nil:
		return about, errInterrupted
	case errors.Is(err, queenclient.ErrDamaged), errors.As(err, new(*fs.PathError)):
		return about, err
	case errors.Is(err, queenclient.ErrSilent):
		return about, fmt.Errorf("nothing was heard of the queen at %s for a while: look at her log", k.queen)
	case err != nil:
		return about, k.explain(err, k.timeout)
	}
	header := make([]byte, wire.StateHeaderBytes)
	if _, err := out.ReadAt(header, 0); err != nil && !errors.Is(err, io.EOF) {
		return about, err
	}
	if !wire.IsStateFile(header) {
		return about, fmt.Errorf("%s sent something else than a queen's state: is it a queen? check --queen URL or RBEE_KEEPER_QUEEN", k.queen)
	}
	return about, out.Sync()
}

// steady brings what is written to the disk a little at a time: all at once would
// hold up the queen, who syncs on the same one.
type steady struct {
	*os.File
	unsynced int
}

const steadyBytes = 4 << 20

// Write writes, and syncs now and then.
func (s *steady) Write(b []byte) (int, error) {
	n, err := s.File.Write(b)
	if s.unsynced += n; err == nil && s.unsynced >= steadyBytes {
		s.unsynced, err = 0, s.Sync()
	}
	return n, err
}

// giveName puts the whole copy into its place.
func giveName(part, file string, force bool) error {
	rename := os.Rename
	if !force {
		rename = os.Link // which replaces nothing that came meanwhile
	}
	err := rename(part, file)
	if err != nil && !force && !errors.Is(err, fs.ErrExist) { // a file system without links
		if err = mayWrite(file, false); err == nil {
			err = os.Rename(part, file)
		}
	}
	if err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
