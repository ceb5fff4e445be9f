package origin

import (
	"context"
	"time"
)

// Interrupted reports whether ctx has ended, given what was done last. A terminal sends Ctrl-C to all programs of a command: one that
// we ran may end by it, and be the err, a moment before ctx knows. So with an error it waits that long.
func Interrupted(ctx context.Context, err error) bool {
	if err != nil {
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
	return ctx.Err() != nil
}
