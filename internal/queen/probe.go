package queen

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rbee/internal/hiveclient"
	"rbee/internal/store"
	"rbee/internal/wire"
)

// look probes one target and records the result; it reports whether that is
// another than the last one recorded. The error is the state file's.
func (d *discovery) look(ctx context.Context, t target, r round) (_ wire.Discovery, changed bool, err error) {
	result := wire.Discovery{
		Alias: t.alias, Hostname: t.hostname, Port: t.port, Source: t.source,
		AttemptedAt: time.Now().UTC(), Epoch: d.registry.epoch,
	}
	answer := d.probe(ctx, t, r.take, &result)
	if stopped(ctx) {
		return result, false, nil
	}
	if changed, err = d.record(ctx, t, r, answer, &result); err != nil {
		return result, false, fmt.Errorf("record what became of %s: %w", t.alias, err)
	}
	switch {
	case result.Outcome == wire.OutcomeRegistered && (changed || !r.changes):
		d.log.Info("Discovered hive: "+t.alias, "hive_id", result.HiveID, "address", t.place())
	case result.Outcome == wire.OutcomeFailed:
		d.log.Debug("no hive found", "alias", t.alias, "address", t.place(), "error", result.ErrorText)
	}
	return result, changed, nil
}

// probe pulls the target. It fills in the result unless a hive answered.
func (d *discovery) probe(ctx context.Context, t target, take bool, result *wire.Discovery) *hiveclient.Answer {
	if t.skip != "" {
		result.Outcome, result.Error = wire.OutcomeSkipped, t.skip
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, hiveclient.PullTimeout)
	defer cancel()
	url, reason, err := d.advertised(ctx, t)
	if reason != "" {
		result.Outcome, result.Error = wire.OutcomeSkipped, reason
		return nil
	}
	client := d.strict
	if t.public {
		client = d.open
	}
	var answer *hiveclient.Answer
	if err == nil {
		pull := hiveclient.Pull{QueenURL: url, QueenID: d.registry.queenID, Take: take}
		answer, err = client.Capabilities(ctx, t.hostname, t.port, pull)
	}
	switch {
	case errors.Is(err, errPublic):
		result.Outcome, result.Error = wire.OutcomeSkipped, errPublic.Error()
	case err != nil:
		fail(result, hiveclient.ErrorClass(err), err.Error())
	case !d.joined(answer, url):
		fail(result, wire.ErrorConflict, servesAnother(answer))
	default:
		return answer
	}
	return nil
}

// joined tells whether the hive that answered is now tied to this queen. A hive
// of the 2025 shape does not say, and always is.
func (d *discovery) joined(a *hiveclient.Answer, url string) bool {
	return a.Hive == nil || (a.QueenURL != nil && *a.QueenURL == url) || (a.QueenID != nil && *a.QueenID == d.registry.queenID)
}

func servesAnother(a *hiveclient.Answer) string {
	switch {
	case a.Warning != "":
		return wire.Printable(a.Warning)
	case a.QueenURL != nil:
		return "it serves the queen at " + wire.Printable(*a.QueenURL)
	default:
		return "it did not take this queen"
	}
}

func fail(result *wire.Discovery, class, text string) {
	result.Outcome, result.Error, result.ErrorText = wire.OutcomeFailed, class, wire.Printable(text)
}

// record registers a hive that answered and writes the result down, unless this
// round records changes only and it is as it was.
func (d *discovery) record(ctx context.Context, t target, r round, answer *hiveclient.Answer, result *wire.Discovery) (changed bool, err error) {
	probed := *result // the function below may run more than once
	err = d.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		*result = probed
		if answer != nil {
			id, refused, err := d.registry.pulled(tx, pulled{target: t, answer: answer, at: time.Now()})
			if err != nil {
				return err
			}
			result.Outcome, result.HiveID = wire.OutcomeRegistered, id
			if refused != nil {
				result.HiveID = ""
				fail(result, refused.class, refused.text)
			}
		}
		switch result.Error {
		case wire.ErrorRefused, wire.ErrorTimeout, wire.ErrorDNS, wire.ErrorNetwork, wire.ErrorNotAHive, "http_404":
			if err := d.registry.vacate(tx, t, ""); err != nil {
				return err
			}
		}
		changed = d.differs(*result)
		if r.changes && !changed {
			return nil
		}
		tx.OnCommit(func() { d.remember(*result) })
		return tx.Discovery(*result)
	})
	return changed, err
}

// key names what a result is about, to compare it with the one before.
func key(source wire.Source, alias, hostname string, port int) string {
	return fmt.Sprintf("%s %s %s:%d", source, alias, hostname, port)
}

func (d *discovery) differs(r wire.Discovery) bool {
	before := d.recorded(key(r.Source, r.Alias, r.Hostname, r.Port))
	return before.Outcome != r.Outcome || before.HiveID != r.HiveID || before.Error != r.Error
}

func (d *discovery) recorded(key string) wire.Discovery {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last[key]
}

func (d *discovery) remember(r wire.Discovery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last[key(r.Source, r.Alias, r.Hostname, r.Port)] = r
}
