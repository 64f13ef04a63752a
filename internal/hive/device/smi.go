package device

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	smiTimeout  = 10 * time.Second // a driver without persistence mode wakes up for each call
	smiMaxBytes = 64 << 10         // some 250 bytes for each of maxGPUs
)

// Exit codes of nvidia-smi, from its manual.
const (
	smiInvalidArgument = 2
	smiNotFound        = 6 // "No devices were found"
	smiNoDriver        = 9
	smiNoLibrary       = 12
)

// program reads GPUs through nvidia-smi, one process for each reading, and
// another for what the processes on them hold.
type program struct {
	*complaints
	timeout time.Duration
	old     bool // it does not know compute_cap, as before driver 510

	uuids map[string]string // of the last read, also of GPUs that were left out: to GPU-N
	ids   []string          // of the GPUs that it returned
}

func newSMI(c *complaints) source { return &program{complaints: c, timeout: smiTimeout} }

func (p *program) close() {}

// read runs nvidia-smi once, or twice if it is an old one.
func (p *program) read(ctx context.Context) ([]gpu, error) {
	path, err := findSMI()
	if err != nil {
		return nil, err
	}
	fields := p.fields()
	out, err := p.query(ctx, path, queryGPUs, fields)
	if !p.old && exitCode(err) == smiInvalidArgument {
		p.old = true
		fields = p.fields()
		out, err = p.query(ctx, path, queryGPUs, fields)
		p.old = err == nil
	}
	gpus, refused := p.parse(out, len(fields))
	p.ids = nil
	for _, g := range gpus {
		p.ids = append(p.ids, g.device.ID)
	}
	if err == nil {
		err = refused
	}
	if len(gpus) > 0 {
		if err != nil {
			p.warn("smi", "nvidia-smi tells of some GPUs only", "error", err)
		}
		return gpus, nil
	}
	switch code := exitCode(err); {
	case code == smiNotFound, code == smiNoDriver, code == smiNoLibrary, strings.HasPrefix(out, "No devices"):
		return nil, fmt.Errorf("%w: nvidia-smi lists no GPU", errNoDriver)
	case err != nil:
		return nil, err
	default:
		return nil, errors.New("nvidia-smi printed nothing")
	}
}

// findSMI returns the nvidia-smi that PATH names; never one of the working directory.
func findSMI() (string, error) {
	path, err := exec.LookPath("nvidia-smi")
	if err != nil || !filepath.IsAbs(path) {
		return "", fmt.Errorf("%w: nvidia-smi is not on PATH", errNoDriver)
	}
	return path, nil
}

// What nvidia-smi can be asked for.
const (
	queryGPUs      = "--query-gpu="
	queryProcesses = "--query-compute-apps="
)

// fields are the columns of an answer. The name stands last because it alone
// might hold a comma, and compute_cap before it because it alone may be missing.
func (p *program) fields() []string {
	fields := []string{"index", "uuid", "memory.total", "memory.free", "utilization.gpu", "temperature.gpu", "power.draw"}
	if !p.old {
		fields = append(fields, "compute_cap")
	}
	return append(fields, "name")
}

// query runs nvidia-smi once and returns what it printed, also if it failed then.
func (p *program) query(ctx context.Context, path, what string, fields []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, what+strings.Join(fields, ","), "--format=csv,noheader,nounits")
	cmd.WaitDelay = time.Second // a child that keeps the pipe does not keep us
	out := &capped{stop: cancel}
	cmd.Stdout = out
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case out.over:
		return "", fmt.Errorf("nvidia-smi printed more than %d bytes", smiMaxBytes)
	case ctx.Err() != nil:
		return "", fmt.Errorf("%w: nvidia-smi did not end within %v", errNoAnswer, p.timeout)
	case errors.As(err, &exit):
		said, _, _ := strings.Cut(out.buf.String(), "\n")
		return out.buf.String(), fmt.Errorf("nvidia-smi: %w: %.80q", err, said)
	case err != nil:
		return "", fmt.Errorf("%w: nvidia-smi: %w", errNoAnswer, err)
	default:
		return out.buf.String(), nil
	}
}

// exitCode returns what a process that ran and failed ended with, else 0.
func exitCode(err error) int {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// parse reads the lines of nvidia-smi, of so many cells each. A line that is no
// GPU is passed over, with an error; one whose GPU is broken is left out.
func (p *program) parse(out string, width int) (gpus []gpu, refused error) {
	seen := map[int]bool{}
	p.uuids = map[string]string{}
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		cells := strings.SplitN(line, ",", width)
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		index, err := strconv.Atoi(cells[0])
		if err != nil || len(cells) != width || index < 0 || index >= maxGPUs || seen[index] {
			refused = fmt.Errorf("nvidia-smi printed a line that is no GPU: %.80q", line)
			continue
		}
		seen[index] = true
		id := fmt.Sprintf("GPU-%d", index)
		if known(cells[1]) {
			p.uuids[cells[1]] = id
		}
		if name := cells[width-1]; !known(name) {
			p.leaveOut(id, fmt.Errorf("nvidia-smi says %.80q for its name", name))
			continue
		}
		gpus = append(gpus, parseGPU(index, cells[2:]))
	}
	if len(seen) > 0 && len(gpus) == 0 {
		refused = errors.New("nvidia-smi tells no GPU's name")
	}
	return gpus, refused
}

// parseGPU takes the cells after the uuid; one that is no figure is null.
func parseGPU(index int, cells []string) gpu {
	total, free := megabytes(cells[0]), megabytes(cells[1])
	var used *uint64
	if total != nil && free != nil && *free <= *total {
		used = new(*total - *free) // as NVML counts: with what the driver reserves
	}
	capability := ""
	if between := cells[5 : len(cells)-1]; len(between) > 0 && known(between[0]) {
		capability = between[0]
	}
	g := newGPU(index, cells[len(cells)-1], capability, total, used)
	g.load.UtilPct = number(0, maxUtilPct, cells[2])
	g.load.TempC = number(minTempC, maxTempC, cells[3])
	g.load.PowerW = number(0, maxPowerW, cells[4])
	return g
}

func number(low, high float64, cell string) *float64 {
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		return nil
	}
	return within(low, high, v)
}

// megabytes returns a cell in MiB as bytes.
func megabytes(cell string) *uint64 {
	v, err := strconv.ParseUint(cell, 10, 32)
	if err != nil {
		return nil
	}
	return new(v << 20)
}

// capped keeps what a process prints, and stops the process that prints too much.
type capped struct {
	buf  bytes.Buffer
	over bool
	stop context.CancelFunc
}

func (c *capped) Write(b []byte) (int, error) {
	if c.buf.Len()+len(b) > smiMaxBytes {
		c.over = true
		c.stop()
		return 0, errors.New("too much output")
	}
	return c.buf.Write(b)
}
