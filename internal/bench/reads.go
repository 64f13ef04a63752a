package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"rbee/internal/swarm"
	"rbee/internal/wire"
)

// reads measures questions about a day of many hives, while those go on beating.
func (b *bench) reads(ctx context.Context) error {
	state, err := b.yesterday(ctx)
	if err != nil {
		return err
	}
	b.say("queen", "hives with a day of history", b.sizes.day)
	s, err := b.queen(ctx, state, 0)
	if err != nil {
		return err
	}
	var (
		asked *questions
		r     *swarm.Report
	)
	err = with(s, func() error {
		// The reader begins when the swarm does with its figures, and ends a
		// little before it.
		l, err := b.rhythm(ctx, s, b.sizes.day, b.sizes.readsFor+time.Second)
		if err != nil {
			return err
		}
		if err := pause(ctx, b.sizes.ramp(b.sizes.day)+b.sizes.settle); err != nil {
			return err
		}
		if asked, err = ask(ctx, s.url(), b.sizes.day, b.sizes.readsFor); err != nil {
			return err
		}
		r, err = l.report()
		return err
	})
	if err != nil {
		return err
	}
	if n := refused(r); n > 0 {
		b.concern("beside reads %.0f heartbeats got no 200: %v %v", n, r.Status, r.Errors)
	}
	for _, q := range asked.kinds() {
		slices.Sort(q.took)
		b.sheet.add("reads: "+q.what+", p50 ms", quantile(q.took, 0.50))
		b.sheet.add("reads: "+q.what+", p99 ms", quantile(q.took, 0.99))
		b.sheet.add("reads: "+q.what+", KB", float64(q.bytes)/float64(len(q.took))/1000)
	}
	b.sheet.add("reads: of each kind", float64(len(asked.list.took)))
	b.sheet.add("reads: heartbeat p99 ms", r.Latency.P99)
	return nil
}

// yesterday returns a state file with a day of history, made once a run.
func (b *bench) yesterday(ctx context.Context) (state string, err error) {
	if b.filled != "" {
		return b.filled, nil
	}
	state, _, err = b.state() // goes with the directory of all
	if err != nil {
		return "", err
	}
	s, err := b.queen(ctx, state, 0)
	if err != nil {
		return "", err
	}
	err = with(s, func() error {
		_, err := b.beat(ctx, s, b.sizes.day, time.Second)
		return err
	})
	if err != nil {
		return "", err
	}
	began := time.Now()
	if err := fill(ctx, state); err != nil {
		return "", err
	}
	info, err := os.Stat(state)
	if err != nil {
		return "", err
	}
	b.cfg.Log.Info("A day of history is filled in", "hives", b.sizes.day, "mb", info.Size()>>20, "took", time.Since(began).Round(time.Millisecond))
	b.filled = state
	return state, nil
}

// question is one kind of request, and how long the answers took, in ms.
type question struct {
	what  string
	took  []float64
	bytes int64
}

type questions struct{ list, day, events question }

func (q *questions) kinds() []*question { return []*question{&q.list, &q.day, &q.events} }

// ask asks one thing after the other, each of another hive than the one before.
func ask(ctx context.Context, url string, hives int, lasting time.Duration) (*questions, error) {
	q := &questions{list: question{what: "all hives"}, day: question{what: "a day by minute"}, events: question{what: "100 events"}}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for i, end := 0, time.Now().Add(lasting); time.Now().Before(end); i++ {
		id := fmt.Sprintf("swarm-%06d", i*7919%hives) // a prime: not the order in which they beat
		for _, one := range []struct {
			of   *question
			path string
		}{
			{&q.list, wire.PathHives},
			{&q.day, wire.PathHives + "/" + id + "/heartbeats?from=-24h&step=1m"},
			{&q.events, fmt.Sprintf("%s?after=%d&limit=100", wire.PathEvents, i%150*100)},
		} {
			if err := one.of.ask(ctx, client, url+one.path); err != nil {
				return nil, err
			}
			time.Sleep(5 * time.Millisecond) // a person, or a page that polls
		}
	}
	return q, nil
}

func (q *question) ask(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	began := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	q.took = append(q.took, milliseconds(time.Since(began)))
	q.bytes += n
	return nil
}
