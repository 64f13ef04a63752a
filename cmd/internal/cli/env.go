package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// emptyCounts marks a flag for which an empty variable is a value.
const emptyCounts = "rbee_empty_counts"

// EmptyCounts says that the variable of the flag counts also when it is set to
// nothing. Of other flags that means not set, as compose files and unit files
// write it for a value they do not have. Flags().Changed tells whether either
// was given.
func EmptyCounts(flags *pflag.FlagSet, name string) {
	if err := flags.SetAnnotation(name, emptyCounts, nil); err != nil {
		panic(err) // the program names a flag it does not have
	}
}

// variable is the name of a flag's variable, "" for the flags that have none.
func variable(prefix string, f *pflag.Flag) string {
	if f.Name == "help" || f.Name == "version" {
		return ""
	}
	return prefix + "_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// applyEnv sets the flags that were not given on the command line from their
// variables, as if they had been.
func applyEnv(flags *pflag.FlagSet, prefix string, lookup func(string) (string, bool)) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		name := variable(prefix, f)
		if failed != nil || f.Changed || name == "" {
			return
		}
		text, set := lookup(name)
		if _, counts := f.Annotations[emptyCounts]; !set || (text == "" && !counts) {
			return
		}
		if err := flags.Set(f.Name, text); err != nil {
			failed = Usagef("%s: %w", name, badValue(err))
		}
	})
	return failed
}

// flagError puts an error of the command line into the words used for the
// environment.
func flagError(err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return fmt.Errorf("--%s: %w", invalid.GetFlag().Name, badValue(err))
	}
	return err
}

// badValue names the value and what is expected. The values of this package say
// so themselves; pflag's own speak of strconv.
func badValue(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	switch invalid.GetFlag().Value.Type() {
	case "bool":
		return fmt.Errorf("%q is not one of true, false", invalid.GetValue())
	case "int", "int64":
		return fmt.Errorf("%q is not a whole number", invalid.GetValue())
	}
	return invalid.Unwrap()
}
