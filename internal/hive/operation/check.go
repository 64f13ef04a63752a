package operation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rbee/internal/hive/job"
	"rbee/internal/hive/worker/catalog"
	"rbee/internal/wire"
)

// hiveCheck looks at everything that a hive needs, and says what to do about
// what is not well. It fails only if it could not look.
func (s *Set) hiveCheck(ctx context.Context, _ *wire.JobRequest, out *job.Output) error {
	check := wire.HiveCheck{Findings: []wire.Finding{}}
	for _, look := range []func(context.Context) []wire.Finding{
		s.checkLink, s.checkClock, s.checkDevices, s.checkDisks, s.checkPorts, s.checkKinds, s.checkModels, s.checkWorkers,
	} {
		for _, f := range look(ctx) {
			f.Detail = wire.Printable(f.Detail)
			check.Findings = append(check.Findings, f)
			text := fmt.Sprintf("%-7s %s: %s", f.Level, f.Subject, f.Detail)
			if f.Remedy != "" {
				text += " (" + f.Remedy + ")"
			}
			out.Printf("%s", text)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return out.Result(check)
}

func ok(subject, format string, args ...any) wire.Finding {
	return wire.Finding{Level: wire.FindingOK, Subject: subject, Detail: fmt.Sprintf(format, args...)}
}

func warning(subject, detail, remedy string) wire.Finding {
	return wire.Finding{Level: wire.FindingWarning, Subject: subject, Detail: detail, Remedy: remedy}
}

func wrong(subject, detail, remedy string) wire.Finding {
	return wire.Finding{Level: wire.FindingError, Subject: subject, Detail: detail, Remedy: remedy}
}

func (s *Set) checkLink(context.Context) []wire.Finding {
	self := s.Self()
	queen := "no queen"
	if self.QueenURL != nil {
		queen = *self.QueenURL
	}
	if self.State == wire.DiscoveryPush || self.State == wire.DiscoveryWait {
		return []wire.Finding{warning("queen", queen+" does not take heartbeats ("+string(self.State)+")",
			"start the queen, or name another one with --queen-url; the log says what she answered")}
	}
	return []wire.Finding{ok("queen", "%s (%s)", queen, self.State)}
}

// mostSkew is how far a clock may be from the queen's.
const mostSkew = 2 * time.Second

// checkClock holds the machine's clock against the Date of the queen's last answer.
func (s *Set) checkClock(context.Context) []wire.Finding {
	skew, known := s.Clock()
	if !known {
		return []wire.Finding{ok("clock", "not compared: no queen answers heartbeats, or she does not say what time it is")}
	}
	far, side := skew.Ahead, "ahead of"
	if far < 0 {
		far, side = -far, "behind"
	}
	what := fmt.Sprintf("%.1f s %s the queen's, to within %.1f s", far.Seconds(), side, skew.Within.Seconds())
	switch {
	case far <= mostSkew:
		return []wire.Finding{ok("clock", "%s", what)}
	case far < 2*skew.Within: // most of it may be their way
		return []wire.Finding{ok("clock", "%s: her answers take too long to tell more", what)}
	}
	return []wire.Finding{warning("clock", what,
		"have NTP set the clocks of both machines: chronyc tracking, or timedatectl, says whether it does")}
}

func (s *Set) checkDevices(ctx context.Context) []wire.Finding {
	var found []wire.Finding
	gpus := 0
	node := s.Node()
	for _, d := range s.Devices(ctx) {
		found = append(found, ok("devices", "%s is %s", d.ID, d.Name))
		if strings.HasPrefix(d.ID, "GPU-") {
			gpus++
		}
	}
	switch {
	case gpus == 0:
		found = append(found, ok("driver", "no NVIDIA GPU is seen, workers run on the CPU; if there should be one, see whether nvidia-smi shows it"))
	case node == nil || len(node.GPUs) == 0:
		found = append(found, warning("driver", "the GPUs tell no load and no free memory", "see whether nvidia-smi answers; restart the driver if it hangs"))
	}
	if node == nil {
		found = append(found, warning("machine", "its load is not known", "mount proc where the hive runs"))
	}
	return found
}

// lowDisk is what a disk should have free.
const lowDisk = 2 << 30

func (s *Set) checkDisks(context.Context) []wire.Finding {
	var found []wire.Finding
	for _, d := range s.Disks {
		subject, dir := "disk of "+d[0], d[1]
		var fs unix.Statfs_t
		err := unix.Statfs(dir, &fs)
		free := int64(fs.Bavail) * int64(fs.Bsize) //nolint:unconvert // of either width, by system
		switch {
		case errors.Is(err, os.ErrNotExist):
			found = append(found, ok(subject, "%s is not there yet", dir))
		case err != nil:
			found = append(found, wrong(subject, dir+": "+err.Error(), "make it a directory that the hive's user may use"))
		case free < lowDisk:
			found = append(found, warning(subject, fmt.Sprintf("%s has %d MiB free", dir, free/mib), "make room, or use another disk"))
		default:
			found = append(found, ok(subject, "%s has %d MiB free", dir, free/mib))
		}
	}
	return found
}

// ephemeral is where Linux tells which ports it gives to whoever dials.
const ephemeral = "/proc/sys/net/ipv4/ip_local_port_range"

func (s *Set) checkPorts(context.Context) []wire.Finding {
	used := 0
	for _, st := range s.Fleet.List() {
		if !st.Final && st.Port >= s.Ports[0] && st.Port <= s.Ports[1] {
			used++
		}
	}
	all := s.Ports[1] - s.Ports[0] + 1
	what := fmt.Sprintf("%d of the %d ports from %d to %d are those of workers", used, all, s.Ports[0], s.Ports[1])
	var from, to int
	raw, err := os.ReadFile(ephemeral)
	if err == nil {
		_, err = fmt.Sscan(string(raw), &from, &to)
	}
	switch {
	case used == all:
		return []wire.Finding{wrong("ports", what, "stop workers, or start the hive with a larger --worker-ports")}
	case err == nil && from <= s.Ports[1] && s.Ports[0] <= to:
		return []wire.Finding{warning("ports", fmt.Sprintf("%s; the system gives ports from %d to %d to whoever dials", what, from, to),
			"choose --worker-ports outside of that range")}
	}
	return []wire.Finding{ok("ports", "%s", what)}
}

func (s *Set) checkKinds(context.Context) []wire.Finding {
	var found []wire.Finding
	for _, e := range s.Kinds.List() {
		var bad *catalog.KindError
		switch {
		case e.Err == nil:
			found = append(found, ok("kinds of worker", "%s is %s", e.Name, e.Program))
		case errors.As(e.Err, &bad):
			found = append(found, wrong("kinds of worker", fmt.Sprintf("%s, line %d: %s: %s", bad.File, bad.Line, bad.Field, bad.Problem), bad.Remedy))
		case e.Source != "":
			found = append(found, warning("kinds of worker", e.Name+": "+e.Err.Error(), "install the program, or remove "+e.Source))
		default:
			found = append(found, ok("kinds of worker", "%s cannot run: its program %s is not installed", e.Name, e.Kind.Program))
		}
	}
	return found
}

func (s *Set) checkModels(ctx context.Context) []wire.Finding {
	const most = 20
	list, err := s.ListModels(ctx)
	if err != nil {
		return []wire.Finding{wrong("models", err.Error(), "try again")}
	}
	found := []wire.Finding{ok("models", "%d are known", len(list.Models))}
	for n, p := range list.Problems {
		if n == most {
			return append(found, warning("models", fmt.Sprintf("%d more are left out", len(list.Problems)-most), "see model_list"))
		}
		found = append(found, warning("models", p.Path+" is left out: "+p.Reason, "repair or remove it"))
	}
	return found
}

func (s *Set) checkWorkers(context.Context) []wire.Finding {
	if err := s.whole(); err != nil {
		return []wire.Finding{wrong("workers", err.Error(), "see the hive's log; its heartbeats go on without workers")}
	}
	found := []wire.Finding{ok("workers", "%d are known", len(s.Fleet.List()))}
	for _, h := range s.Fleet.Hints() {
		found = append(found, warning(h.Subject, h.Detail, h.Remedy))
	}
	return found
}
