package hive

import (
	"context"
	"fmt"
	"time"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// beat is one heartbeat in flight, in a goroutine of its own so that the link
// answers pulls meanwhile. The nil beat is one that never ends.
type beat struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when the fields below are set

	ack     queenclient.Answer
	err     error
	devices []wire.Device // what was sent as capabilities
}

// send starts a beat. It ends by itself or by stop, not with ctx, so that a
// program that stops can see it out.
func (l *link) send(ctx context.Context, do func(context.Context, *beat)) *beat {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b := &beat{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(b.done)
		defer cancel()
		do(ctx, b)
	}()
	return b
}

// ended is closed when the beat has.
func (b *beat) ended() <-chan struct{} {
	if b == nil {
		return nil
	}
	return b.done
}

// stop ends the beat and returns when it has ended.
func (b *beat) stop() {
	if b != nil {
		b.cancel()
		<-b.done
	}
}

// sendTelemetry starts a heartbeat without capabilities.
func (l *link) sendTelemetry(ctx context.Context, status wire.OperationalStatus) *beat {
	return l.send(ctx, func(ctx context.Context, b *beat) {
		l.deliver(ctx, b, l.report.heartbeat(status, nil))
	})
}

// sendCapabilities starts a heartbeat with devices, which it detects first,
// with a log line if announce, when they are nil.
func (l *link) sendCapabilities(ctx context.Context, devices []wire.Device, announce bool) *beat {
	return l.send(ctx, func(ctx context.Context, b *beat) {
		b.devices = devices
		if b.devices == nil {
			b.devices = l.detect.devices(ctx)
			if announce {
				l.log.Info(fmt.Sprintf("Detected %d device(s) to send", len(b.devices)))
			}
		}
		l.deliver(ctx, b, l.report.heartbeat(wire.Ready, b.devices))
	})
}

// deliver sends hb and remembers a queen that accepted it.
func (l *link) deliver(ctx context.Context, b *beat, hb *wire.Heartbeat) {
	began := time.Now()
	ack, err := l.client.Heartbeat(ctx, hb)
	l.report.counts.sent(hb, err, began)
	if b.err = err; judge(err) != accepted {
		return
	}
	if ack != nil {
		b.ack = *ack
	}
	if wire.ValidateText("queen_id", b.ack.QueenID) != nil {
		b.ack.QueenID = ""
	}
	q := l.queen
	if b.ack.QueenID != "" {
		q.ID = b.ack.QueenID
	}
	l.memory.remember(q)
}
