package operation

import (
	"encoding/json"
	"errors"
	"testing"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/wire"
)

// Whatever is asked for is a job that can be run, or refused as invalid.
func FuzzRequest(f *testing.F) {
	for _, body := range []string{
		`{"operation":"status"}`, `{"operation":"worker_spawn","worker":"llama-server","model":"a/b","device":"GPU-0","context":9}`,
		`{"operation":"worker_spawn","worker":"ollama"}`, `{"operation":"model_download","model":"hf:a/b:Q4_K_M"}`,
		`{"operation":"worker_process_delete","pid":5}`, `{"operation":"model_load","model":"../x","worker":"--"}`,
		`{"operation":"worker_process_get","worker_id":"a..b"}`, `null`,
	} {
		f.Add(body)
	}
	s := &Set{HiveID: "box", Kinds: catalog.Catalog{Dir: f.TempDir()}}
	f.Fuzz(func(t *testing.T, body string) {
		var r wire.JobRequest
		if json.Unmarshal([]byte(body), &r) != nil {
			return
		}
		request, err := s.Request(r)
		switch {
		case err != nil && !errors.Is(err, ErrInvalid):
			t.Errorf("%s: %v is not ErrInvalid", body, err)
		case err == nil && (request.Run == nil || request.Operation != r.Operation):
			t.Errorf("%s: got %+v", body, request)
		case err == nil && r.HiveID != "" && r.HiveID != "box":
			t.Errorf("%s: another hive's job is taken", body)
		case err == nil && r.Operation != wire.OpModelDownload && r.Model != "" && wire.ValidateModelID(r.Model) != nil:
			t.Errorf("%s: a model that is no id is taken", body)
		}
	})
}
