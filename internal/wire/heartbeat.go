package wire

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Heartbeat is the body of POST /v1/hive-heartbeat: what a hive says of itself
// once a second. Required are hive.id, hive.port and timestamp.
type Heartbeat struct {
	Hive      HiveInfo  `json:"hive"`
	Timestamp time.Time `json:"timestamp" doc:"The hive's clock when it sent this"`
	Workers   []Worker  `json:"workers" required:"false" nullable:"false"`
	Node      *Node     `json:"node,omitempty"`
	// Capabilities is nil in telemetry (the key is left out and the queen keeps
	// what it has); a list, also an empty one, replaces what the queen has.
	Capabilities []Device `json:"capabilities,omitzero" nullable:"false" doc:"The hive's devices; sent during discovery only"`
}

// HiveInfo names a hive and says how it is.
type HiveInfo struct {
	ID                string            `json:"id" pattern:"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$"`
	InstanceID        string            `json:"instance_id,omitempty" doc:"Tells clones with one id apart; made once per machine"`
	Hostname          string            `json:"hostname" required:"false" doc:"For display; never dialled"`
	Port              int               `json:"port" minimum:"1" maximum:"65535" doc:"Where the hive listens"`
	OperationalStatus OperationalStatus `json:"operational_status" required:"false" enum:"starting,ready,busy,stopping,stopped"`
	HealthStatus      HealthStatus      `json:"health_status" required:"false"`
	Version           string            `json:"version" required:"false"`
}

// Worker is one process a hive owns, as the operating system sees it.
// Percentages are of one core or one GPU, sizes in MiB, rates in 10^6 bytes/s.
type Worker struct {
	PID         int64   `json:"pid"`
	Group       string  `json:"group" required:"false" doc:"What kind of worker, as llm"`
	Instance    string  `json:"instance" required:"false" doc:"Which of that kind, as its port"`
	CPUPct      float64 `json:"cpu_pct" required:"false" doc:"Percent of one core: 200 is two cores"`
	RSSMB       int64   `json:"rss_mb" required:"false" doc:"Resident memory in MiB"`
	IOReadMBS   float64 `json:"io_r_mb_s" required:"false" doc:"10^6 bytes per second read"`
	IOWriteMBS  float64 `json:"io_w_mb_s" required:"false" doc:"10^6 bytes per second written"`
	UptimeS     int64   `json:"uptime_s" required:"false" doc:"Seconds since its process began"`
	GPUUtilPct  float64 `json:"gpu_util_pct" required:"false" doc:"Percent of one GPU"`
	VRAMMB      int64   `json:"vram_mb" required:"false" doc:"MiB it holds on GPUs"`
	TotalVRAMMB int64   `json:"total_vram_mb" required:"false" doc:"MiB that its GPUs have"`
	Model       *string `json:"model"  required:"false" nullable:"true" doc:"Id of what it serves"`
}

// Node is one sample of the whole machine.
type Node struct {
	CPUPct     float64 `json:"cpu_pct" required:"false" doc:"0 to 100, over all cores"`
	RAMUsedMB  int64   `json:"ram_used_mb" required:"false" doc:"MiB"`
	RAMTotalMB int64   `json:"ram_total_mb" required:"false" doc:"MiB"`
	GPUs       []GPU   `json:"gpus" required:"false" nullable:"false"`
}

// GPU is one sample of one GPU. A figure the driver does not tell is null.
type GPU struct {
	ID          string   `json:"id" doc:"That of the device, as GPU-0"`
	UtilPct     *float64 `json:"util_pct" required:"false" nullable:"true" doc:"0 to 100"`
	VRAMUsedMB  *int64   `json:"vram_used_mb" required:"false" nullable:"true" doc:"MiB"`
	VRAMTotalMB *int64   `json:"vram_total_mb" required:"false" nullable:"true" doc:"MiB"`
	TempC       *float64 `json:"temp_c" required:"false" nullable:"true" doc:"Degrees Celsius"`
	PowerW      *float64 `json:"power_w" required:"false" nullable:"true" doc:"Watts"`
	// ForeignVRAMMB is left out where nobody knows which process uses what.
	ForeignVRAMMB *int64 `json:"foreign_vram_mb,omitempty" doc:"MiB held by processes that are not the hive's workers"`
}

// Device is one thing a hive can compute on.
type Device struct {
	ID                string  `json:"id" doc:"GPU-0, CPU-0, …; unique within the hive"`
	Name              string  `json:"name"`
	DeviceType        string  `json:"device_type" doc:"gpu or cpu"`
	VRAMGB            *int64  `json:"vram_gb" nullable:"true" doc:"GiB, rounded to the nearest; of a CPU the machine's memory"`
	ComputeCapability *string `json:"compute_capability" nullable:"true"`
}

// Ack is the 200 answer to a heartbeat: what it said is in the state file, synced.
type Ack struct {
	Status  string `json:"status"`
	Message string `json:"message"`
	Epoch   int64  `json:"epoch"`
	QueenID string `json:"queen_id"`
	// NextMS is when the next heartbeat is expected, from this answer on, and
	// the interval by which the hive is judged from then on if it is more than
	// the usual second. 0, left out: the usual second.
	NextMS int64 `json:"next_ms,omitempty" doc:"Milliseconds to the next heartbeat; left out: the rhythm of one a second"`
}

// Normalize fills the defaults that a sender may leave out.
func (h *Heartbeat) Normalize() {
	h.Hive.Normalize()
	h.Timestamp = h.Timestamp.UTC()
	if h.Workers == nil {
		h.Workers = []Worker{}
	}
	if h.Node != nil && h.Node.GPUs == nil {
		h.Node.GPUs = []GPU{}
	}
}

