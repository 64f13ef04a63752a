package wire

import (
	"errors"
	"fmt"
	"strings"
)

// ModelFormat says how a model is kept on disk.
type ModelFormat string

// The formats a hive's catalog knows.
const (
	ModelGGUF        ModelFormat = "gguf"        // one file, or the parts of a split one
	ModelSafetensors ModelFormat = "safetensors" // a folder with a config.json
)

// ModelSource says what kind of place a model was found in.
type ModelSource string

// The places a hive looks in. Only what is in its own folder can be deleted.
const (
	ModelOwn         ModelSource = "own"
	ModelFolder      ModelSource = "folder"
	ModelOllama      ModelSource = "ollama"
	ModelHuggingFace ModelSource = "huggingface"
)

// Model is a model that a hive can give to a worker. What the file does not say
// is "" or 0.
type Model struct {
	ID            string      `json:"id"`
	Path          string      `json:"path" doc:"The file, the first part of a split one, or the folder"`
	Source        ModelSource `json:"source" enum:"own,folder,ollama,huggingface"`
	Format        ModelFormat `json:"format" enum:"gguf,safetensors"`
	Files         int         `json:"files"`
	SizeBytes     int64       `json:"size_bytes"`
	Name          string      `json:"name"`
	Architecture  string      `json:"architecture"`
	Parameters    int64       `json:"parameters"`
	Quantisation  string      `json:"quantisation"`
	ContextLength int64       `json:"context_length" doc:"The longest context it was trained for"`
	VRAM          ModelVRAM   `json:"vram" doc:"What it needs on a GPU, estimated"`
}

// ModelVRAM estimates the memory that a model needs on one device.
type ModelVRAM struct {
	Context       int64 `json:"context" doc:"Tokens that the cache is reckoned for"`
	WeightsBytes  int64 `json:"weights_bytes"`
	CacheBytes    int64 `json:"cache_bytes"`
	OverheadBytes int64 `json:"overhead_bytes"`
	TotalBytes    int64 `json:"total_bytes"`
}

// ModelProblem is a file or place that the catalog had to leave out.
type ModelProblem struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// ModelList is the answer to GET /v1/models, by id.
type ModelList struct {
	Models   []Model        `json:"models" nullable:"false"`
	Problems []ModelProblem `json:"problems" nullable:"false" doc:"What had to be left out, and why"`
}

// ModelProgress says how far model_download is; the last one has the model.
type ModelProgress struct {
	Step           string `json:"step" enum:"downloading,checking,waiting,done"`
	File           string `json:"file"`
	Bytes          int64  `json:"bytes"`
	TotalBytes     int64  `json:"total_bytes" doc:"0 while it is not known"`
	BytesPerSecond int64  `json:"bytes_per_second"`
	ETASeconds     int64  `json:"eta_s"`
	Note           string `json:"note,omitempty" doc:"Why it waits"`
	Model          string `json:"model,omitempty" doc:"Its id, once it is there"`
}

// ModelDeleted is the result of model_delete.
type ModelDeleted struct {
	Model      string `json:"model"`
	FreedBytes int64  `json:"freed_bytes"`
}

// ValidateModelID reports why id cannot name a model. An id is a relative path
// of at most MaxText bytes with '/' between its names; no name is empty, begins
// with '.' or '-', or holds what ValidateText or a file system would object to.
func ValidateModelID(id string) error {
	if id == "" {
		return errors.New("the model id is empty")
	}
	if err := ValidateText("model id", id); err != nil {
		return err
	}
	for name := range strings.SplitSeq(id, "/") {
		if reason := badModelName(name); reason != "" {
			return fmt.Errorf("model id %q %s: use a relative path of names such as \"org/name\"", clip(id), reason)
		}
	}
	return nil
}

// badModelName says what is wrong with one name of a model id, or "".
func badModelName(name string) string {
	const longest = 255 // bytes, of a file name on Linux and darwin
	switch {
	case name == "":
		return "begins or ends with '/', or has two in a row"
	case name[0] == '.':
		return "has a name that begins with '.'"
	case name[0] == '-':
		return "has a name that begins with '-'"
	case name[0] == ' ' || name[len(name)-1] == ' ':
		return "has a name that begins or ends with a space"
	case len(name) > longest:
		return fmt.Sprintf("has a name of %d bytes, %d are allowed", len(name), longest)
	case strings.ContainsRune(name, '\\'):
		return `holds '\'`
	}
	return ""
}
