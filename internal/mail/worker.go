package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"sync"
	"sync/atomic"
	"time"
)

// pauses are how long to wait after each failed try, about: twelve tries in two days. The first are short, because
// somebody sits there and waits for the mail.
var pauses = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour,
	4 * time.Hour, 8 * time.Hour, 12 * time.Hour, 20 * time.Hour,
}

// pause returns how long to wait after the given number of failed tries, give or take a tenth, so that mails that
// failed together do not come back together.
func pause(tries int) time.Duration {
	d := pauses[min(max(tries, 1), len(pauses))-1]
	n, err := rand.Int(rand.Reader, big.NewInt(int64(d/5)))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return d - d/10 + time.Duration(n.Int64())
}

// Run is the worker: it sends what is due until the context ends. Then it claims nothing more, lets the conversations
// under way end for Grace, and gives back what it could not finish. Without a server it only waits.
func (o *Outbox) Run(ctx context.Context) {
	if o.server == nil {
		<-ctx.Done()
		return
	}
	talking, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var workers sync.WaitGroup
	for range o.Parallel {
		workers.Go(func() {
			for ctx.Err() == nil {
				if found, _, err := o.next(talking); err != nil {
					o.Log.Error("outbox", "err", err)
				} else if found {
					continue
				}
				select {
				case <-o.poked:
				case <-ctx.Done():
				}
			}
		})
	}
	tick := time.NewTicker(o.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := o.expire(ctx); err != nil {
			o.Log.Error("outbox", "err", err)
		}
		select {
		case <-tick.C:
			o.poke()
		case <-ctx.Done():
		}
	}
	timer := time.AfterFunc(o.Grace, cut)
	defer timer.Stop()
	workers.Wait()
}

// Deliver is one round of the worker: it tries every mail that is due, and returns how many a server took.
func (o *Outbox) Deliver(ctx context.Context) (int, error) {
	if o.server == nil {
		return 0, nil
	}
	if err := o.expire(ctx); err != nil {
		return 0, err
	}
	var sent atomic.Int64
	var workers sync.WaitGroup
	errs := make([]error, o.Parallel)
	for i := range errs {
		workers.Go(func() {
			for found := true; found && errs[i] == nil && ctx.Err() == nil; {
				var ok bool
				if found, ok, errs[i] = o.next(ctx); ok {
					sent.Add(1)
				}
			}
		})
	}
	workers.Wait()
	return int(sent.Load()), errors.Join(errs...)
}

// next claims one mail that is due, if there is one, and tries to send it. While it is busy, somebody else is woken to
// look for the next: a server that hangs holds up one mail and not all.
func (o *Outbox) next(ctx context.Context) (found, sent bool, err error) {
	m, found, err := o.claim(ctx)
	if err != nil || !found {
		return false, false, err
	}
	o.poke()
	talking, release := o.keepLease(ctx, m)
	bye, err := o.talk(talking, m.Mail)
	release()
	switch {
	case err == nil:
		defer bye()
		return true, true, o.sent(ctx, m)
	case ctx.Err() != nil: // we are asked to end: no failure of this mail
		return true, false, o.release(ctx, m)
	}
	return true, false, o.failed(ctx, m, err)
}

// sent notes that a server took the mail. If this cannot be noted, the mail is sent once more when the lease is over.
func (o *Outbox) sent(ctx context.Context, m claimed) error {
	o.Log.Info("mail sent", "event", "mail.sent", "mail", m.ID, "kind", m.Kind, "tries", m.Attempts)
	return o.finish(ctx, m)
}

// failed decides what becomes of a mail that no server took.
func (o *Outbox) failed(ctx context.Context, m claimed, cause error) error {
	words, forGood := verdict(m.Mail, cause)
	if forGood || m.Attempts > len(pauses) {
		o.Log.Error("mail given up", "event", "mail.dead", "mail", m.ID, "kind", m.Kind, "tries", m.Attempts, "err", words)
		return o.giveUp(ctx, m, words)
	}
	wait := pause(m.Attempts)
	o.Log.Warn("mail not sent yet", "event", "mail.failed", "mail", m.ID, "kind", m.Kind, "tries", m.Attempts,
		"again_in", wait.Round(time.Second).String(), "err", words)
	return o.postpone(ctx, m, o.Now().Add(wait), words)
}
