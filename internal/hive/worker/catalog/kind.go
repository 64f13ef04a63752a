package catalog

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/pelletier/go-toml/v2"

	"rbee/internal/wire"
)

// Kind is one kind of worker: a program, and how to start, watch and stop it.
// It is kept in the record of each worker, so that a worker outlives a change of
// the catalog too.
type Kind struct {
	Name         string            `json:"name"`
	Program      string            `json:"program"` // a name to find on PATH, or an absolute path
	Arguments    []string          `json:"arguments"`
	Environment  map[string]string `json:"environment,omitempty"`
	Inherit      []string          `json:"inherit,omitempty"` // names taken from the hive's environment
	Group        string            `json:"group"`
	Health       string            `json:"health,omitempty"` // a path; empty: ready when the port accepts
	ReadyTimeout time.Duration     `json:"ready_timeout"`
	StopSignal   syscall.Signal    `json:"stop_signal"`
	StopGrace    time.Duration     `json:"stop_grace"`
	Drain        time.Duration     `json:"drain"` // how long requests in flight may delay a stop
	Restart      Restart           `json:"restart"`
	// UnhealthyRestart is how long it may give no sign of life before it is started
	// again; 0 is for ever.
	UnhealthyRestart time.Duration      `json:"unhealthy_restart,omitempty"`
	Busy             Busy               `json:"busy,omitzero"`
	Limits           Limits             `json:"limits,omitzero"`
	Devices          map[string]Variant `json:"devices"` // by device type: cpu, cuda
}

// Busy says where an engine tells of requests in flight; without a path nobody
// knows. Metrics are names of Prometheus samples, keys those of a JSON object: a
// number above zero, true, or a list that is not empty is a request in flight.
type Busy struct {
	Path    string   `json:"path,omitempty" toml:"path"`
	Metrics []string `json:"metrics,omitempty" toml:"metrics"`
	Keys    []string `json:"keys,omitempty" toml:"keys"`
}

// Variant is what a kind needs beside the rest on one type of device.
type Variant struct {
	Arguments   []string          `json:"arguments,omitempty" toml:"arguments"`
	Environment map[string]string `json:"environment,omitempty" toml:"environment"`
}

// Restart says what follows when a worker ends without having been told to.
type Restart string

// The restart policies.
const (
	RestartNever     Restart = "never"
	RestartOnFailure Restart = "on-failure" // with backoff, and a give-up
)

// TakesModel says whether a model goes into the command.
func (k *Kind) TakesModel() bool {
	all := slices.AppendSeq(slices.Clone(k.Arguments), maps.Values(k.Environment))
	for _, v := range k.Devices {
		all = slices.AppendSeq(append(all, v.Arguments...), maps.Values(v.Environment))
	}
	return slices.ContainsFunc(all, func(text string) bool { return strings.Contains(text, "{model}") })
}

// kindFile is a kind as its TOML file says it.
type kindFile struct {
	Program          string             `toml:"program"`
	Arguments        []string           `toml:"arguments"`
	Environment      map[string]string  `toml:"environment"`
	Inherit          []string           `toml:"inherit"`
	Group            string             `toml:"group"`
	Health           string             `toml:"health"`
	ReadyTimeout     string             `toml:"ready_timeout"`
	StopSignal       string             `toml:"stop_signal"`
	StopGrace        string             `toml:"stop_grace"`
	Drain            string             `toml:"drain"`
	Restart          Restart            `toml:"restart"`
	UnhealthyRestart string             `toml:"unhealthy_restart"`
	Busy             Busy               `toml:"busy"`
	Limits           limitsFile         `toml:"limits"`
	Devices          map[string]Variant `toml:"devices"`
}

// fieldError is what is wrong with one field, and what to write instead.
type fieldError struct{ field, problem, remedy string }

func (e *fieldError) Error() string { return e.field + ": " + e.problem + ": " + e.remedy }

