package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

func (k *keeper) hiveCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "hive ID",
		Short:             "Show one hive: identity, devices, load, workers",
		Args:              hiveID,
		ValidArgsFunction: k.completes(hives),
		RunE: func(cmd *cobra.Command, args []string) error {
			hive, err := ask(cmd.Context(), k, func(ctx context.Context, queen *queenclient.Client) (*wire.Hive, error) {
				return queen.Hive(ctx, args[0])
			})
			if err != nil {
				return err
			}
			return k.print(hive, func(on sheet) string { return hivePage(k.now(), hive, on) })
		},
	}
}

// hivePage is all that is known of one hive.
func hivePage(now time.Time, h *wire.Hive, on sheet) string {
	parts := []string{facts(now, h).draw(on)}
	if len(h.Devices) > 0 || (h.Node != nil && len(h.Node.GPUs) > 0) {
		parts = append(parts, devicesTable(h).draw(on))
	}
	if len(h.Workers) > 0 {
		parts = append(parts, workersTable(h.Workers).draw(on))
	}
	return strings.Join(parts, "\n")
}

// facts are the name and state of a hive, one a line; what is not known has none.
func facts(now time.Time, h *wire.Hive) *table {
	t := newTable(column{}, column{give: 1, style: factStyle})
	fact := func(name, value string) {
		if value != "" {
			t.add(name, value)
		}
	}
	fact("hive", h.ID)
	fact("status", fmt.Sprintf("%s, %s, seen %s", h.Status, h.OperationalStatus, age(now, h.LastSeen)))
	health := string(h.HealthStatus.Status)
	if h.HealthStatus.Reason != "" {
		health += ": " + h.HealthStatus.Reason
	}
	fact("health", health)
	fact("address", address(h.Address, h.Port))
	fact("alias", h.Alias)
	fact("aliases", strings.Join(h.Aliases, ", "))
	fact("hostname", h.Hostname)
	fact("instance", h.InstanceID)
	fact("version", h.Version)
	fact("registered", fmt.Sprintf("in epoch %d", h.RegisteredEpoch))
	fact("first seen", age(now, h.FirstSeen))
	if h.ClockSkewMS != nil {
		fact("clock skew", fmt.Sprintf("%+d ms", *h.ClockSkewMS))
	}
	if h.Node != nil {
		fact("cpu", percent(h.Node.CPUPct))
		fact("memory", used(&h.Node.RAMUsedMB, &h.Node.RAMTotalMB))
	}
	return t
}

// factStyle is that of the words that judge.
func factStyle(row []string) string {
	if row[0] != "status" && row[0] != "health" {
		return ""
	}
	word, _, _ := strings.Cut(row[1], ",")
	word, _, _ = strings.Cut(word, ":")
	return wordStyles[word]
}

// devicesTable joins what a hive announced with its latest figures. A GPU that
// was measured but never announced has a row too.
func devicesTable(h *wire.Hive) *table {
	t := newTable(
		column{title: "DEVICE", give: 3, least: 8}, column{title: "TYPE"}, column{title: "MEMORY"}, column{title: "COMPUTE", give: 2, least: 7},
		column{title: "UTIL", right: true}, column{title: "TEMP", right: true}, column{title: "POWER", right: true},
		column{title: "NAME", give: 1, least: 16},
	)
	samples := map[string]wire.GPU{}
	if h.Node != nil {
		for _, g := range h.Node.GPUs {
			samples[g.ID] = g
		}
	}
	for _, d := range h.Devices {
		memory, compute := "", ""
		if d.VRAMGB != nil {
			memory = fmt.Sprintf("%d GB", *d.VRAMGB)
		}
		if d.ComputeCapability != nil {
			compute = *d.ComputeCapability
		}
		g := samples[d.ID]
		delete(samples, d.ID)
		if text := used(g.VRAMUsedMB, g.VRAMTotalMB); text != "" {
			memory = text
		}
		util, temp, power := figures(g)
		t.add(d.ID, d.DeviceType, memory, compute, util, temp, power, d.Name)
	}
	if h.Node != nil {
		for _, g := range h.Node.GPUs {
			if _, left := samples[g.ID]; left {
				util, temp, power := figures(g)
				t.add(g.ID, "gpu", used(g.VRAMUsedMB, g.VRAMTotalMB), "", util, temp, power, "")
			}
		}
	}
	return t
}

// figures of a GPU, empty where the driver tells none.
func figures(g wire.GPU) (util, temp, power string) {
	if g.UtilPct != nil {
		util = percent(*g.UtilPct)
	}
	if g.TempC != nil {
		temp = fmt.Sprintf("%.0f°C", *g.TempC)
	}
	if g.PowerW != nil {
		power = fmt.Sprintf("%.0f W", *g.PowerW)
	}
	return util, temp, power
}

func workersTable(workers []wire.Worker) *table {
	t := newTable(
		column{title: "PID", right: true}, column{title: "GROUP", give: 3, least: 8}, column{title: "INSTANCE", give: 2, least: 8},
		column{title: "CPU", right: true}, column{title: "MEMORY", right: true}, column{title: "GPU", right: true},
		column{title: "VRAM", right: true}, column{title: "UP", right: true}, column{title: "MODEL", give: 1, least: 12},
	)
	for i := range workers {
		w := &workers[i]
		model := ""
		if w.Model != nil {
			model = *w.Model
		}
		t.add(strconv.FormatInt(w.PID, 10), w.Group, w.Instance, percent(w.CPUPct), gigabytes(w.RSSMB)+" GB", percent(w.GPUUtilPct),
			gigabytes(w.VRAMMB)+" GB", span(time.Duration(w.UptimeS)*time.Second), model)
	}
	return t
}
