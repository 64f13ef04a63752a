//go:build cgo && linux

package device

import (
	"context"
	"fmt"
	"time"

	"github.com/NVIDIA/go-nvml/pkg/nvml"

	"rbee/internal/wire"
)

// lostEvery is how often NVML is started anew for the sake of one lost GPU,
// which costs the others seconds without a sample.
const lostEvery = 5 * time.Minute

// library reads GPUs through NVML. Any call into NVML before a successful Init
// ends the whole process, uncatchably, if the library is not installed: so open
// says whether calls are allowed, and only init and close change it.
//
// A function that the installed library lacks ends the process just so. Those
// called unasked are as old as NVML; has asks for the others. The "used" of
// nvmlDeviceGetMemoryInfo counts what the driver reserves for itself.
//
// Once loaded, the library stays the same file until the process ends. Where the
// driver was upgraded beneath it, Init refuses, and nvidia-smi is asked instead.
type library struct {
	*complaints
	nvml     nvml.Interface
	open     bool
	openedAt time.Time
	told     []told          // of the last read
	seen     [maxGPUs]uint64 // the last sample of processes, in the driver's time
}

func newNVML(c *complaints) source {
	return &library{complaints: c, nvml: nvml.New()}
}

// read reads all GPUs. A driver that was reset or replaced since Init answers
// errors for ever, so NVML is started anew then, in its own time.
func (l *library) read(context.Context) ([]gpu, error) {
	if err := l.init(); err != nil {
		return nil, err
	}
	gpus, err := l.all()
	patience := retryEvery
	if len(gpus) > 0 {
		patience = lostEvery
	}
	if err != nil && time.Since(l.openedAt) >= patience {
		l.close()
		if err := l.init(); err != nil {
			return nil, err
		}
		gpus, err = l.all()
	}
	if len(gpus) > 0 {
		return gpus, nil
	}
	l.close()
	if err == nil {
		err = fmt.Errorf("%w: NVML lists no GPU", errNoDriver)
	}
	return nil, err
}

func (l *library) init() error {
	if l.open {
		return nil
	}
	switch ret := l.nvml.Init(); ret {
	case nvml.SUCCESS:
		l.open, l.openedAt = true, time.Now()
		return nil
	case nvml.ERROR_LIBRARY_NOT_FOUND, nvml.ERROR_DRIVER_NOT_LOADED:
		return fmt.Errorf("%w: %w", errNoDriver, failure("init", ret))
	default:
		return failure("init", ret)
	}
}

// close gives NVML back. What it answers does not matter: after it no call is
// made until the next Init.
func (l *library) close() {
	if l.open {
		l.open = false
		_ = l.nvml.Shutdown()
	}
}

// all reads every GPU that can be read. Its error asks for a new start, or says
// why there is no GPU at all.
func (l *library) all() (gpus []gpu, err error) {
	count, ret := l.nvml.DeviceGetCount()
	if ret != nvml.SUCCESS {
		return nil, failure("device count", ret)
	}
	var broken error
	l.told = make([]told, 0, count) // what is published is never changed
	for i := range min(count, maxGPUs) {
		g, ret := l.gpu(i)
		if ret == nvml.SUCCESS {
			gpus = append(gpus, g)
			continue
		}
		broken = failure("device", ret)
		if lost(ret) {
			err = broken
		}
		l.leaveOut(fmt.Sprintf("GPU-%d", i), broken)
	}
	if len(gpus) == 0 {
		return nil, broken
	}
	return gpus, err
}

// gpu reads one GPU: its name and whatever else it tells.
func (l *library) gpu(index int) (gpu, nvml.Return) {
	device, ret := l.nvml.DeviceGetHandleByIndex(index)
	if ret != nvml.SUCCESS {
		return gpu{}, ret
	}
	name, ret := device.GetName()
	if ret != nvml.SUCCESS {
		return gpu{}, ret
	}
	if name == "" {
		return gpu{}, nvml.ERROR_NO_DATA
	}
	total, used, ret := l.memory(index, device)
	if lost(ret) {
		return gpu{}, ret
	}
	capability := ""
	if l.has("nvmlDeviceGetCudaComputeCapability") {
		if major, minor, ret := device.GetCudaComputeCapability(); ret == nvml.SUCCESS {
			capability = fmt.Sprintf("%d.%d", major, minor)
		}
	}
	g := newGPU(index, name, capability, total, used)
	l.load(device, &g.load)
	l.told = append(l.told, l.tell(index, device))
	return g, nvml.SUCCESS
}

// memory returns bytes; nil where they are not told. It complains of that unless
// the GPU has none of its own.
func (l *library) memory(index int, device nvml.Device) (total, used *uint64, ret nvml.Return) {
	ret = nvml.ERROR_FUNCTION_NOT_FOUND
	if l.has("nvmlDeviceGetMemoryInfo") {
		var memory nvml.Memory
		if memory, ret = device.GetMemoryInfo(); ret == nvml.SUCCESS {
			return &memory.Total, &memory.Used, nvml.SUCCESS
		}
	}
	if ret != nvml.ERROR_NOT_SUPPORTED && !lost(ret) {
		id := fmt.Sprintf("GPU-%d", index)
		l.warn("memory "+id, "GPU does not tell its memory", "gpu", id, "error", failure("memory", ret))
	}
	return nil, nil, ret
}

// load fills in what the GPU tells of how busy it is.
func (l *library) load(device nvml.Device, load *wire.GPU) {
	if l.has("nvmlDeviceGetUtilizationRates") {
		if util, ret := device.GetUtilizationRates(); ret == nvml.SUCCESS {
			load.UtilPct = within(0, maxUtilPct, float64(util.Gpu))
		}
	}
	if l.has("nvmlDeviceGetTemperature") {
		if temp, ret := device.GetTemperature(nvml.TEMPERATURE_GPU); ret == nvml.SUCCESS {
			celsius := int32(temp) // below zero it is two's complement
			load.TempC = within(minTempC, maxTempC, float64(celsius))
		}
	}
	if l.has("nvmlDeviceGetPowerUsage") {
		if milliwatts, ret := device.GetPowerUsage(); ret == nvml.SUCCESS {
			load.PowerW = within(0, maxPowerW, float64(milliwatts)/1000)
		}
	}
}

// has says whether the installed library has a function.
func (l *library) has(function string) bool {
	return l.nvml.Extensions().LookupSymbol(function) == nil
}

// lost says whether ret is an answer that only a new Init can mend.
func lost(ret nvml.Return) bool {
	switch ret {
	case nvml.ERROR_UNINITIALIZED, nvml.ERROR_GPU_IS_LOST, nvml.ERROR_RESET_REQUIRED, nvml.ERROR_DRIVER_NOT_LOADED:
		return true
	default:
		return false
	}
}

// failure puts ret into words at once: NVML is asked for them, and that may only
// be done here, in the goroutine that knows whether it is loaded.
func failure(what string, ret nvml.Return) error {
	return fmt.Errorf("NVML %s: %s (%d)", what, ret.Error(), int(ret))
}
