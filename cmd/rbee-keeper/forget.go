package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"rbee/internal/queenclient"
)

// forgotten is the document of forget: the queen's own answer has no body.
type forgotten struct {
	Forgotten string `json:"forgotten"`
}

func (k *keeper) forgetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "forget ID",
		Short: "Forget a hive; its history stays",
		Long: "Have the queen forget a hive; its history stays. A hive that still runs registers\n" +
			"again by itself.",
		Args:              hiveID,
		ValidArgsFunction: k.completes(hives),
		RunE: func(cmd *cobra.Command, args []string) error {
			document, err := ask(cmd.Context(), k, func(ctx context.Context, queen *queenclient.Client) (forgotten, error) {
				return forgotten{args[0]}, queen.Forget(ctx, args[0])
			})
			if err != nil {
				return err
			}
			return k.print(document, func(sheet) string {
				return fmt.Sprintf("%s is forgotten; its history stays\n", args[0])
			})
		},
	}
}
