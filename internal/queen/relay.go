package queen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"rbee/internal/door"
	"rbee/internal/hiveclient"
	"rbee/internal/peer"
	"rbee/internal/sshconfig"
	"rbee/internal/wire"
)

const (
	rememberedJobs = 1000 // of which the queen knows the hive
	quietFor       = 10 * time.Second
	whyLoopback    = "until hives and queen can prove who they are"
)

// errElsewhere refuses to hand a job on to another machine.
var errElsewhere = errors.New("not an address of this machine")

// relay hands jobs on to the hives of the queen's own machine. Of the jobs she
// keeps nothing but which hive has them.
type relay struct {
	registry *registry
	client   *hiveclient.Client // dials this machine only

	mu    sync.Mutex
	hives map[string]string // job id → hive id
	order []string          // job ids, the oldest first
}

func newRelay(q *Queen) *relay {
	dial := q.cfg.Dial
	if dial == nil {
		dial = dialHere
	}
	return &relay{
		registry: q.registry, hives: map[string]string{},
		client: hiveclient.New(peer.Options{Dial: dial, Allow: onThisMachine}),
	}
}

// onThisMachine refuses addresses that are not this machine's: those of its loopback and
// of its interfaces. What is sent to one of them never leaves the machine.
func onThisMachine(a netip.Addr) error {
	if a.IsLoopback() {
		return nil
	}
	own, err := net.InterfaceAddrs() // asked anew: they come and go
	if err != nil {
		return err
	}
	for _, at := range own {
		if p, err := netip.ParsePrefix(at.String()); err == nil && p.Addr().Unmap() == a {
			return nil
		}
	}
	return errElsewhere
}

// dialHere dials an address of this machine from that same address, by which a
// hive that listens there alone knows its own machine. Left to itself the kernel
// may choose another one, the first of the interface for instance. From the
// loopback everything is this machine's.
func dialHere(ctx context.Context, network, addr string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: peer.DialTimeout, KeepAlive: 15 * time.Second}
	if to, err := netip.ParseAddrPort(addr); err == nil && !to.Addr().IsLoopback() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(to.Addr(), 0))
	}
	return dialer.DialContext(ctx, network, addr)
}

// remember notes which hive has a job.
func (r *relay) remember(job, hive string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.hives[job]; !known {
		r.order = append(r.order, job)
	}
	r.hives[job] = hive
	for len(r.order) > rememberedJobs {
		delete(r.hives, r.order[0])
		r.order = slices.Delete(r.order, 0, 1)
	}
}

// place is a hive that jobs can be handed on to.
type place struct {
	jobs     *hiveclient.Jobs
	loopback *hiveclient.Jobs // the same port on the loopback; nil when jobs is that
	hive     *hive
}

// asked asks the hive where the queen knows it and, if it takes that from the
// loopback only, there: it does so when it listens on all addresses, and then
// nobody else has its port on the loopback.
func asked[T any](p *place, ask func(*hiveclient.Jobs) (T, error)) (T, error) {
	got, err := ask(p.jobs)
	var said, again *wire.Problem
	if p.loopback == nil || !errors.As(err, &said) || said.Code != wire.CodeLoopbackOnly {
		return got, err
	}
	if other, otherErr := ask(p.loopback); otherErr == nil || errors.As(otherErr, &again) {
		return other, otherErr
	}
	return got, err
}

// at finds the hive of that id, if it is one that jobs are handed on to.
func (q *Queen) at(id string) (*place, error) {
	h, err := q.lookUp(id)
	if err != nil {
		return nil, err
	}
	p := &place{jobs: q.relay.client.Jobs(h.Address, h.Port), hive: h}
	if sshconfig.LoopbackName(h.Address) {
		return p, nil
	}
	loopback := "127.0.0.1"
	if a, err := netip.ParseAddr(h.Address); err == nil { // a name is judged when it is resolved
		if onThisMachine(a.Unmap()) != nil {
			return nil, elsewhere(h)
		}
		if a.Unmap().Is6() {
			loopback = "::1"
		}
	}
	p.loopback = q.relay.client.Jobs(loopback, h.Port)
	return p, nil
}

