package catalog

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBuiltInKinds(t *testing.T) {
	bin := t.TempDir()
	os.WriteFile(filepath.Join(bin, "llama-server"), []byte("#!/bin/sh\n"), 0o700)
	os.WriteFile(filepath.Join(bin, "vllm"), []byte("not executable"), 0o600)
	var got []string
	for _, e := range (Catalog{Dir: filepath.Join(bin, "none"), Path: "relative:" + bin}).List() {
		if e.Kind == nil {
			t.Fatal(e.Err)
		}
		if found := e.Err == nil; found != (e.Name == "llama-server") || (!found && !errors.Is(e.Err, ErrNotInstalled)) {
			t.Errorf("%s: %v", e.Name, e.Err)
		}
		args, err := e.Kind.CommandLine(Values{Host: "127.0.0.1", Port: 17900, Model: map[bool]string{true: "/m.gguf"}[e.Kind.TakesModel()], Device: "GPU-1", Context: 4096})
		if err != nil {
			t.Error(err)
		}
		got = append(got, e.Name+" "+strings.Join(args, " "))
	}
	want := []string{
		"comfyui --skip-prompt launch -- --listen 127.0.0.1 --port 17900",
		"llama-server --model /m.gguf --host 127.0.0.1 --port 17900 --ctx-size 4096 --jinja --metrics --n-gpu-layers 999",
		"ollama serve",
		"vllm serve /m.gguf --host 127.0.0.1 --port 17900 --max-model-len 4096",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	ollama, err := Catalog{}.Get("ollama")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ollama.Kind.CommandLine(Values{Model: "m", Device: "CPU-0"}); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "takes no model") {
		t.Errorf("a model for ollama: %v", err)
	}
	if vllm, err := (Catalog{}).Get("vllm"); err != nil {
		t.Error(err)
	} else if _, err := vllm.Kind.CommandLine(Values{Model: "m", Device: "CPU-0"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("vllm on a CPU: %v", err)
	}
	env, err := ollama.Kind.Variables([]string{"OLLAMA_MODELS=/x", "OLLAMA_KEY=y"}, Values{Host: "127.0.0.1", Port: 1, Device: "CPU-0"}, "t")
	want = []string{"CUDA_DEVICE_ORDER=PCI_BUS_ID", "CUDA_VISIBLE_DEVICES=-1", "OLLAMA_HOST=127.0.0.1:1", "OLLAMA_MODELS=/x", "RBEE_WORKER=t"}
	if diff := cmp.Diff(want, env); err != nil || diff != "" {
		t.Errorf("environment, %v (-want +got):\n%s", err, diff)
	}
}

func TestAKindOfTheUsers(t *testing.T) {
	raw := `program = "/opt/engine/bin/run"
arguments = ["serve", "{model}", "--listen={host}", "-p={port}", '--kwargs={"a":{"b":1}}']
group = "mine"
health = "/up"
ready_timeout = "90s"
stop_signal = "SIGINT"
stop_grace = "3s"
drain = "5s"
restart = "never"
inherit = ["HF_TOKEN"]

[environment]
URL = "http://{host}:{port}/{model}"

[busy]
path = "/q"
keys = ["n"]

[devices.cuda]
arguments = ["--gpu", "{device}"]
`
	got, err := parseKind("mine", "mine.toml", []byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	want := &Kind{
		Name: "mine", Program: "/opt/engine/bin/run", Group: "mine", Health: "/up", Restart: RestartNever,
		Arguments:   []string{"serve", "{model}", "--listen={host}", "-p={port}", `--kwargs={"a":{"b":1}}`},
		Environment: map[string]string{"URL": "http://{host}:{port}/{model}"}, Inherit: []string{"HF_TOKEN"},
		ReadyTimeout: 90 * time.Second, StopSignal: syscall.SIGINT, StopGrace: 3 * time.Second, Drain: 5 * time.Second,
		Busy: Busy{Path: "/q", Keys: []string{"n"}}, Devices: map[string]Variant{"cuda": {Arguments: []string{"--gpu", "{device}"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kind (-want +got):\n%s", diff)
	}
	v := Values{Host: "127.0.0.1", Port: 5, Model: "{port} && $(x)", Device: "GPU-0"}
	args, err := got.CommandLine(v)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"serve", "{port} && $(x)", "--listen=127.0.0.1", "-p=5", `--kwargs={"a":{"b":1}}`, "--gpu", "GPU-0"}, args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}

func TestWrongKindsSayWhere(t *testing.T) {
	const good = "program = \"p\"\n[devices.cpu]\n"
	tests := []struct{ name, raw, want string }{
		{"nothing", "", "x.toml: program: it is missing"},
		{"no TOML", "program = \"p\"\nthis is not", "x.toml:2: "},
		{"unknown field", "program = \"p\"\nprogam = 1\n", "x.toml:2: progam: there is no such field"},
		{"unknown field in a table", good + "[busy]\npth = \"/\"\n", "x.toml:4: busy.pth: there is no such field"},
		{"wrong type", "\nprogram = [1]\n", "x.toml:2: program: "},
		{"number as a time", "drain = 30\n" + good, "x.toml:1: drain: "},
		{"wrong time", "drain = \"30\"\n" + good, `x.toml:1: drain: "30" is not a time`},
		{"restarted at once", "unhealthy_restart = \"1s\"\n" + good, "x.toml:1: unhealthy_restart: "},
		{"time too long", "drain = \"99h\"\n" + good, "x.toml:1: drain: "},
		{"relative program", "program = \"./p\"\n[devices.cpu]\n", `x.toml:1: program: "./p" is a relative path`},
		{"no device", "program = \"p\"\n", "x.toml: devices: there is none"},
		{"unknown device", "program = \"p\"\n[devices.tpu]\n", "x.toml:2: devices.tpu: there is no such type"},
		{"signal", "stop_signal = \"SIGKILL\"\n" + good, "x.toml:1: stop_signal: "},
		{"policy", "restart = \"always\"\n" + good, "x.toml:1: restart: "},
		{"health", "health = \"up\"\n" + good, "x.toml:1: health: "},
		{"half of busy", good + "[busy]\npath = \"/\"\n", "x.toml:3: busy: "},
		{"unknown placeholder", "arguments = [\"{prt}\"]\n" + good, "x.toml:1: arguments: {prt} is no placeholder"},
		{"placeholder in text", "arguments = [\"a{model}\"]\n" + good, "x.toml:1: arguments: argument 1"},
		{"placeholder after an option without =", "arguments = [\"-m{model}\"]\n" + good, "x.toml:1: arguments: argument 1"},
		{"two placeholders", "arguments = [\"{host}{port}\"]\n" + good, "x.toml:1: arguments: argument 1"},
		{"in a variant", good + "arguments = [\"{x}\"]\n", "x.toml:3: devices.cpu.arguments: "},
		{"token", good + "[environment]\nRBEE_WORKER = \"x\"\n", "x.toml:4: environment.RBEE_WORKER: "},
		{"inherited token", "inherit = [\"RBEE_WORKER\"]\n" + good, "x.toml:1: inherit: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseKind("x", "x.toml", []byte(tt.raw))
			var wrong *KindError
			if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), tt.want) || wrong.Remedy == "" {
				t.Errorf("error %q, want %q… and a remedy", err, tt.want)
			}
		})
	}
	if _, err := parseKind("x", "x.toml", []byte(good)); err != nil {
		t.Errorf("control: %v", err)
	}
}

func TestOneWrongFileHidesNoOther(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd[dir]*")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"good.toml": "program = \"/bin/sh\"\n[devices.cpu]\n", "bad.toml": "program = ", "Wrong Name.toml": "program = \"p\"\n[devices.cpu]\n",
		"vllm.toml": "program = \"/bin/sh\"\n[devices.cpu]\n", "notes.txt": "x", "long.toml": strings.Repeat("#", maxKindFile+1),
	} {
		os.WriteFile(filepath.Join(dir, name), []byte(raw), 0o600)
	}
	open := filepath.Join(dir, "open.toml")
	os.WriteFile(open, []byte("program = \"/bin/sh\"\n[devices.cpu]\n"), 0o600)
	if err := os.Chmod(open, 0o622); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo.toml"), 0o600); err != nil {
		t.Fatal(err)
	}
	good, bad := []string{}, []string{}
	for _, e := range (Catalog{Dir: dir}).List() {
		var wrong *KindError
		switch {
		case e.Err == nil:
			good = append(good, e.Name)
		case errors.As(e.Err, &wrong):
			bad = append(bad, e.Name)
		}
	}
	if want := []string{"good", "vllm"}; !slices.Equal(good, want) {
		t.Errorf("good kinds %q, want %q", good, want)
	}
	if want := []string{"Wrong Name", "bad", "fifo", "long", "open"}; !slices.Equal(bad, want) {
		t.Errorf("wrong kinds %q, want %q", bad, want)
	}
}