// Normalize fills the defaults that a 2025 hive leaves out.
func (i *HiveInfo) Normalize() {
	if i.OperationalStatus == "" {
		i.OperationalStatus = Ready
	}
	if i.HealthStatus.Status == "" {
		i.HealthStatus.Status = HealthHealthy
	}
}

// Validate reports the first thing that makes the heartbeat unacceptable, with
// the field, the value and what is allowed.
func (h *Heartbeat) Validate() error {
	if err := h.Hive.Validate(); err != nil {
		return err
	}
	if h.Timestamp.IsZero() {
		return errors.New("timestamp is missing: send the time in RFC 3339, for example 2025-10-30T22:00:00.123Z")
	}
	if y := h.Timestamp.UTC().Year(); y < 0 || y > 9999 {
		return fmt.Errorf("timestamp %v is not in the years 0000 to 9999 UTC", h.Timestamp)
	}
	if len(h.Workers) > MaxWorkers {
		return fmt.Errorf("workers has %d entries: at most %d are allowed", len(h.Workers), MaxWorkers)
	}
	for n := range h.Workers {
		if err := h.Workers[n].validate(); err != nil {
			return fmt.Errorf("workers[%d].%w", n, err)
		}
	}
	if h.Node != nil {
		if err := h.Node.validate(); err != nil {
			return fmt.Errorf("node.%w", err)
		}
	}
	return ValidateDevices(h.Capabilities)
}

// Validate reports why the hive cannot be entered under what it says of itself.
func (i *HiveInfo) Validate() error {
	if i.ID == "" {
		return errors.New("hive.id is missing")
	}
	if err := ValidateID(i.ID); err != nil {
		return err
	}
	if i.Port == 0 {
		return errors.New("hive.port is missing: send the port the hive listens on")
	}
	if err := ValidatePort(i.Port); err != nil {
		return fmt.Errorf("hive.%w", err)
	}
	return firstError(
		ValidateText("hive.instance_id", i.InstanceID),
		ValidateText("hive.hostname", i.Hostname),
		ValidateText("hive.version", i.Version),
		ValidateText("hive.health_status.reason", i.HealthStatus.Reason),
	)
}

// ValidateDevices reports the first device that cannot be stored.
func ValidateDevices(devices []Device) error {
	if len(devices) > MaxDevices {
		return fmt.Errorf("capabilities has %d devices: at most %d are allowed", len(devices), MaxDevices)
	}
	seen := make(map[string]bool, len(devices))
	for n, d := range devices {
		err := firstError(
			ValidateText("id", d.ID), ValidateText("name", d.Name), ValidateText("device_type", d.DeviceType),
			validateFigure("vram_gb", d.VRAMGB))
		switch {
		case err != nil:
			return fmt.Errorf("capabilities[%d].%w", n, err)
		case d.ID == "":
			return fmt.Errorf("capabilities[%d].id is missing", n)
		case seen[d.ID]:
			return fmt.Errorf("capabilities[%d].id %q appears twice: device ids are unique within a hive", n, d.ID)
		}
		if d.ComputeCapability != nil {
			if err := ValidateText("compute_capability", *d.ComputeCapability); err != nil {
				return fmt.Errorf("capabilities[%d].%w", n, err)
			}
		}
		seen[d.ID] = true
	}
	return nil
}

func (w *Worker) validate() error {
	model := ""
	if w.Model != nil {
		model = *w.Model
	}
	return firstError(
		ValidateText("group", w.Group), ValidateText("instance", w.Instance), ValidateText("model", model),
		validateFigure("pid", &w.PID), validateFigure("cpu_pct", &w.CPUPct), validateFigure("rss_mb", &w.RSSMB),
		validateFigure("io_r_mb_s", &w.IOReadMBS), validateFigure("io_w_mb_s", &w.IOWriteMBS),
		validateFigure("uptime_s", &w.UptimeS), validateFigure("gpu_util_pct", &w.GPUUtilPct),
		validateFigure("vram_mb", &w.VRAMMB), validateFigure("total_vram_mb", &w.TotalVRAMMB))
}

func (n *Node) validate() error {
	if len(n.GPUs) > MaxGPUs {
		return fmt.Errorf("gpus has %d entries: at most %d are allowed", len(n.GPUs), MaxGPUs)
	}
	for i, g := range n.GPUs {
		temp := g.TempC // the one figure that may be below zero
		if temp != nil {
			temp = new(float64)
			*temp = math.Abs(*g.TempC)
		}
		err := firstError(
			ValidateText("id", g.ID), validateFigure("util_pct", g.UtilPct), validateFigure("vram_used_mb", g.VRAMUsedMB),
			validateFigure("vram_total_mb", g.VRAMTotalMB), validateFigure("foreign_vram_mb", g.ForeignVRAMMB), validateFigure("temp_c", temp), validateFigure("power_w", g.PowerW))
		if err != nil {
			return fmt.Errorf("gpus[%d].%w", i, err)
		}
	}
	return firstError(validateFigure("cpu_pct", &n.CPUPct),
		validateFigure("ram_used_mb", &n.RAMUsedMB), validateFigure("ram_total_mb", &n.RAMTotalMB))
}

// maxFigure keeps every figure, scaled to the integer it is stored as, inside
// 64 bits and exact in a float.
const maxFigure = 1e12

func validateFigure[T int64 | float64](field string, v *T) error {
	if v == nil || (*v >= 0 && float64(*v) <= maxFigure) {
		return nil
	}
	return fmt.Errorf("%s %v is not in 0..%g", field, *v, float64(maxFigure))
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