// having finds the hive that has a job: the one that is named, else the one that
// the queen remembers.
func (q *Queen) having(job, hive string) (*place, error) {
	if !wire.ValidJobID(job) {
		return nil, invalid(fmt.Errorf("job id %q is not valid: expected job- and a UUID", wire.Printable(job)))
	}
	if hive == "" {
		q.relay.mu.Lock()
		hive = q.relay.hives[job]
		q.relay.mu.Unlock()
	}
	if hive == "" {
		return nil, wire.NewProblem(wire.CodeUnknownJob, fmt.Sprintf("the queen does not know which hive has the job %q", job),
			"name it with ?hive_id=; she remembers the last "+strconv.Itoa(rememberedJobs)+" jobs that she handed on since she started")
	}
	return q.at(hive)
}

func elsewhere(h *hive) *wire.Problem {
	return wire.NewProblem(wire.CodeLoopbackOnly,
		fmt.Sprintf("the hive %q is at %s, not on the queen's own machine: jobs are handed on within one machine only, %s", h.ID, h.where(), whyLoopback),
		"run the command on that machine, with a queen or the hive's own /v1/jobs there")
}

// failed turns what became of a question to a hive into what a client is told.
// What the hive says is passed on as it is.
func (p *place) failed(err error) *wire.Problem {
	var said *wire.Problem
	var answered *hiveclient.StatusError
	why := "cannot be reached: " + wire.Printable(err.Error())
	switch {
	case errors.As(err, &said):
		return said
	case errors.Is(err, errElsewhere):
		return elsewhere(p.hive)
	case errors.As(err, &answered), errors.Is(err, hiveclient.ErrNotAHive):
		why = "did not answer as a hive does: " + wire.Printable(err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		why = "did not answer in time"
	}
	return wire.NewProblem(wire.CodeHiveUnreachable, fmt.Sprintf("the hive %q at %s %s", p.hive.ID, p.hive.where(), why),
		"look whether rbee-hive runs there and is up to date; GET "+wire.PathHives+"/"+p.hive.ID+" tells when it was last heard of")
}

// refuseRemote is the problem for a client on another machine, nil for others.
func refuseRemote(r *http.Request) *wire.Problem {
	if door.FromThisMachine(r) {
		return nil
	}
	return wire.NewProblem(wire.CodeLoopbackOnly,
		fmt.Sprintf("jobs are served to programs on the queen's own machine only, %s; this came from %s", whyLoopback, wire.Printable(r.RemoteAddr)),
		"run the command on the queen's machine, and use http://127.0.0.1 there, or the one address she listens on")
}

// localOnly puts refuseRemote in front of a plain handler.
func localOnly(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p := refuseRemote(r); p != nil {
			door.WriteProblem(w, p)
			return
		}
		next(w, r)
	}
}

// localClients is refuseRemote as huma's middleware.
func localClients(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	localOnly(func(http.ResponseWriter, *http.Request) { next(ctx) })(w, r)
}

// opening opens a long answer of a hive.
type opening func(context.Context, *hiveclient.Jobs) (*hiveclient.Stream, error)

// pass hands a long answer of a hive on as it comes, until it ends, the client
// leaves or the queen stops. One that breaks off breaks off for the client too.
func (q *Queen) pass(w http.ResponseWriter, r *http.Request, p *place, open opening, events bool) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() {
		select {
		case <-q.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	stream, err := asked(p, func(hive *hiveclient.Jobs) (*hiveclient.Stream, error) { return open(ctx, hive) })
	if err != nil {
		answerProblem(w, p.failed(err))
		return
	}
	defer stream.Close()
	door.OpenEnded(w)
	w.Header().Set("Cache-Control", "no-store")
	out := reader{w: w, rc: http.NewResponseController(w)}
	defer func() { _ = out.rc.SetWriteDeadline(time.Now().Add(writeWithin)) }() // for the end of the answer
	switch {
	case stream.Ended:
		w.WriteHeader(http.StatusNoContent)
		return
	case events:
		w.Header().Set("Content-Type", peer.ContentTypeEvents)
		err = passEvents(out, stream)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		err = stream.Copy(out.write)
	}
	if !errors.Is(err, io.EOF) {
		panic(http.ErrAbortHandler)
	}
}

// passEvents writes the events, and comments while there are none.
func passEvents(out reader, stream *hiveclient.Stream) error {
	last := time.Now()
	say := func(text []byte) error { last = time.Now(); return out.write(text) }
	if err := say(stillHere); err != nil {
		return err
	}
	alive := func() { // called for the comments of the hive too
		if time.Since(last) >= quietFor {
			_ = say(stillHere) // the next event fails as well
		}
	}
	return stream.Each(alive, func(e peer.Event) error { return say(e.Append(nil)) })
}
