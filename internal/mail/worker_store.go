package mail

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"example.com/latchkey/internal/database"
)

const (
	// leaseFor is how long a mail is ours without a sign of life: after so long, somebody else sends what a dead process
	// had in hand. It leaves room for clocks that differ between instances.
	leaseFor = 30 * time.Second
	// signOfLife is how often the lease is renewed while we talk.
	signOfLife = 10 * time.Second
)

// A claimed mail is one that this try has in hand.
type claimed struct {
	Mail
	lease string
}

// claim takes one mail that is due, under a lease of its own, and counts the try: a mail that kills the process does
// not kill it for ever. Two instances that choose the same one cannot both get it: the second waits for the first,
// and finds the conditions no longer true.
func (o *Outbox) claim(ctx context.Context) (m claimed, found bool, err error) {
	for {
		now := o.Now()
		var id string
		err := o.DB.QueryRowContext(ctx, `
			SELECT id FROM outbox WHERE state = $1 AND due_at <= $2 AND leased_until <= $2 AND expires_at > $2
			 ORDER BY due_at LIMIT 1`, Waiting, now.UnixMilli()).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return claimed{}, false, nil // the usual answer, which takes no lock
		}
		if err != nil {
			return claimed{}, false, err
		}
		lease, until := rand.Text(), now.Add(leaseFor)
		var got []Mail
		err = o.DB.InTx(ctx, func(ctx context.Context) (err error) {
			got, err = o.query(ctx, `
				UPDATE outbox SET lease = $1, leased_until = $2, attempts = attempts + 1
				 WHERE id IN (
					SELECT id FROM outbox WHERE state = $3 AND due_at <= $4 AND leased_until <= $4 AND expires_at > $4
					 ORDER BY due_at LIMIT 1)
				   AND state = $3 AND due_at <= $4 AND leased_until <= $4 AND expires_at > $4
				RETURNING `+columnsOfMail, lease, until.UnixMilli(), Waiting, now.UnixMilli())
			return err
		})
		if err != nil {
			return claimed{}, false, err
		}
		if len(got) == 1 {
			return claimed{got[0], lease}, true, nil
		}
	}
}

// keepLease renews the lease until release is called. If it is not ours any more, or could not be renewed until it was
// over, the context ends: somebody else may send the mail.
func (o *Outbox) keepLease(ctx context.Context, m claimed) (talking context.Context, release func()) {
	talking, cancel := context.WithCancel(ctx)
	go func() {
		tick := time.NewTicker(signOfLife)
		defer tick.Stop()
		ours := time.Now().Add(leaseFor)
		for {
			select {
			case <-tick.C:
				res, err := o.DB.ExecContext(talking, `UPDATE outbox SET leased_until = $1 WHERE id = $2 AND lease = $3`,
					o.Now().Add(leaseFor).UnixMilli(), m.ID, m.lease)
				err = database.OneRow(res, err, errGone)
				if err == nil {
					ours = time.Now().Add(leaseFor)
				} else if errors.Is(err, errGone) || time.Now().Add(signOfLife).After(ours) {
					cancel()
				}
			case <-talking.Done():
				return
			}
		}
	}()
	return talking, cancel
}

// finish notes that a server took the mail, if this try still has it, and blanks it by the same statement.
func (o *Outbox) finish(ctx context.Context, m claimed) error {
	res, err := o.DB.ExecContext(context.WithoutCancel(ctx), `
		UPDATE outbox SET state = $1, error = '', ended_at = $2, lease = '', leased_until = 0, `+blank+`
		 WHERE id = $3 AND lease = $4`, Sent, o.Now().UnixMilli(), m.ID, m.lease)
	return o.had(res, err, m)
}

// giveUp notes that the mail is dead, if this try still has it. Its text stays for Retry.
func (o *Outbox) giveUp(ctx context.Context, m claimed, words string) error {
	res, err := o.DB.ExecContext(context.WithoutCancel(ctx), `
		UPDATE outbox SET state = $1, error = $2, ended_at = $3, lease = '', leased_until = 0
		 WHERE id = $4 AND lease = $5`, Dead, words, o.Now().UnixMilli(), m.ID, m.lease)
	return o.had(res, err, m)
}

// postpone puts the mail back for another try at that time, if this try still has it.
func (o *Outbox) postpone(ctx context.Context, m claimed, due time.Time, words string) error {
	res, err := o.DB.ExecContext(context.WithoutCancel(ctx), `
		UPDATE outbox SET due_at = $1, error = $2, lease = '', leased_until = 0
		 WHERE id = $3 AND lease = $4`, due.UnixMilli(), words, m.ID, m.lease)
	return o.had(res, err, m)
}

// release gives the mail back untried.
func (o *Outbox) release(ctx context.Context, m claimed) error {
	return o.postpone(ctx, m, m.Due, m.Err)
}

// had notes in the log that the mail was not ours any more: the lease ran out, or the account was deleted meanwhile.
func (o *Outbox) had(res sql.Result, err error, m claimed) error {
	err = database.OneRow(res, err, errGone)
	if errors.Is(err, errGone) {
		o.Log.Warn("mail changed hands while it was being sent", "mail", m.ID, "kind", m.Kind)
		return nil
	}
	return err
}

var errGone = errors.New("gone")

// expire ends the mails whose link ran out before a server took them: there is nothing left in them to send.
func (o *Outbox) expire(ctx context.Context) error {
	for {
		now := o.Now().UnixMilli()
		var id string
		err := o.DB.QueryRowContext(ctx, `
			SELECT id FROM outbox WHERE state = $1 AND expires_at <= $2 AND leased_until <= $2 LIMIT 1`, Waiting, now).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		var over []Mail
		err = o.DB.InTx(ctx, func(ctx context.Context) (err error) {
			over, err = o.query(ctx, `
				UPDATE outbox SET state = $1, ended_at = $2, lease = '', leased_until = 0, `+blank+`
				 WHERE id IN (SELECT id FROM outbox WHERE state = $3 AND expires_at <= $2 AND leased_until <= $2 LIMIT 200)
				   AND state = $3 AND leased_until <= $2
				RETURNING `+columnsOfMail, Expired, now, Waiting)
			return err
		})
		if err != nil {
			return err
		}
		for _, m := range over {
			o.Log.Warn("mail not sent: its link ran out", "event", "mail.expired", "mail", m.ID, "kind", m.Kind, "tries", m.Attempts, "err", m.Err)
		}
	}
}
