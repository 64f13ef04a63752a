package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"rbee/cmd/internal/cli"
)

// The formats of -o.
const (
	formatTable = "table"
	formatJSON  = "json"
)

// print writes the document as JSON or as the text that draw makes of it.
func (k *keeper) print(document any, draw func(on sheet) string) error {
	if k.output == formatJSON {
		text, err := encode(document)
		if err != nil {
			return err
		}
		return k.write(text)
	}
	return k.write(draw(k.sheet()))
}

func (k *keeper) write(text string) error {
	if _, err := io.WriteString(k.Stdout, text); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// tell writes a line beside the answer, which stays clean for programs. The
// parts may come from the queen.
func (k *keeper) tell(format string, args ...any) {
	fmt.Fprintln(k.Stderr, cli.Printable(fmt.Sprintf(format, args...)))
}

// encode writes indented JSON with every character escaped that could falsify a
// terminal; encoding/json leaves DEL, C1 and text-direction characters as they
// are.
func encode(document any) (string, error) {
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(document); err != nil {
		return "", fmt.Errorf("encode the answer: %w", err)
	}
	var out strings.Builder
	for _, r := range raw.String() {
		if r == '\n' || cli.IsPrintable(r) {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	return out.String(), nil
}
