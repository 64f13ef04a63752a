package main

import (
	"context"
	"fmt"
	"time"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// hives judges what the queen says of each.
func (d *doctor) hives(ctx context.Context, info *wire.Info) {
	list, err := asked(ctx, d, (*queenclient.Client).Hives)
	if err != nil {
		d.wrong("hives", brief(err), "try again")
		return
	}
	if len(list.Hives) == 0 {
		d.warn("hives", "the queen knows none", "start rbee-hive on a machine of her SSH config, or with --queen-url; 'rbee-keeper discover' looks for them now")
	} else {
		count := map[wire.Status]int{}
		for i := range list.Hives {
			count[list.Hives[i].Status]++
		}
		d.ok("hives", "%d known: %d healthy, %d degraded, %d down, %d unconfirmed, %d stopped", len(list.Hives),
			count[wire.StatusHealthy], count[wire.StatusDegraded], count[wire.StatusDown], count[wire.StatusUnconfirmed], count[wire.StatusStopped])
	}
	for i := range list.Hives {
		d.hive(&list.Hives[i])
	}
	d.versions(info, list.Hives)
	e, err := d.last(ctx, wire.EventIDConflict)
	if err == nil && e != nil && d.now().Sub(e.At) < sinceWhen {
		d.warn("hive "+e.HiveID, "another machine had its id, "+age(d.now(), e.At),
			"start one of the two with another --hive-id; a cloned machine needs a new state directory")
	}
}

// roughly leaves out what is too fine to matter.
func roughly(d time.Duration) time.Duration {
	if d > 10*time.Second {
		return d.Round(time.Second)
	}
	return d.Round(time.Second / 10)
}

func (d *doctor) hive(h *wire.Hive) {
	subject := "hive " + h.ID
	switch h.Status {
	case wire.StatusDown:
		d.warn(subject, "down, seen last "+age(d.now(), h.LastSeen),
			"see whether rbee-hive runs there, and reaches the queen; 'rbee-keeper forget "+h.ID+"' if it is gone for good")
	case wire.StatusDegraded:
		d.warn(subject, "degraded: heartbeats are late", "look at the network and the load: 'rbee-keeper history "+h.ID+" --since 1h'")
	case wire.StatusUnconfirmed:
		d.warn(subject, "not heard of since the queen started, seen last "+age(d.now(), h.LastSeen),
			"'rbee-keeper discover' looks for it; see whether rbee-hive runs there; 'rbee-keeper forget "+h.ID+"' if it is gone for good")
	case wire.StatusHealthy, wire.StatusStopped: // as it should be
	}
	if h.HealthStatus.Status != wire.HealthHealthy && h.HealthStatus.Status != "" && live(h) {
		d.warn(subject, fmt.Sprintf("calls itself %s: %s", h.HealthStatus.Status, h.HealthStatus.Reason), "'rbee-keeper check "+h.ID+"' on its machine tells more")
	}
	if skew := h.ClockSkewMS; skew != nil && live(h) {
		off := time.Duration(*skew) * time.Millisecond
		word := "ahead of"
		if off < 0 {
			word = "behind"
		}
		if off.Abs() > muchSkew {
			d.warn(subject, fmt.Sprintf("its clock is %v %s the queen's", roughly(off.Abs()), word),
				"have NTP (chrony, systemd-timesyncd) set the clocks of both machines: 'timedatectl' says which is wrong")
		}
	}
}