// KindError is what is wrong with a file of the catalog.
type KindError struct {
	File    string
	Line    int    // 0 when it is about the whole file
	Field   string // empty when it is about the whole file
	Problem string
	Remedy  string
}

func (e *KindError) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", where, e.Line)
	}
	if e.Field != "" {
		where += ": " + e.Field
	}
	return where + ": " + e.Problem + ": " + e.Remedy
}

// parseKind reads the kind called name from a TOML file.
func parseKind(name, file string, raw []byte) (*Kind, error) {
	if !namePattern.MatchString(name) {
		return nil, &KindError{
			File: file, Problem: fmt.Sprintf("the name %q cannot name a kind of worker", wire.Printable(name)),
			Remedy: "rename the file: lower-case letters, digits, '.', '_' and '-', at most 63, beginning and ending with a letter or digit",
		}
	}
	var f kindFile
	if err := toml.NewDecoder(strings.NewReader(string(raw))).DisallowUnknownFields().Decode(&f); err != nil {
		return nil, tomlError(file, err)
	}
	k, err := f.kind(name)
	var wrong *fieldError
	if errors.As(err, &wrong) {
		return nil, &KindError{File: file, Line: lineOf(string(raw), wrong.field), Field: wrong.field, Problem: wrong.problem, Remedy: wrong.remedy}
	}
	return k, err
}

// tomlError translates what the decoder says.
func tomlError(file string, err error) error {
	e := &KindError{File: file, Problem: wire.Printable(strings.TrimPrefix(err.Error(), "toml: ")), Remedy: "correct the TOML"}
	var unknown *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case errors.As(err, &unknown) && len(unknown.Errors) > 0:
		wrong = &unknown.Errors[0]
		e.Problem, e.Remedy = "there is no such field", "remove it, or correct its name: see docs/workers.md"
	case errors.As(err, &wrong):
	default:
		return e
	}
	e.Line, _ = wrong.Position()
	e.Field = wire.Printable(strings.Join(wrong.Key(), "."))
	return e
}

// lineOf finds the line of a field, tables as in "devices.cpu.arguments". The
// line of its table, or 0, stands for one that is not found.
func lineOf(raw, field string) int {
	table, best := "", 0
	for n, line := range strings.Split(raw, "\n") {
		line = strings.TrimSpace(line)
		if head, ok := strings.CutPrefix(line, "["); ok {
			head, _, _ = strings.Cut(head, "]")
			table = strings.TrimSpace(head) + "."
			if strings.HasPrefix(field+".", table) {
				best = n + 1
			}
			continue
		}
		key, _, ok := strings.Cut(line, "=")
		if key = table + strings.Trim(strings.TrimSpace(key), `"'`); ok && (key == field || strings.HasPrefix(field, key+".")) {
			return n + 1
		}
	}
	return best
}

