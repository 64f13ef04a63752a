package wire

// AppendJSON appends what encoding/json makes of the list, HTML left as it is. A
// thousand hives are a megabyte, and take a fraction of the time so.
func (l HiveList) AppendJSON(b []byte) ([]byte, error) {
	a := appender{b: append(b, `{"hives":`...)}
	list(&a, l.Hives, a.hive)
	a.name("}")
	return a.b, a.err
}

func (a *appender) hive(h *Hive) {
	a.name(`{"id":`).text(h.ID)
	a.name(`,"instance_id":`).text(h.InstanceID)
	a.name(`,"alias":`).text(h.Alias)
	a.name(`,"aliases":`)
	list(a, h.Aliases, func(alias *string) { a.text(*alias) })
	a.name(`,"hostname":`).text(h.Hostname)
	a.name(`,"address":`).text(h.Address)
	a.name(`,"port":`).int(int64(h.Port))
	a.name(`,"version":`).text(h.Version)
	a.name(`,"operational_status":`).text(string(h.OperationalStatus))
	a.name(`,"health_status":{"status":`).text(string(h.HealthStatus.Status))
	if h.HealthStatus.Reason != "" {
		a.name(`,"reason":`).text(h.HealthStatus.Reason)
	}
	a.name(`},"status":`).text(string(h.Status))
	a.name(`,"registered_epoch":`).int(h.RegisteredEpoch)
	a.name(`,"first_seen":`).time(h.FirstSeen)
	a.name(`,"last_seen":`).time(h.LastSeen)
	a.name(`,"clock_skew_ms":`).optional(h.ClockSkewMS)
	a.name(`,"devices":`)
	list(a, h.Devices, a.device)
	a.name(`,"workers":`)
	list(a, h.Workers, a.workerSample)
	if h.Node != nil {
		a.name(`,"node":`)
		a.node(h.Node)
	}
	a.name("}")
}

func (a *appender) device(d *Device) {
	a.name(`{"id":`).text(d.ID)
	a.name(`,"name":`).text(d.Name)
	a.name(`,"device_type":`).text(d.DeviceType)
	a.name(`,"vram_gb":`).optional(d.VRAMGB)
	a.name(`,"compute_capability":`).optionalText(d.ComputeCapability)
	a.name("}")
}

func (a *appender) workerSample(w *Worker) {
	a.name(`{"pid":`).int(w.PID)
	a.name(`,"group":`).text(w.Group)
	a.name(`,"instance":`).text(w.Instance)
	a.name(`,"cpu_pct":`).float(w.CPUPct)
	a.name(`,"rss_mb":`).int(w.RSSMB)
	a.name(`,"io_r_mb_s":`).float(w.IOReadMBS)
	a.name(`,"io_w_mb_s":`).float(w.IOWriteMBS)
	a.name(`,"uptime_s":`).int(w.UptimeS)
	a.name(`,"gpu_util_pct":`).float(w.GPUUtilPct)
	a.name(`,"vram_mb":`).int(w.VRAMMB)
	a.name(`,"total_vram_mb":`).int(w.TotalVRAMMB)
	a.name(`,"model":`).optionalText(w.Model)
	a.name("}")
}

func (a *appender) node(n *Node) {
	a.name(`{"cpu_pct":`).float(n.CPUPct)
	a.name(`,"ram_used_mb":`).int(n.RAMUsedMB)
	a.name(`,"ram_total_mb":`).int(n.RAMTotalMB)
	a.name(`,"gpus":`)
	list(a, n.GPUs, a.gpuSample)
	a.name("}")
}

func (a *appender) gpuSample(g *GPU) {
	a.name(`{"id":`).text(g.ID)
	a.name(`,"util_pct":`).optionalFloat(g.UtilPct)
	a.name(`,"vram_used_mb":`).optional(g.VRAMUsedMB)
	a.name(`,"vram_total_mb":`).optional(g.VRAMTotalMB)
	a.name(`,"temp_c":`).optionalFloat(g.TempC)
	a.name(`,"power_w":`).optionalFloat(g.PowerW)
	if g.ForeignVRAMMB != nil {
		a.name(`,"foreign_vram_mb":`).int(*g.ForeignVRAMMB)
	}
	a.name("}")
}
