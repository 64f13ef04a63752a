package wire

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
	if g.ForeignVRAMMB != nil {
		a.name(`,"foreign_vram_mb":`).stat(g.ForeignVRAMMB)
	}
	a.name("}")
}

func (a *appender) worker(w *WorkerPoint) {
	a.name(`{"group":`).text(w.Group)
	a.name(`,"instance":`).text(w.Instance)
	a.name(`,"model":`).optionalText(w.Model)
	a.name(`,"total_vram_mb":`).int(w.TotalVRAMMB)
	a.name(`,"heartbeats":`).int(w.Heartbeats)
	a.name(`,"cpu_pct":`).stat(&w.CPUPct)
	a.name(`,"rss_mb":`).stat(&w.RSSMB)
	a.name(`,"gpu_util_pct":`).stat(&w.GPUUtilPct)
	a.name(`,"vram_mb":`).stat(&w.VRAMMB)
	a.name("}")
}