var (
	namePattern     = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$`)
	variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// deviceTypes are what a kind can have a variant for.
var deviceTypes = []string{"cpu", "cuda"}

// stopSignals are those that ask a program to end.
var stopSignals = map[string]syscall.Signal{
	"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT, "SIGQUIT": syscall.SIGQUIT, "SIGHUP": syscall.SIGHUP,
}

// kind checks the fields and fills the defaults.
func (f *kindFile) kind(name string) (*Kind, error) {
	k := &Kind{
		Name: name, Program: f.Program, Arguments: f.Arguments, Environment: f.Environment, Inherit: f.Inherit,
		Group: f.Group, Health: f.Health, Restart: f.Restart, Busy: f.Busy, Devices: f.Devices,
	}
	if k.Group == "" {
		k.Group = name
	}
	if k.Restart == "" {
		k.Restart = RestartOnFailure
	}
	drain := "0s"
	if k.Busy.Path != "" {
		drain = "30s"
	}
	var err error
	duration := func(field, text, usual string, least, most time.Duration) (d time.Duration) {
		if text == "" {
			text = usual
		}
		d, bad := time.ParseDuration(text)
		if err == nil && (bad != nil || d < least || d > most) {
			err = &fieldError{field, fmt.Sprintf("%q is not a time from %v to %v", wire.Printable(text), least, most), `write it like "90s" or "5m"`}
		}
		return d
	}
	k.ReadyTimeout = duration("ready_timeout", f.ReadyTimeout, "5m", time.Second, 24*time.Hour)
	k.StopGrace = duration("stop_grace", f.StopGrace, "10s", 0, 10*time.Minute)
	k.Drain = duration("drain", f.Drain, drain, 0, time.Hour)
	if f.UnhealthyRestart != "" {
		k.UnhealthyRestart = duration("unhealthy_restart", f.UnhealthyRestart, "", 30*time.Second, 24*time.Hour)
	}
	if err != nil {
		return nil, err
	}
	if k.Limits, err = f.Limits.limits(); err != nil {
		return nil, err
	}
	if f.StopSignal == "" {
		f.StopSignal = "SIGTERM"
	}
	if k.StopSignal = stopSignals[f.StopSignal]; k.StopSignal == 0 {
		return nil, &fieldError{
			"stop_signal", fmt.Sprintf("%q does not ask a program to end", wire.Printable(f.StopSignal)),
			"use one of " + strings.Join(slices.Sorted(maps.Keys(stopSignals)), ", "),
		}
	}
	return k, k.validate()
}

// validate reports the first field that cannot be.
func (k *Kind) validate() error {
	switch {
	case k.Program == "":
		return &fieldError{"program", "it is missing", "name a program on PATH, or its absolute path"}
	case strings.Contains(k.Program, "/") && !strings.HasPrefix(k.Program, "/"):
		return &fieldError{"program", fmt.Sprintf("%q is a relative path", wire.Printable(k.Program)), "name a program on PATH, or its absolute path"}
	case k.Restart != RestartNever && k.Restart != RestartOnFailure:
		return &fieldError{"restart", fmt.Sprintf("%q is no policy", wire.Printable(string(k.Restart))), `use "never" or "on-failure"`}
	case len(k.Devices) == 0:
		return &fieldError{"devices", "there is none", "add a table [devices.cpu] or [devices.cuda] or both; they may be empty"}
	}
	for _, text := range []struct{ field, value string }{{"program", k.Program}, {"group", k.Group}} {
		if err := wire.ValidateText(text.field, text.value); err != nil {
			return &fieldError{text.field, err.Error(), "use a short printable name"}
		}
	}
	if err := k.validatePaths(); err != nil {
		return err
	}
	for _, name := range k.Inherit {
		if !variablePattern.MatchString(name) || name == TokenVariable {
			return &fieldError{"inherit", fmt.Sprintf("%q is no name of a variable", wire.Printable(name)), "use letters, digits and '_'"}
		}
	}
	if err := validateCommand("", k.Arguments, k.Environment); err != nil {
		return err
	}
	for _, device := range slices.Sorted(maps.Keys(k.Devices)) {
		if !slices.Contains(deviceTypes, device) {
			return &fieldError{"devices." + wire.Printable(device), "there is no such type of device", "use one of " + strings.Join(deviceTypes, ", ")}
		}
		if err := validateCommand("devices."+device+".", k.Devices[device].Arguments, k.Devices[device].Environment); err != nil {
			return err
		}
	}
	return nil
}

func (k *Kind) validatePaths() error {
	for _, p := range []struct{ field, path string }{{"health", k.Health}, {"busy.path", k.Busy.Path}} {
		if p.path != "" && (p.path[0] != '/' || wire.ValidateText(p.field, p.path) != nil || strings.ContainsAny(p.path, " #")) {
			return &fieldError{p.field, fmt.Sprintf("%q is no path of a URL", wire.Printable(p.path)), `begin it with "/"`}
		}
	}
	if tells := len(k.Busy.Metrics)+len(k.Busy.Keys) > 0; tells != (k.Busy.Path != "") {
		return &fieldError{"busy", "path and one of metrics and keys belong together", "give both, or leave the table out"}
	}
	return nil
}
