package operation

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/wire"
)

// What wire says of the operations, and so the OpenAPI documents, is what they
// are: no other ones, and what they need is what they refuse to go without.
func TestOperationsAreAsDescribed(t *testing.T) {
	s := &Set{HiveID: "box", Kinds: catalog.Catalog{Dir: t.TempDir()}}
	good := map[string]any{"worker": "llama-server", "model": "ana/tiny", "worker_id": "llama-server-0", "pid": 5}
	judge := func(op string, fields ...string) error {
		body := map[string]any{"operation": op}
		for _, f := range fields {
			body[f] = good[f]
		}
		if op == wire.OpModelDownload && body["model"] != nil {
			body["model"] = "hf:ana/tiny:Q4_K_M"
		}
		if op == wire.OpWorkerSpawn && body["worker"] != nil {
			body["model"] = good["model"] // which the usual kinds cannot do without
		}
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		var r wire.JobRequest
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(err)
		}
		_, err = s.Request(r)
		return err
	}
	var names []string
	for _, op := range wire.Operations() {
		names = append(names, op.Name)
		if op.Summary == "" || op.Result == nil {
			t.Errorf("%s is not described", op.Name)
		}
		for n := range op.Needs {
			without := slices.Delete(slices.Clone(op.Needs), n, n+1)
			if err := judge(op.Name, without...); !errors.Is(err, ErrInvalid) || !strings.Contains(fmt.Sprint(err), op.Needs[n]) {
				t.Errorf("%s without %s: got %v", op.Name, op.Needs[n], err)
			}
		}
		if len(op.OneOf) == 0 {
			if err := judge(op.Name, op.Needs...); err != nil {
				t.Errorf("%s with what it needs: %v", op.Name, err)
			}
			continue
		}
		for _, one := range op.OneOf {
			if err := judge(op.Name, one); err != nil {
				t.Errorf("%s with %s: %v", op.Name, one, err)
			}
		}
		if judge(op.Name) == nil || judge(op.Name, op.OneOf...) == nil {
			t.Errorf("%s takes none or all of %v", op.Name, op.OneOf)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(operations())), names); diff != "" {
		t.Errorf("operations (-known +described):\n%s", diff)
	}
}
