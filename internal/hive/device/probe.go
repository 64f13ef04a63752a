package device

import (
	"context"
	"errors"
	"slices"
	"time"
)

const (
	smiEvery    = 5 * time.Second  // a process each time, so less often than NVML; one more for what processes hold
	retryEvery  = 30 * time.Second // between two tries of a driver that knows no GPUs
	nvmlGoodFor = 5 * time.Second
	smiGoodFor  = 15 * time.Second
	hangsAfter  = 15 * time.Second // longer than nvidia-smi is given
)

// reading is what one round of asking brought.
type reading struct {
	began, ended time.Time
	goodFor      time.Duration // how long after ended the loads may be shown
	gpus         []gpu
	census       census
	unanswered   bool // the GPUs last known are still the best answer
}

// freshAt says whether r answers somebody who asked then.
func (r reading) freshAt(then time.Time) bool { return !r.began.Before(then.Add(-freshFor)) }

// Where the GPUs of a reading come from; what is logged is its changes.
const (
	fromNVML = "nvml"
	fromSMI  = "nvidia-smi"
	noGPUs   = "none"
	failed   = "failed"
)

// probe asks NVML, or nvidia-smi where NVML has no answer. It is used by one
// goroutine.
type probe struct {
	*complaints
	nvml source // nil in a build without it
	smi  source

	nvmlDue, smiDue, countDue time.Time

	counted census // by nvidia-smi
	nvmlErr error  // of the last try
	from    string
}

// read asks what is due, or everything if forced; false if that is nothing, or
// if ctx ended meanwhile.
func (p *probe) read(ctx context.Context, force bool) (reading, bool) {
	defer p.watchHang().Stop()
	r := reading{began: time.Now()}
	if p.nvml != nil && (force || !r.began.Before(p.nvmlDue)) {
		r.gpus, p.nvmlErr = p.nvml.read(ctx)
		if p.nvmlErr == nil {
			p.nvmlDue = r.began
			if t, knows := p.nvml.(teller); knows {
				r.census = census{time.Now(), t.processes()}
			}
			return p.settle(r, fromNVML, nil), true
		}
		p.nvmlDue = r.began.Add(retryEvery)
	}
	// When NVML has just failed, nvidia-smi is asked at once.
	if !force && p.from != fromNVML && r.began.Before(p.smiDue) {
		return reading{}, false
	}
	var err error
	r.gpus, err = p.smi.read(ctx)
	if ctx.Err() != nil {
		return reading{}, false
	}
	if err == nil {
		p.smiDue, r.census = r.began.Add(smiEvery), p.counted
		if p.nvmlErr != nil && !errors.Is(p.nvmlErr, errNoDriver) {
			p.warn("nvml", "NVML failed, asking nvidia-smi instead", "error", p.nvmlErr)
		}
		return p.settle(r, fromSMI, nil), true
	}
	p.smiDue = r.began.Add(retryEvery)
	r.unanswered = errors.Is(err, errNoAnswer)
	if errors.Is(err, errNoDriver) && p.nvmlErr != nil {
		err = p.nvmlErr // of the two, the one that may have something to say
	}
	if errors.Is(err, errNoDriver) {
		return p.settle(r, noGPUs, err), true
	}
	return p.settle(r, failed, err), true
}

// watchHang says so if what follows takes too long.
func (p *probe) watchHang() *time.Timer {
	return time.AfterFunc(hangsAfter, func() {
		p.warn("hang", "GPU driver does not answer, GPUs are shown as last known")
	})
}

// count asks nvidia-smi what each process holds, if that is due; false if not, or
// if the GPUs come from elsewhere. It is a call of its own beside read, so that
// nobody who waits for the devices waits for the processes too.
func (p *probe) count(ctx context.Context) (census, bool) {
	now := time.Now()
	smi, counts := p.smi.(counter)
	if !counts || p.from != fromSMI || now.Before(p.countDue) {
		return census{}, false
	}
	defer p.watchHang().Stop()
	of := smi.count(ctx)
	if ctx.Err() != nil {
		return census{}, false
	}
	p.countDue = now.Add(smiEvery)
	if !slices.ContainsFunc(of, func(t told) bool { return t.missing == "" }) {
		p.countDue = now.Add(retryEvery)
	}
	p.counted = census{now, of}
	return p.counted, true
}

// settle completes a reading and logs what has changed with it. A machine that
// has no driver to begin with is not worth a line.
func (p *probe) settle(r reading, from string, err error) reading {
	r.ended, r.goodFor = time.Now(), nvmlGoodFor
	if from == fromSMI {
		r.goodFor = smiGoodFor
	}
	same, first := from == p.from, p.from == ""
	p.from = from
	if from != fromSMI {
		p.counted, p.countDue = census{}, time.Time{}
	}
	switch {
	case same && from == failed:
		p.log.Debug("GPU driver still fails", "error", err)
	case same, first && from == noGPUs:
	case err == nil:
		p.log.Info("GPUs found", "source", from, "gpus", len(r.gpus))
	case from == noGPUs:
		p.log.Warn("GPU driver is gone", "error", err)
	default:
		p.log.Warn("GPU driver failed", "error", err)
	}
	return r
}

func (p *probe) close() {
	if p.nvml != nil {
		p.nvml.close()
	}
	p.smi.close()
}
