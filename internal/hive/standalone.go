package hive

import (
	"context"

	"rbee/internal/wire"
)

// standalone serves without a queen until one pulls.
func (l *link) standalone(ctx context.Context) stateFunc {
	l.publish(wire.Standalone)
	select {
	case p := <-l.pulls:
		return l.obey(p, nil)
	case <-ctx.Done():
		return nil
	}
}
