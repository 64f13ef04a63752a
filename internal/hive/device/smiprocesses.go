package device

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// smiIdle is said in hive_check while processes use a GPU: nvidia-smi tells how
// busy they keep it only as a table for people, whose columns change.
const (
	smiIdle       = "how busy each process keeps a GPU is not known: nvidia-smi does not tell"
	smiIdleRemedy = "use a hive that was built with cgo, on a machine with NVIDIA's library: NVML tells"
)

// processFields are the columns of an answer; all are as old as the query.
var processFields = []string{"pid", "gpu_uuid", "used_gpu_memory"} //nolint:gochecknoglobals // a constant

// count runs nvidia-smi once. A process that only draws is not among those that
// it tells of. In a container it may tell of none, or of pids of the machine.
func (p *program) count(ctx context.Context) []told {
	tells := make([]told, len(p.ids))
	for i, id := range p.ids {
		tells[i] = told{gpu: id, idle: true}
	}
	path, err := findSMI()
	out := ""
	if err == nil {
		out, err = p.query(ctx, path, queryProcesses, processFields)
	}
	if err != nil {
		for i := range tells {
			tells[i].missing = tells[i].gpu + " does not tell which processes use it: " + err.Error()
		}
		return tells
	}
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "No ") {
			p.enter(tells, line)
		}
	}
	return tells
}

// enter adds a line to what the GPU it names tells. A line that names none makes
// all of them doubtful: it may be of any.
func (p *program) enter(tells []told, line string) {
	cells := strings.Split(line, ",")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	id, named := "", false
	if len(cells) == len(processFields) {
		id, named = p.uuids[cells[1]]
	}
	for i := range tells {
		t := &tells[i]
		switch {
		case !named:
			t.missing = fmt.Sprintf("%s may be used by more than is known: nvidia-smi printed %.80q", t.gpu, line)
		case t.gpu == id:
			t.enter(cells[0], cells[2])
		}
	}
}

// enter adds a process that holds so many MiB. One that has two parts of a GPU
// is listed for each.
func (t *told) enter(pid, memory string) {
	n, err := strconv.ParseInt(pid, 10, 32)
	if err != nil || n <= 0 {
		t.missing = fmt.Sprintf("%s does not tell which processes use it: nvidia-smi says %.80q for a pid", t.gpu, pid)
		return
	}
	mb := mib(megabytes(memory))
	if mb == nil {
		mb = new(int64)
		t.missing = fmt.Sprintf("%s does not tell how much memory each process uses: nvidia-smi says %.80q", t.gpu, memory)
	}
	for i := range t.uses {
		if t.uses[i].PID == int(n) {
			t.uses[i].VRAMMB += *mb
			return
		}
	}
	t.uses = append(t.uses, Use{GPU: t.gpu, PID: int(n), VRAMMB: *mb})
}
