package main

import (
	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
)

func (k *keeper) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version of this program",
		RunE: func(*cobra.Command, []string) error {
			return k.print(cli.ThisBuild(), func(sheet) string { return cli.VersionLine("rbee-keeper") + "\n" })
		},
	}
}
