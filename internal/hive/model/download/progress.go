package download

import (
	"time"
)

// Steps of a download.
const (
	StepDownloading = "downloading"
	StepChecking    = "checking" // what is on the disk is read again
	StepWaiting     = "waiting"  // to try again; Note says why
	StepDone        = "done"
)

// Progress says how far a download is. Bytes and Total are those of all its files.
type Progress struct {
	Step           string
	File           string // below the own folder
	Bytes, Total   int64  // Total is 0 while it is not known
	BytesPerSecond int64  // over the last seconds
	ETA            time.Duration
	Note           string
}

const (
	tellEvery  = 250 * time.Millisecond
	rateWindow = 5 * time.Second
)

// meter turns what arrives into Progress, a few times a second. It belongs to
// one goroutine.
type meter struct {
	tell    func(Progress)
	now     Progress
	base    int64 // bytes of the files that are done
	last    time.Time
	samples []sample
}

type sample struct {
	at    time.Time
	bytes int64
}

// step tells at once that something else begins.
func (m *meter) step(step, note string) {
	m.now.Step, m.now.Note = step, note
	m.now.BytesPerSecond, m.now.ETA = 0, 0
	m.samples = nil
	m.last = time.Now()
	m.tell(m.now)
}

// at takes note of the bytes that the present file has.
func (m *meter) at(bytes int64) {
	now := time.Now()
	if now.Sub(m.last) < tellEvery {
		return
	}
	m.last = now
	m.now.Bytes = m.base + bytes
	m.samples = append(m.samples, sample{now, bytes})
	for len(m.samples) > 2 && now.Sub(m.samples[0].at) > rateWindow {
		m.samples = m.samples[1:]
	}
	first := m.samples[0]
	if d := now.Sub(first.at); d > 0 && m.now.Step == StepDownloading {
		m.now.BytesPerSecond = max(0, int64(float64(bytes-first.bytes)/d.Seconds()))
		m.now.ETA = 0
		if left := m.now.Total - m.now.Bytes; left > 0 && m.now.BytesPerSecond > 0 {
			m.now.ETA = time.Duration(float64(left) / float64(m.now.BytesPerSecond) * float64(time.Second)).Round(time.Second)
		}
	}
	m.tell(m.now)
}
