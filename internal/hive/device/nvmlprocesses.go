//go:build cgo && linux

package device

import (
	"fmt"
	"math"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
)

// processes are those of the last read.
func (l *library) processes() []told { return l.told }

// tell asks a GPU for its processes. A process that computes and draws is listed
// twice with the same memory.
func (l *library) tell(index int, device nvml.Device) (t told) {
	id := fmt.Sprintf("GPU-%d", index)
	t.gpu = id
	vram := map[uint32]int64{}
	lists := 0
	for _, list := range []struct {
		function string
		get      func() ([]nvml.ProcessInfo, nvml.Return)
	}{
		{"nvmlDeviceGetComputeRunningProcesses", device.GetComputeRunningProcesses},
		{"nvmlDeviceGetGraphicsRunningProcesses", device.GetGraphicsRunningProcesses},
	} {
		if !l.has(list.function) {
			continue
		}
		infos, ret := list.get()
		if ret != nvml.SUCCESS {
			continue
		}
		lists++
		for _, info := range infos {
			mb := mib(&info.UsedGpuMemory) // all ones: not known
			if mb == nil {
				mb = new(int64)
				t.missing = id + " does not tell how much memory each process uses"
			}
			vram[info.Pid] = max(vram[info.Pid], *mb)
		}
	}
	if lists == 0 {
		t.missing = id + " does not tell which processes use it"
		return t
	}
	util := l.utilization(index, device)
	for pid, mb := range vram {
		t.uses = append(t.uses, Use{GPU: id, PID: int(pid), VRAMMB: mb, UtilPct: util[pid]})
	}
	return t
}

// utilization is the last sample of each process since the last look; nothing
// where the GPU has none.
func (l *library) utilization(index int, device nvml.Device) map[uint32]float64 {
	if !l.has("nvmlDeviceGetProcessUtilization") {
		return nil
	}
	samples := since(device, l.seen[index])
	latest := map[uint32]uint64{}
	util := map[uint32]float64{}
	for _, s := range samples {
		if pct := within(0, maxUtilPct, float64(s.SmUtil)); pct != nil && s.TimeStamp >= latest[s.Pid] {
			latest[s.Pid], util[s.Pid] = s.TimeStamp, *pct
		}
		if s.TimeStamp != math.MaxUint64 {
			l.seen[index] = max(l.seen[index], s.TimeStamp)
		}
	}
	return util
}

// since asks for samples. The binding panics if there are more at its second
// look than at its first.
func since(device nvml.Device, last uint64) (samples []nvml.ProcessUtilizationSample) {
	defer func() {
		if recover() != nil {
			samples = nil
		}
	}()
	samples, ret := device.GetProcessUtilization(last)
	if ret != nvml.SUCCESS { // not found: nothing since then
		return nil
	}
	return samples
}
