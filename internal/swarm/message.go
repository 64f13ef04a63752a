package swarm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/netip"
	"time"

	"rbee/internal/wire"
)

// kind is what a heartbeat is for.
type kind uint8

// The kinds of heartbeats.
const (
	kindTelemetry kind = iota
	kindDiscovery      // with capabilities
	kindFarewell       // the last before a planned stop
	kinds
)

// models are what the workers of different hives run.
var models = [...]string{"llama-3.2-1b", "qwen2.5-coder-14b-q4_k_m", "mistral-small-24b", "gemma-3-12b-it"}

// The number of a hive in its id and in its instance id.
const (
	idDigits       = 6
	instanceDigits = 12
)

// marks stand in a new message where the number of a hive goes; they are no
// part of anything else in it.
const (
	markID       = "999999"
	markInstance = "ffffffffffff"
)

// message is a whole request. All hives of a loop share it: before each send,
// the few bytes in which they differ are patched, all of fixed width.
type message struct {
	text     []byte
	ids      []int // where the number of the hive goes
	instance int
	stamp    int
	figures  []figure
}

// newMessage spells a request of a hive that runs model.
func newMessage(c *Config, queen netip.AddrPort, k kind, model string) (*message, error) {
	hb := sample(c, k, model)
	if err := hb.Validate(); err != nil {
		return nil, err
	}
	body, err := json.Marshal(hb)
	if err != nil {
		return nil, err
	}
	moment := hb.Timestamp.Format(stampLayout)
	body = bytes.Replace(body, []byte(`"timestamp":"`+hb.Timestamp.Format(time.RFC3339Nano)+`"`), []byte(`"timestamp":"`+moment+`"`), 1)
	body, figures := animate(body)
	head := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: rbee-swarm/%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		wire.PathHeartbeat, queen, c.Version, len(body))
	m := &message{text: append(head, body...), figures: figures}
	for i := range m.figures {
		m.figures[i].at += len(head)
	}
	for _, key := range []string{`"id":"`, `"hostname":"`} {
		text := key + c.IDPrefix + markID
		at := bytes.Index(m.text, []byte(text))
		if at < 0 {
			return nil, fmt.Errorf("the message lacks %s", text)
		}
		m.ids = append(m.ids, at+len(text)-idDigits)
	}
	m.instance = bytes.Index(m.text, []byte(markInstance))
	m.stamp = bytes.Index(m.text, []byte(moment))
	return m, nil
}

// sample is what all hives with that model have in common.
func sample(c *Config, k kind, model string) *wire.Heartbeat {
	ready := wire.Ready
	if k == kindFarewell {
		ready = wire.Stopped
	}
	name := c.IDPrefix + markID
	hb := &wire.Heartbeat{
		Hive: wire.HiveInfo{
			ID: name, InstanceID: instancePrefix(c.IDPrefix) + markInstance, Hostname: name, Port: c.announced(),
			OperationalStatus: ready, HealthStatus: wire.HealthStatus{Status: wire.HealthHealthy}, Version: c.Version,
		},
		Timestamp: time.Date(2025, 10, 30, 22, 0, 0, 123e6, time.UTC),
		Workers:   make([]wire.Worker, c.Workers),
		Node:      &wire.Node{RAMTotalMB: 65536, GPUs: make([]wire.GPU, c.GPUs)},
	}
	for i := range hb.Workers {
		hb.Workers[i] = wire.Worker{PID: 1, Group: "llm", Instance: fmt.Sprint(8080 + i), TotalVRAMMB: 24564, Model: &model}
	}
	total := int64(24564)
	for i := range hb.Node.GPUs {
		zero, none := 0.0, int64(0)
		hb.Node.GPUs[i] = wire.GPU{
			ID: fmt.Sprintf("GPU-%d", i), UtilPct: &zero, VRAMUsedMB: &none, VRAMTotalMB: &total, TempC: &zero, PowerW: &zero,
		}
	}
	if k == kindDiscovery {
		hb.Capabilities = devices(c)
	}
	return hb
}

// devices are what each hive has to compute on.
func devices(c *Config) []wire.Device {
	vram, ram, capability := int64(24), int64(64), "8.9"
	var list []wire.Device
	for i := range c.GPUs {
		list = append(list, wire.Device{
			ID: fmt.Sprintf("GPU-%d", i), Name: "NVIDIA GeForce RTX 4090", DeviceType: "gpu", VRAMGB: &vram, ComputeCapability: &capability,
		})
	}
	return append(list, wire.Device{ID: "CPU-0", Name: "CPU (16 cores)", DeviceType: "cpu", VRAMGB: &ram})
}

// instancePrefix is the first part of all instance ids under an id prefix: a
// swarm that is started again is the same machines, another is others.
func instancePrefix(idPrefix string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(idPrefix))
	return fmt.Sprintf("%08x-0000-7000-8000-", h.Sum32())
}

// patch makes the message that of one hive at one time.
func (m *message) patch(h *hive, s *stamp, unixMS int64, random uint64) []byte {
	for _, at := range m.ids {
		putDigits(m.text[at:at+idDigits], uint64(h.number))
	}
	putHex(m.text[m.instance:m.instance+instanceDigits], uint64(h.index))
	s.put(m.text[m.stamp:], unixMS)
	for i := range m.figures {
		m.figures[i].put(m.text, h, i, random)
	}
	return m.text
}
