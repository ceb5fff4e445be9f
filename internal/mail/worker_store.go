package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/latchkey/internal/database"
)

const (
	// leaseFor is how long a claimed mail is reserved for its worker. If the process dies, another worker may take the
	// mail after that.
	leaseFor = 30 * time.Second
	// renewEvery is how often the lease is renewed while the mail is being sent.
	renewEvery = 10 * time.Second
	// leaseAhead is the latest end of a lease that is believed: leaseFor by a clock that is half a minute fast. A later
	// one is from before the clock was put back, and nobody holds it any more.
	leaseAhead = leaseFor + 30*time.Second
)

// A claimed mail is one that a worker is trying to send.
type claimed struct {
	Mail
	lease string
}

// due is the condition that a mail can be claimed. $1 is Waiting, $2 now and $3 now + leaseAhead.
const due = `state = $1 AND expires_at > $2 AND due_at <= $2 AND leased_until NOT BETWEEN $2 + 1 AND $3`

// anyWhere reports whether there is a mail that the condition, a constant of the program, is true of. It is asked before
// every UPDATE of the worker: the usual answer is no, and takes no lock.
func (o *Outbox) anyWhere(ctx context.Context, condition string, args ...any) (some bool, err error) {
	err = o.DB.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM outbox WHERE `+condition+`)`, args...).Scan(&some)
	return some, err
}

// updateReturning changes mails, and returns them as they are then.
func (o *Outbox) updateReturning(ctx context.Context, set string, args ...any) (changed []Mail, err error) {
	err = o.DB.InTx(ctx, func(ctx context.Context) error {
		changed, err = o.query(ctx, `UPDATE outbox SET `+set+` RETURNING `+mailColumns, args...)
		return err
	})
	return changed, err
}

// claim takes one due mail, with a lease of its own. The attempt is counted before it is made, so that a mail which
// kills the process is not tried for ever. Two instances that choose the same mail cannot both get it: the second waits
// for the first, and then finds the condition false.
func (o *Outbox) claim(ctx context.Context) (m claimed, found bool, err error) {
	for {
		now := o.Now()
		args := []any{Waiting, now.UnixMilli(), now.Add(leaseAhead).UnixMilli()}
		if some, err := o.anyWhere(ctx, due, args...); err != nil || !some {
			return claimed{}, false, err
		}
		lease := rand.Text()
		args = append(args, lease, now.Add(leaseFor).UnixMilli())
		got, err := o.updateReturning(ctx, `lease = $4, leased_until = $5, attempts = attempts + 1
			 WHERE id IN (SELECT id FROM outbox WHERE `+due+` ORDER BY due_at LIMIT 1) AND `+due, args...)
		if err != nil {
			return claimed{}, false, err
		}
		if len(got) == 1 {
			return claimed{got[0], lease}, true, nil
		}
	}
}

// keepLease renews the lease until release is called. The context leased ends when the lease is lost, or could not be
// renewed before it ended: then another worker may send the mail.
func (o *Outbox) keepLease(ctx context.Context, m claimed) (leased context.Context, release func()) {
	leased, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		for until := time.Now().Add(leaseFor); time.Until(until) > renewEvery; {
			select {
			case <-time.After(renewEvery):
			case <-leased.Done():
				return
			}
			renewed := time.Now().Add(leaseFor)
			res, err := o.DB.ExecContext(leased, `UPDATE outbox SET leased_until = $1 WHERE id = $2 AND lease = $3`,
				o.Now().Add(leaseFor).UnixMilli(), m.ID, m.lease)
			if err = database.OneRow(res, err, errLeaseLost); err == nil {
				until = renewed
			} else if errors.Is(err, errLeaseLost) {
				return
			}
		}
	}()
	return leased, cancel
}

var errLeaseLost = errors.New("lease lost")

// markSent records that a server accepted the mail, and blanks it in the same statement.
func (o *Outbox) markSent(ctx context.Context, m claimed) error {
	return o.update(ctx, m, `state = $3, error = '', ended_at = $4, `+blank, Sent, o.Now().UnixMilli())
}

// markDead records that the mail is given up. Its text stays for Retry.
func (o *Outbox) markDead(ctx context.Context, m claimed, reason string) error {
	return o.update(ctx, m, `state = $3, error = $4, ended_at = $5`, Dead, reason, o.Now().UnixMilli())
}

// postpone puts the mail back for another attempt at that time.
func (o *Outbox) postpone(ctx context.Context, m claimed, at time.Time, reason string) error {
	return o.update(ctx, m, `due_at = $3, error = $4`, at.UnixMilli(), reason)
}

// update changes the mail and ends its lease, if that is still held. It does nothing but log if another worker has
// claimed the mail meanwhile, or if the mail was deleted with its account. It is not cut short by a shutdown.
func (o *Outbox) update(ctx context.Context, m claimed, set string, args ...any) error {
	res, err := o.DB.ExecContext(context.WithoutCancel(ctx), `
		UPDATE outbox SET lease = '', leased_until = 0, `+set+` WHERE id = $1 AND lease = $2`, append([]any{m.ID, m.lease}, args...)...)
	if err = database.OneRow(res, err, errLeaseLost); errors.Is(err, errLeaseLost) {
		o.Log.Warn("the lease of a mail was lost while it was being sent", "mail", m.ID, "kind", m.Kind)
		err = nil
	}
	return err
}

// furthestDue is, in SQL, the latest due time that this program would set now: after as many attempts, by the longest
// delay. $2 is now.
var furthestDue = func() string {
	var b strings.Builder
	fmt.Fprintf(&b, "$2 + CASE attempts WHEN 0 THEN %d", maxDelay.Milliseconds())
	for i, d := range retryDelays {
		fmt.Fprintf(&b, " WHEN %d THEN %d", i+1, (d + d/10).Milliseconds())
	}
	b.WriteString(" ELSE 0 END")
	return b.String()
}()

// resetFutureDue makes mails due whose next attempt lies further ahead than it can have been set: the clock was put
// back since. Otherwise they would wait until it is that time once more.
func (o *Outbox) resetFutureDue(ctx context.Context) error {
	now := o.Now().UnixMilli()
	condition := `state = $1 AND due_at > $2 AND due_at > ` + furthestDue
	if some, err := o.anyWhere(ctx, condition, Waiting, now); err != nil || !some {
		return err
	}
	if _, err := o.DB.ExecContext(ctx, `UPDATE outbox SET due_at = $2 WHERE `+condition, Waiting, now); err != nil {
		return err
	}
	o.Log.Warn("the clock was put back: mails that would have waited for it are due now", "event", "mail.clock")
	o.wake()
	return nil
}

// expire ends the mails whose link ended before a server accepted them, and blanks them.
func (o *Outbox) expire(ctx context.Context) error {
	const expired = `state = $1 AND expires_at <= $2 AND leased_until NOT BETWEEN $2 + 1 AND $3`
	for {
		now := o.Now()
		args := []any{Waiting, now.UnixMilli(), now.Add(leaseAhead).UnixMilli()}
		if some, err := o.anyWhere(ctx, expired, args...); err != nil || !some {
			return err
		}
		ended, err := o.updateReturning(ctx, `state = $4, ended_at = $2, lease = '', leased_until = 0, `+blank+`
			 WHERE id IN (SELECT id FROM outbox WHERE `+expired+` LIMIT 200) AND `+expired, append(args, Expired)...)
		if err != nil {
			return err
		}
		for _, m := range ended {
			o.Log.Warn("mail not sent: its link ended", "event", "mail.expired", "mail", m.ID, "kind", m.Kind, "tries", m.Attempts, "err", m.Err)
		}
	}
}