// FuzzKind: whatever a file says, it is an error or a kind; and whatever a model
// is called, it ends up as one value.
func FuzzKind(f *testing.F) {
	f.Add("program = \"p\"\narguments = [\"{model}\", \"--a={port}\"]\n[devices.cpu]\n", "m")
	f.Add("program = \"p\"\narguments = [\"-m{model}\"]\n[devices.cpu]\n[environment]\nA=\"{host}\"", "-x")
	f.Add("[devices.cpu]\narguments=[\"{model}\"]\n[busy]\npath=\"/\"\nkeys=[\"k\"]", "\x00")
	for _, name := range []string{"llama-server", "vllm", "ollama", "comfyui"} {
		raw, err := builtin.ReadFile("builtin/" + name + ".toml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw), "a/b")
	}
	f.Fuzz(func(t *testing.T, raw, model string) {
		k, err := parseKind("k", "k.toml", []byte(raw))
		if err != nil {
			if _, ok := errors.AsType[*KindError](err); !ok {
				t.Fatalf("not a KindError: %v", err)
			}
			return
		}
		for device := range k.Devices {
			v := Values{Host: "127.0.0.1", Port: 8000, Model: model, Device: map[string]string{"cpu": "CPU-0", "cuda": "GPU-0"}[device]}
			args, err := k.CommandLine(v)
			if err != nil {
				continue
			}
			variant := k.Devices[device]
			for n, template := range slices.Concat(k.Arguments, variant.Arguments) {
				if strings.HasPrefix(args[n], "-") && !strings.HasPrefix(template, "-") {
					t.Errorf("%q became the option %q", template, args[n])
				}
				if before, _, ok := strings.Cut(template, "{model}"); ok && args[n] != before+model {
					t.Errorf("%q became %q", template, args[n])
				}
			}
			if env, err := k.Variables(nil, v, "t"); err != nil || env[len(env)-1] != TokenVariable+"=t" {
				t.Errorf("environment %q, %v", env, err)
			}
		}
	})
}

func TestLimitsOfAKind(t *testing.T) {
	const good = "program = \"p\"\n[devices.cpu]\n[limits]\n"
	for raw, want := range map[string]Limits{
		"": {}, "memory_max = \"512MiB\"": {MemoryBytes: 512 << 20}, "memory_max = \"1.5 GiB\"\ncpu_max = 4": {MemoryBytes: 3 << 29, CPUs: 4},
		"cpu_max = 0.5\npids_max = 100": {CPUs: 0.5, PIDs: 100}, "memory_max = \"1TiB\"": {MemoryBytes: 1 << 40},
	} {
		k, err := parseKind("x", "x.toml", []byte(good+raw))
		if err != nil {
			t.Errorf("%q: %v", raw, err)
		} else if k.Limits != want {
			t.Errorf("%q: %+v, want %+v", raw, k.Limits, want)
		}
	}
	for _, raw := range []string{
		`memory_max = "8"`, `memory_max = "8GB"`, `memory_max = "1MiB"`, `memory_max = "-1GiB"`, `memory_max = "NaNGiB"`, `memory_max = "1e300TiB"`, `memory_max = "9999TiB"`,
		`cpu_max = 0`, `cpu_max = -1`, `cpu_max = nan`, `cpu_max = inf`, `cpu_max = "4"`, `cpu_max = 0.001`, `pids_max = 0`, `pids_max = 99999999`,
	} {
		field, _, _ := strings.Cut(raw, " ")
		_, err := parseKind("x", "x.toml", []byte(good+raw))
		var wrong *KindError
		if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), "x.toml:4: limits."+field+": ") || wrong.Remedy == "" {
			t.Errorf("%s: %v, want an error in line 4 and a remedy", raw, err)
		}
	}
}
