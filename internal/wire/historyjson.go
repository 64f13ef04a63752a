package wire

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// AppendJSON appends what encoding/json makes of the answer, HTML left as it is.
// A day by minute is a megabyte, and takes a fraction of the time so.
func (h History) AppendJSON(b []byte) ([]byte, error) {
	if h.Buckets == nil || h.Samples != nil {
		return appendValue(b, h)
	}
	a := appender{b: append(b, `{"hive_id":`...)}
	a.text(h.HiveID)
	a.name(`,"from":`).time(h.From)
	a.name(`,"to":`).time(h.To)
	a.name(`,"step_s":`).int(h.StepS)
	a.name(`,"tier":`).text(string(h.Tier))
	a.name(`,"points":`)
	list(&a, h.Points, func(p **Point) {
		if *p == nil {
			a.name("null")
		} else {
			a.point(*p)
		}
	})
	a.name("}")
	return a.b, a.err
}

// appender appends JSON to b. What is out of the ordinary it leaves to
// encoding/json; err is the first error of that.
type appender struct {
	b   []byte
	err error
}

func (a *appender) point(p *Point) {
	a.name(`{"at":`).time(p.At)
	a.name(`,"heartbeats":`).int(p.Heartbeats)
	a.name(`,"missed":`).int(p.Missed)
	a.name(`,"cpu_pct":`).stat(p.CPUPct)
	a.name(`,"ram_used_mb":`).stat(p.RAMUsedMB)
	a.name(`,"ram_total_mb":`).optional(p.RAMTotalMB)
	a.name(`,"gpus":`)
	list(a, p.GPUs, a.gpu)
	a.name(`,"workers":`)
	list(a, p.Workers, a.worker)
	a.name("}")
}

func (a *appender) gpu(g *GPUPoint) {
	a.name(`{"id":`).text(g.ID)
	a.name(`,"vram_total_mb":`).optional(g.VRAMTotalMB)
	a.name(`,"util_pct":`).stat(g.UtilPct)
	a.name(`,"vram_used_mb":`).stat(g.VRAMUsedMB)
	a.name(`,"temp_c":`).stat(g.TempC)
	a.name(`,"power_w":`).stat(g.PowerW)
	a.name("}")
}

func (a *appender) worker(w *WorkerPoint) {
	a.name(`{"group":`).text(w.Group)
	a.name(`,"instance":`).text(w.Instance)
	a.name(`,"model":`)
	if w.Model == nil {
		a.name("null")
	} else {
		a.text(*w.Model)
	}
	a.name(`,"total_vram_mb":`).int(w.TotalVRAMMB)
	a.name(`,"heartbeats":`).int(w.Heartbeats)
	a.name(`,"cpu_pct":`).stat(&w.CPUPct)
	a.name(`,"rss_mb":`).stat(&w.RSSMB)
	a.name(`,"gpu_util_pct":`).stat(&w.GPUUtilPct)
	a.name(`,"vram_mb":`).stat(&w.VRAMMB)
	a.name("}")
}

// list appends a list; a nil one is null.
func list[T any](a *appender, elements []T, element func(*T)) {
	if elements == nil {
		a.name("null")
		return
	}
	a.name("[")
	for i := range elements {
		if i > 0 {
			a.name(",")
		}
		element(&elements[i])
	}
	a.name("]")
}

// name appends what stands before a value.
func (a *appender) name(text string) *appender {
	a.b = append(a.b, text...)
	return a
}

func (a *appender) int(v int64) { a.b = strconv.AppendInt(a.b, v, 10) }

func (a *appender) optional(v *int64) {
	if v == nil {
		a.name("null")
		return
	}
	a.int(*v)
}

func (a *appender) stat(s *Stat) {
	if s == nil {
		a.name("null")
		return
	}
	a.name(`{"mean":`).float(s.Mean)
	a.name(`,"max":`).float(s.Max)
	a.name("}")
}

// float appends a number. Those of at most two decimals and fifteen digits, as
// the history's are, have but one way to be written so short.
func (a *appender) float(v float64) {
	const most = 1e15
	hundredths := math.Round(v * 100)
	if hundredths/100 != v || hundredths >= most || hundredths <= -most || hundredths == 0 {
		a.value(v)
		return
	}
	n := int64(hundredths)
	if n < 0 {
		a.b, n = append(a.b, '-'), -n
	}
	a.int(n / 100)
	if rest := n % 100; rest != 0 {
		a.b = append(a.b, '.', byte('0'+rest/10))
		if rest%10 != 0 {
			a.b = append(a.b, byte('0'+rest%10))
		}
	}
}

// time appends a time of UTC and of the years that have four digits.
func (a *appender) time(t time.Time) {
	if y := t.Year(); t.Location() != time.UTC || y < 0 || y > 9999 {
		a.value(t)
		return
	}
	a.b = append(a.b, '"')
	a.b = t.AppendFormat(a.b, time.RFC3339Nano)
	a.b = append(a.b, '"')
}

func (a *appender) text(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			a.value(s)
			return
		}
	}
	a.b = append(a.b, '"')
	a.b = append(a.b, s...)
	a.b = append(a.b, '"')
}

func (a *appender) value(v any) {
	b, err := appendValue(a.b, v)
	if a.b = b; a.err == nil {
		a.err = err
	}
}

// appendValue appends what encoding/json makes of a value.
func appendValue(b []byte, v any) ([]byte, error) {
	into := bytes.NewBuffer(b)
	enc := json.NewEncoder(into)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(into.Bytes(), []byte("\n")), err
}
