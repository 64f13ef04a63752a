package catalog

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rbee/internal/wire"
)

// placeholders are the names that a value goes in for.
var placeholders = []string{"port", "model", "device", "host", "context"}

// placeholderPattern matches all that looks like a placeholder; braces of JSON do not.
var placeholderPattern = regexp.MustCompile(`\{[a-z_]+\}`)

// wholePattern matches an argument that may hold a placeholder: nothing else, or
// an option with its "=" before it. So a value is never more than a value.
var wholePattern = regexp.MustCompile(`^(--?[A-Za-z0-9][A-Za-z0-9._-]*=)?\{[a-z_]+\}$`)

// validateCommand reports arguments and variables that cannot be; prefix is
// where they stand in the file.
func validateCommand(prefix string, arguments []string, environment map[string]string) error {
	for n, arg := range arguments {
		field := prefix + "arguments"
		err := validateValue(field, arg)
		if err == nil && placeholderPattern.MatchString(arg) && !wholePattern.MatchString(arg) {
			err = &fieldError{
				field, fmt.Sprintf("argument %d, %q, mixes a placeholder with text", n+1, wire.Printable(arg)),
				"make the placeholder an argument of its own, or write --option={name}",
			}
		}
		if err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		field := prefix + "environment." + wire.Printable(name)
		if !variablePattern.MatchString(name) || name == TokenVariable {
			return &fieldError{field, "this cannot be the name of a variable", "use letters, digits and '_'"}
		}
		if err := validateValue(field, environment[name]); err != nil {
			return err
		}
	}
	return nil
}

// validateValue reports text that no command can hold, and unknown placeholders.
func validateValue(field, text string) error {
	const most = 4096
	if len(text) > most || strings.ContainsRune(text, 0) {
		return &fieldError{field, "a value is too long, or holds a NUL", fmt.Sprintf("use at most %d bytes of text", most)}
	}
	for _, found := range placeholderPattern.FindAllString(text, -1) {
		if !slices.Contains(placeholders, strings.Trim(found, "{}")) {
			return &fieldError{field, found + " is no placeholder", "use one of {" + strings.Join(placeholders, "}, {") + "}"}
		}
	}
	return nil
}

// Values are what goes in for the placeholders.
type Values struct {
	Host   string
	Port   int
	Model  string
	Device string // GPU-0, CPU-0, …
	// Context is how many tokens the model shall keep; 0 leaves it to the engine.
	Context int64
}

func (v Values) replacer() *strings.Replacer {
	return strings.NewReplacer("{port}", strconv.Itoa(v.Port), "{model}", v.Model, "{device}", v.Device, "{host}", v.Host,
		"{context}", strconv.FormatInt(v.Context, 10))
}

// validate reports a value that could be taken for something else.
func (v Values) validate() error {
	for _, text := range []struct{ field, value string }{{"model", v.Model}, {"device", v.Device}, {"host", v.Host}} {
		if err := wire.ValidateText(text.field, text.value); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if strings.HasPrefix(text.value, "-") {
			return fmt.Errorf("%w: %s %q begins with '-' and could be taken for an option: use its full name or path", ErrInvalid, text.field, text.value)
		}
	}
	return nil
}

var devicePattern = regexp.MustCompile(`^(GPU|CPU)-(0|[1-9][0-9]{0,2})$`)

// deviceType says which variant of a kind a device needs, and its number.
func deviceType(device string) (kind, number string, err error) {
	match := devicePattern.FindStringSubmatch(device)
	switch {
	case match == nil:
		return "", "", fmt.Errorf("%w: device %q is none: use one the hive shows, as GPU-0 or CPU-0", ErrInvalid, wire.Printable(device))
	case match[1] == "GPU":
		return "cuda", match[2], nil
	default:
		return "cpu", match[2], nil
	}
}

// CommandLine builds the arguments of the program as a list. A value that could
// be taken for something else is ErrInvalid.
func (k *Kind) CommandLine(v Values) ([]string, error) {
	variant, _, err := k.variant(v.Device)
	if err != nil {
		return nil, err
	}
	if err := v.validate(); err != nil {
		return nil, err
	}
	switch takes := k.TakesModel(); {
	case takes && v.Model == "":
		return nil, fmt.Errorf("%w: a worker of kind %s needs a model: name one", ErrInvalid, k.Name)
	case !takes && v.Model != "":
		return nil, fmt.Errorf("%w: a worker of kind %s takes no model (%q): leave it out, the engine loads what it is asked for", ErrInvalid, k.Name, v.Model)
	}
	fill := v.replacer()
	args := make([]string, 0, len(k.Arguments)+len(variant.Arguments))
	for _, arg := range slices.Concat(k.Arguments, variant.Arguments) {
		args = append(args, fill.Replace(arg))
	}
	return args, nil
}

// variant is what the kind needs for a device.
func (k *Kind) variant(device string) (v Variant, number string, err error) {
	name, number, err := deviceType(device)
	if err != nil {
		return v, "", err
	}
	v, ok := k.Devices[name]
	if !ok {
		return v, "", fmt.Errorf("%w: a worker of kind %s does not run on %s (it needs one of: %s): choose another device or kind",
			ErrInvalid, k.Name, device, strings.Join(slices.Sorted(maps.Keys(k.Devices)), ", "))
	}
	return v, number, nil
}
