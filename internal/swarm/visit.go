package swarm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"rbee/internal/wire"
)

// maxVisit bounds a request to a simulated hive.
const maxVisit = 16 << 10

// visit is a connection to one hive's listener: one request, one answer.
type visit struct {
	fd   int
	hive int32
	text []byte
}

// open makes a hive listen.
func (l *loop) open(h *hive) error {
	at := netip.AddrPortFrom(h.address, uint16(l.cfg.Port))
	fd, err := listen(at)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", at, err)
	}
	l.listeners[h.local] = fd
	return l.poll.add(fd, tokenListener|uint64(uint32(h.local)))
}

// welcome takes who has come to a hive's listener.
func (l *loop) welcome(h *hive) {
	for {
		fd, err := accept(l.listeners[h.local])
		if err != nil {
			return
		}
		l.nextVisit++
		id := l.nextVisit
		if err := l.poll.add(fd, tokenVisit|uint64(id)); err != nil {
			closeSocket(fd)
			return
		}
		l.visits[id] = &visit{fd: fd, hive: h.local}
	}
}

// hear reads a visitor's request and answers it once it is whole.
func (l *loop) hear(id uint32) {
	v := l.visits[id]
	if v == nil {
		return
	}
	n, err := readSocket(v.fd, l.buf)
	if n > 0 {
		v.text = append(v.text, l.buf[:n]...)
	}
	whole := bytes.Contains(v.text, []byte("\r\n\r\n"))
	if errors.Is(err, syscall.EAGAIN) && !whole {
		return
	}
	if n > 0 && !whole && len(v.text) < maxVisit {
		return
	}
	if whole {
		_, _ = writeSocket(v.fd, l.reply(&l.hives[v.hive], v.text)) // short: a fresh connection takes it
	}
	closeSocket(v.fd)
	delete(l.visits, id)
}

// reply answers GET /capabilities; a simulated hive has nothing else.
func (l *loop) reply(h *hive, request []byte) []byte {
	line, _, _ := bytes.Cut(request, []byte("\r\n"))
	words := strings.Fields(string(line))
	if len(words) != 3 || words[0] != "GET" {
		return respond("405 Method Not Allowed", nil)
	}
	path, query, _ := strings.Cut(words[1], "?")
	if path != wire.PathCapabilities {
		return respond("404 Not Found", nil)
	}
	warning := l.pull(h, query)
	name := fmt.Sprintf("%s%0*d", l.cfg.IDPrefix, idDigits, h.number)
	answer := wire.Capabilities{
		Hive: &wire.HiveInfo{
			ID: name, InstanceID: fmt.Sprintf("%s%0*x", instancePrefix(l.cfg.IDPrefix), instanceDigits, h.index),
			Hostname: name, Port: l.cfg.Port, OperationalStatus: wire.Ready,
			HealthStatus: wire.HealthStatus{Status: wire.HealthHealthy}, Version: l.cfg.Version,
		},
		State: h.link.state, Devices: devices(l.cfg), Warning: warning,
	}
	if h.link.state != wire.Standalone {
		answer.QueenURL = &l.cfg.Queen
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return respond("500 Internal Server Error", nil)
	}
	return respond("200 OK", body)
}

func respond(status string, body []byte) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, len(body), body)
}

// pull obeys a pull for this swarm's queen; the warning says why another, or
// none, changed nothing.
func (l *loop) pull(h *hive, query string) (warning string) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return "the query cannot be read"
	}
	if !q.Has(wire.QueryQueenURL) {
		return ""
	}
	l.live.Pulls++
	asked, err := wire.ParseURL(q.Get(wire.QueryQueenURL))
	if err != nil {
		return wire.QueryQueenURL + " is refused: " + err.Error()
	}
	if asked != l.cfg.Queen && asked != "http://"+l.queen.String() {
		return "this simulated hive knows the queen " + l.cfg.Queen + " only"
	}
	if h.step != stepIdle || l.stopping {
		return "" // during an attempt a pull adds nothing
	}
	now := l.clock.now()
	if at, changed := h.link.pulled(now); changed {
		l.wheel.clear(h.local)
		l.schedule(h, at, now)
	}
	return ""
}
