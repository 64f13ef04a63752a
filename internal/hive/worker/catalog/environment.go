package catalog

import (
	"maps"
	"slices"
	"strings"
)

// TokenVariable is the variable that names a worker to whoever looks at a
// process: "<id>:<directory of the fleet>". Children inherit it.
const TokenVariable = "RBEE_WORKER"

// passed are the variables that every worker gets from the hive's environment,
// and prefixes those whose whole family it gets. Everything else, secrets first
// of all, stays with the hive unless a kind asks for it by name.
var (
	passed = []string{
		"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH",
		"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
		"SSL_CERT_FILE", "SSL_CERT_DIR", "HF_HOME", "HF_HUB_CACHE", "VIRTUAL_ENV", "CONDA_PREFIX",
	}
	prefixes = []string{"LC_", "CUDA_", "NVIDIA_", "HIP_", "HSA_", "ROCR_", "ROCM_", "OMP_"}
	secrets  = []string{"TOKEN", "SECRET", "PASSW", "KEY", "CREDENTIAL"}
)

// Variables builds the whole environment of a worker from the hive's, its
// kind, its device and its token, which comes last: a later value wins, and a
// program that overwrites its own title overwrites the first variables.
func (k *Kind) Variables(hive []string, v Values, token string) ([]string, error) {
	variant, number, err := k.variant(v.Device)
	if err != nil {
		return nil, err
	}
	env := map[string]string{}
	for _, pair := range hive {
		name, value, _ := strings.Cut(pair, "=")
		if slices.Contains(passed, name) || slices.Contains(k.Inherit, name) || harmless(name) {
			env[name] = value
		}
	}
	env["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID" // the numbering of the hive's devices
	env["CUDA_VISIBLE_DEVICES"] = "-1"
	if strings.HasPrefix(v.Device, "GPU-") {
		env["CUDA_VISIBLE_DEVICES"] = number
	}
	fill := v.replacer()
	for _, own := range []map[string]string{k.Environment, variant.Environment} {
		for name, value := range own {
			env[name] = fill.Replace(value)
		}
	}
	delete(env, TokenVariable)
	pairs := make([]string, 0, len(env)+1)
	for _, name := range slices.Sorted(maps.Keys(env)) {
		pairs = append(pairs, name+"="+env[name])
	}
	return append(pairs, TokenVariable+"="+token), nil
}

// harmless says whether a variable belongs to a family that is passed on, and
// does not look like a secret.
func harmless(name string) bool {
	has := func(part string) bool { return strings.HasPrefix(name, part) }
	looks := func(part string) bool { return strings.Contains(strings.ToUpper(name), part) }
	return slices.ContainsFunc(prefixes, has) && !slices.ContainsFunc(secrets, looks)
}
