package hive

import (
	"context"
	"fmt"
	"net/url"

	"rbee/internal/wire"
)

// pull is a queen's wish that the hive be tied to it.
type pull struct {
	queen queen
	take  bool          // leave a living queen
	reply chan decision // with room for the one decision
}

// decision is what the link made of a pull.
type decision struct {
	standing standing
	warning  string // why nothing changed, when another queen asked
}

// readPull returns the pull in a query; nil when it holds none. An error says
// why the pull is refused.
func readPull(rawQuery string) (*pull, error) {
	q, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, fmt.Errorf("the query cannot be read: %s", wire.Printable(err.Error()))
	}
	if !q.Has(wire.QueryQueenURL) {
		return nil, nil //nolint:nilnil // a plain question
	}
	u, err := wire.ParseURL(q.Get(wire.QueryQueenURL))
	if err != nil {
		return nil, fmt.Errorf("%s is refused: %w", wire.QueryQueenURL, err)
	}
	id := q.Get(wire.QueryQueenID)
	if err := wire.ValidateText(wire.QueryQueenID, id); err != nil {
		return nil, err
	}
	return &pull{
		queen: queen{URL: u, ID: id, Advertised: true},
		take:  q.Get(wire.QueryTake) == "1",
		reply: make(chan decision, 1),
	}, nil
}

// pull hands p to the link and returns its decision.
func (l *link) pull(ctx context.Context, p pull) decision {
	select {
	case l.pulls <- p:
		return <-p.reply // whoever takes a pull answers it at once
	case <-l.ended:
		return decision{standing: l.standing(), warning: stopping}
	case <-ctx.Done():
		return decision{standing: l.standing(), warning: ctx.Err().Error()}
	}
}

// stopping is the answer to a pull that comes too late.
const stopping = "the hive is stopping: nothing was changed"

// patience is how many heartbeats in a row nobody answers before another queen
// may have the hive.
const patience = 3

// leaves decides a pull in TELEMETRY: whether the hive leaves the queen it
// serves, which left the last unanswered heartbeats unanswered, and, if another
// queen is refused, the words for it.
func leaves(serves queen, p pull, unanswered int) (moves bool, warning string) {
	gone := unanswered >= patience
	switch {
	case p.queen.URL == serves.URL:
		return false, ""
	case p.queen.ID != "" && p.queen.ID == serves.ID:
		return gone, "" // the queen has a second address, or a new one
	case p.take || gone:
		return true, ""
	}
	name := serves.URL
	if serves.ID != "" {
		name += " (queen_id " + serves.ID + ")"
	}
	return false, fmt.Sprintf("this hive serves the queen %s, which answers it: add %s=1 to take it", name, wire.QueryTake)
}
