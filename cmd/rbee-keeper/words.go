package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"rbee/internal/wire"
)

// age is how long ago at was; clocks of two machines differ, so what lies ahead
// counts as now.
func age(now, at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return span(max(0, now.Sub(at))) + " ago"
}

// span is a time in its largest unit.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}

// utc is a time for a line that is kept.
func utc(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func address(host string, port int) string {
	if host == "" {
		return ""
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

func percent(f float64) string { return strconv.Itoa(int(math.Round(f))) + "%" }

// gigabytes writes MiB as GiB, which people and the contract call GB.
func gigabytes(mb int64) string {
	return strings.TrimSuffix(strconv.FormatFloat(float64(mb)/1024, 'f', 1, 64), ".0")
}

// used is a share of a memory; a side that is not known is '?'.
func used(part, whole *int64) string {
	text := func(mb *int64) string {
		if mb == nil {
			return "?"
		}
		return gigabytes(*mb)
	}
	if part == nil && whole == nil {
		return ""
	}
	return text(part) + "/" + text(whole) + " GB"
}

// load is the mean use of the GPUs and the sum of their memory, of those that
// tell it.
func load(gpus []wire.GPU) (util, vram string) {
	if mean, known := meanUtil(gpus); known {
		util = percent(mean)
	}
	return util, used(sumVRAM(gpus))
}

func meanUtil(gpus []wire.GPU) (mean float64, known bool) {
	n := 0.0
	for _, g := range gpus {
		if g.UtilPct != nil {
			mean += *g.UtilPct
			n++
		}
	}
	return mean / max(1, n), n > 0
}

func sumVRAM(gpus []wire.GPU) (part, whole *int64) {
	plus := func(total **int64, n *int64) {
		if n == nil {
			return
		}
		if *total == nil {
			*total = new(int64)
		}
		**total += *n
	}
	for _, g := range gpus {
		plus(&part, g.VRAMUsedMB)
		plus(&whole, g.VRAMTotalMB)
	}
	return part, whole
}

// summary is what a hive can compute on, in a few characters.
func summary(devices []wire.Device) string {
	var gpus int
	var vram, ram int64
	for _, d := range devices {
		size := int64(0)
		if d.VRAMGB != nil {
			size = *d.VRAMGB
		}
		if d.DeviceType == "cpu" {
			ram += size
			continue
		}
		gpus++
		vram += size
	}
	switch {
	case len(devices) == 0:
		return ""
	case gpus == 0:
		return fmt.Sprintf("CPU %d GB", ram)
	default:
		return fmt.Sprintf("%d GPU %d GB", gpus, vram)
	}
}

// detail writes the object of an event as key=value, sorted by key.
func detail(raw json.RawMessage) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return string(raw)
	}
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for i, key := range keys {
		keys[i] = key + "=" + plain(object[key])
	}
	return strings.Join(keys, " ")
}

// plain writes a string without quotes where none are needed, anything else as
// compact JSON.
func plain(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil && string(raw) != "null" {
		if text == "" || strings.ContainsAny(text, " =\"") {
			return strconv.Quote(text)
		}
		return text
	}
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return string(raw)
	}
	return compact.String()
}

// bytesText is a number of bytes in the largest of MB and GB that it fills.
func bytesText(n int64) string {
	const mib = 1 << 20
	if n < 1024*mib {
		return strconv.FormatInt(n/mib, 10) + " MB"
	}
	return strconv.FormatFloat(float64(n)/(1024*mib), 'f', 1, 64) + " GB"
}
