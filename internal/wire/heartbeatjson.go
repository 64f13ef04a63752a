package wire

// ParseJSON reads a heartbeat into an empty one, several times faster than a
// decoder for any type does, if it is telemetry as programs write it. False says
// that it is not; then h is empty again, and a decoder has to judge. When it is
// true, a decoder would have read the same.
func (h *Heartbeat) ParseJSON(data []byte) bool {
	s := scanner{b: data}
	h.scan(&s)
	if s.end() {
		return true
	}
	*h = Heartbeat{}
	return false
}

func (h *Heartbeat) scan(s *scanner) {
	s.object(func(name []byte) int {
		switch string(name) {
		case "hive":
			h.Hive.scan(s)
			return 0
		case "timestamp":
			s.odd = h.Timestamp.UnmarshalText(s.raw()) != nil || s.odd
			return 1
		case "workers":
			if !s.null() {
				h.Workers = []Worker{}
				s.array(func() {
					h.Workers = append(h.Workers, Worker{})
					h.Workers[len(h.Workers)-1].scan(s)
				})
			}
			return 2
		case "node":
			if !s.null() {
				h.Node = &Node{}
				h.Node.scan(s)
			}
			return 3
		}
		return unknown // or capabilities, which come once
	})
}

func (i *HiveInfo) scan(s *scanner) {
	s.object(func(name []byte) int {
		switch string(name) {
		case "id":
			i.ID = s.text()
			return 0
		case "instance_id":
			i.InstanceID = s.text()
			return 1
		case "hostname":
			i.Hostname = s.text()
			return 2
		case "port":
			i.Port = int(s.int())
			return 3
		case "operational_status":
			s.odd = i.OperationalStatus.UnmarshalText(s.raw()) != nil || s.odd
			return 4
		case "health_status":
			i.HealthStatus.scan(s)
			return 5
		case "version":
			i.Version = s.word()
			return 6
		}
		return unknown
	})
}

func (h *HealthStatus) scan(s *scanner) {
	s.object(func(name []byte) int {
		switch string(name) {
		case "status":
			s.odd = h.Status.UnmarshalText(s.raw()) != nil || s.odd
			return 0
		case "reason":
			h.Reason = s.word()
			return 1
		}
		return unknown
	})
}

func (w *Worker) scan(s *scanner) {
	s.object(func(name []byte) int {
		switch string(name) {
		case "pid":
			w.PID = s.int()
			return 0
		case "group":
			w.Group = s.word()
			return 1
		case "instance":
			w.Instance = s.word()
			return 2
		case "cpu_pct":
			w.CPUPct = s.float()
			return 3
		case "rss_mb":
			w.RSSMB = s.int()
			return 4
		case "io_r_mb_s":
			w.IOReadMBS = s.float()
			return 5
		case "io_w_mb_s":
			w.IOWriteMBS = s.float()
			return 6
		case "uptime_s":
			w.UptimeS = s.int()
			return 7
		case "gpu_util_pct":
			w.GPUUtilPct = s.float()
			return 8
		case "vram_mb":
			w.VRAMMB = s.int()
			return 9
		case "total_vram_mb":
			w.TotalVRAMMB = s.int()
			return 10
		case "model":
			if !s.null() {
				model := s.word()
				w.Model = &model
			}
			return 11
		}
		return unknown
	})
}

func (n *Node) scan(s *scanner) {
	s.object(func(name []byte) int {
		switch string(name) {
		case "cpu_pct":
			n.CPUPct = s.float()
			return 0
		case "ram_used_mb":
			n.RAMUsedMB = s.int()
			return 1
		case "ram_total_mb":
			n.RAMTotalMB = s.int()
			return 2
		case "gpus":
			if !s.null() {
				n.GPUs = []GPU{}
				s.array(func() {
					n.GPUs = append(n.GPUs, GPU{})
					n.GPUs[len(n.GPUs)-1].scan(s)
				})
			}
			return 3
		}
		return unknown
	})
}

func (g *GPU) scan(s *scanner) {
	told := new(struct { // all at once
		util, temp, power    float64
		used, total, foreign int64
	})
	s.object(func(name []byte) int {
		switch string(name) {
		case "id":
			g.ID = s.word()
			return 0
		case "util_pct":
			g.UtilPct = s.optionalFloat(&told.util)
			return 1
		case "vram_used_mb":
			g.VRAMUsedMB = s.optional(&told.used)
			return 2
		case "vram_total_mb":
			g.VRAMTotalMB = s.optional(&told.total)
			return 3
		case "temp_c":
			g.TempC = s.optionalFloat(&told.temp)
			return 4
		case "power_w":
			g.PowerW = s.optionalFloat(&told.power)
			return 5
		case "foreign_vram_mb":
			g.ForeignVRAMMB = s.optional(&told.foreign)
			return 6
		}
		return unknown
	})
}
