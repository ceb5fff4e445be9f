package mail

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// retryDelays are how long to wait after each failed attempt, roughly: twelve attempts in two days. The first are short,
// because somebody may be waiting for the mail.
var retryDelays = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour,
	4 * time.Hour, 8 * time.Hour, 12 * time.Hour, 20 * time.Hour,
}

// retryDelay returns how long to wait after the given number of failed attempts, give or take a tenth, so that mails
// that failed together are not all tried again at once.
func retryDelay(attempts int) time.Duration {
	d := retryDelays[min(max(attempts, 1), len(retryDelays))-1]
	return d - d/10 + rand.N(d/5)
}

// Run is the worker: it sends what is due until the context ends. Then it claims nothing more, gives the SMTP sessions
// under way Grace to end, cuts those that have not, and releases their mails. Without a server it only waits.
func (o *Outbox) Run(ctx context.Context) {
	if o.server == nil {
		<-ctx.Done()
		return
	}
	sending, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var workers sync.WaitGroup
	for range o.Parallel {
		workers.Go(func() { o.work(ctx, sending) })
	}
	tick := time.NewTicker(o.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := errors.Join(o.resetFutureDue(ctx), o.expire(ctx)); err != nil {
			o.Log.Error("outbox", "err", err)
		}
		select {
		case <-tick.C:
			o.wake()
		case <-ctx.Done():
		}
	}
	timer := time.AfterFunc(o.Grace, cut)
	defer timer.Stop()
	workers.Wait()
}

// work sends one mail after the other, and sleeps while none is due, until ctx ends. What it sends when that happens
// goes on until the context sending ends.
func (o *Outbox) work(ctx, sending context.Context) {
	for ctx.Err() == nil {
		found, err := o.sendNext(sending)
		if err != nil {
			o.Log.Error("outbox", "err", err)
		} else if found {
			continue
		}
		select {
		case <-o.woken:
		case <-ctx.Done():
		}
	}
}

// sendNext claims a mail that is due, and tries to send it. found is false if there is none. While it is busy, another
// worker is woken to look for the next mail: a server that hangs delays one mail, not all.
func (o *Outbox) sendNext(ctx context.Context) (found bool, err error) {
	m, found, err := o.claim(ctx)
	if err != nil || !found {
		return false, err
	}
	o.wake()
	leased, release := o.keepLease(ctx, m)
	quit, err := o.send(leased, m.Mail)
	release()
	switch {
	case err == nil:
		defer quit()
		// If this fails, the mail is sent again when the lease ends.
		o.Log.Info("mail sent", "event", "mail.sent", "mail", m.ID, "kind", m.Kind, "tries", m.Attempts)
		return true, o.markSent(ctx, m)
	case ctx.Err() != nil: // shutdown, not a failure of this mail: it is tried again at once
		return true, o.postpone(ctx, m, m.Due, m.Err)
	}
	return true, o.recordFailure(ctx, m, err)
}

// recordFailure puts the mail back for another attempt, or gives it up.
func (o *Outbox) recordFailure(ctx context.Context, m claimed, cause error) error {
	reason, permanent := classify(m.Mail, cause)
	if permanent || m.Attempts > len(retryDelays) {
		o.Log.Error("mail given up", "event", "mail.dead", "mail", m.ID, "kind", m.Kind, "tries", m.Attempts, "err", reason)
		return o.markDead(ctx, m, reason)
	}
	delay := retryDelay(m.Attempts)
	o.Log.Warn("mail not sent yet", "event", "mail.failed", "mail", m.ID, "kind", m.Kind, "tries", m.Attempts,
		"again_in", delay.Round(time.Second).String(), "err", reason)
	return o.postpone(ctx, m, o.Now().Add(delay), reason)
}
