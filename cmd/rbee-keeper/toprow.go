package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"rbee/internal/wire"
)

// live says whether what a hive told last is how it is now.
func live(h *wire.Hive) bool {
	return h.Status == wire.StatusHealthy || h.Status == wire.StatusDegraded
}

func (m topModel) row(e entry) row {
	r := hiveRow(e.hive, m.seen.now())
	if e.worker != nil {
		r = workerRow(e.worker)
	}
	if m.seen.away > 0 || !live(e.hive) {
		r.style = grey
	}
	if m.seen.away > 0 {
		r.status = ""
	}
	return r
}

// hiveRow is the line of a hive, at a time of the queen's clock.
func hiveRow(h *wire.Hive, now time.Time) row {
	var cpu, ram, util, vram, temp, power string
	if n := h.Node; n != nil {
		cpu, ram = percent(n.CPUPct), ratio(&n.RAMUsedMB, &n.RAMTotalMB)
		util, _ = load(n.GPUs)
		part, whole := sumVRAM(n.GPUs)
		vram, temp, power = ratio(part, whole), hottest(n.GPUs), sumPower(n.GPUs)
	}
	seen := strings.TrimSuffix(age(now, h.LastSeen), " ago")
	r := row{cells: []string{
		h.ID, string(h.Status), seen, dash(cpu), dash(ram), dash(util), dash(vram), dash(temp), dash(power), strconv.Itoa(len(h.Workers)),
	}}
	r.status = wordStyles[string(h.Status)]
	return r
}

func workerRow(w *wire.Worker) row {
	name := "  " + strings.Trim(w.Group+"/"+w.Instance, "/")
	if name == "  " {
		name += "pid " + strconv.FormatInt(w.PID, 10)
	}
	if w.Model != nil {
		name += " " + *w.Model
	}
	cells := make([]string, len(topColumns))
	copy(cells[beforeFigures:], []string{percent(w.CPUPct), ratio(&w.RSSMB, nil), "", ""})
	if w.VRAMMB > 0 || w.GPUUtilPct > 0 {
		total := &w.TotalVRAMMB
		if *total == 0 {
			total = nil
		}
		cells[beforeFigures+2], cells[beforeFigures+3] = percent(w.GPUUtilPct), ratio(&w.VRAMMB, total)
	}
	return row{name: name, cells: cells}
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// ratio is a share of a memory as short as it can be said: 8.1/24G.
func ratio(part, whole *int64) string {
	text := func(mb *int64) string {
		gb := float64(*mb) / 1024
		if gb < 9.95 {
			return strings.TrimSuffix(strconv.FormatFloat(gb, 'f', 1, 64), ".0")
		}
		return strconv.FormatFloat(gb, 'f', 0, 64)
	}
	switch {
	case part == nil && whole == nil:
		return ""
	case whole == nil:
		return text(part) + "G"
	case part == nil:
		return "?/" + text(whole) + "G"
	default:
		return text(part) + "/" + text(whole) + "G"
	}
}

// hottest is the highest temperature told.
func hottest(gpus []wire.GPU) string {
	most := math.Inf(-1)
	for _, g := range gpus {
		if g.TempC != nil {
			most = max(most, *g.TempC)
		}
	}
	if math.IsInf(most, -1) {
		return ""
	}
	return fmt.Sprintf("%.0f°C", most)
}

// sumPower is what the GPUs that tell it draw together.
func sumPower(gpus []wire.GPU) string {
	sum, known := 0.0, false
	for _, g := range gpus {
		if g.PowerW != nil {
			sum += *g.PowerW
			known = true
		}
	}
	if !known {
		return ""
	}
	return fmt.Sprintf("%.0fW", sum)
}
