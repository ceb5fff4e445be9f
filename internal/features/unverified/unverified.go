// Package unverified deletes accounts whose address was never verified. Nobody has shown that the address is theirs, and its
// owner cannot register with it. A few days before, a mail to the address warns of it, once.
package unverified

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/views"
)

// notice is how long before the deletion the mail is sent, or half the lifetime if that is shorter.
const notice = 3 * 24 * time.Hour

// Unverified is the feature: what warns and deletes. Accounts that an operator created count as verified, and accounts with a
// role stay.
type Unverified struct {
	Lifetime time.Duration `env:"UNVERIFIED_LIFETIME" envDefault:"30d" min:"1h" zero:"ok" doc:"how long an account lives whose address is not verified; a mail warns 3 days before; 0: for ever. Nothing is deleted where no mail can be sent"`
	*feature.Core
}

// New returns the feature.
func New(core *feature.Core) feature.Feature {
	u := &Unverified{Core: core}
	return feature.Feature{
		Name: "unverified", Settings: u, Sweep: u.sweep,
		Exports: []database.Export{
			{Table: "unverified_warnings", About: "Warnings that your address is not verified", Columns: "at", Key: "user_id"},
		},
	}
}

// sweep warns at most 200 accounts and deletes at most 200 others, and returns how many in all.
func (u *Unverified) sweep(ctx context.Context) (n int64, err error) {
	if u.Lifetime == 0 || !u.Mail.On() {
		return 0, nil
	}
	before := min(notice, u.Lifetime/2)
	warn, err := u.toWarn(ctx, u.Now().Add(before-u.Lifetime))
	if err != nil {
		return 0, err
	}
	for _, id := range warn {
		warned, err := u.each(ctx, id, func(ctx context.Context, owner user.User) (bool, error) { return u.warn(ctx, owner, before) })
		if n += warned; err != nil {
			return n, err
		}
	}
	end, err := u.toDelete(ctx, u.Now().Add(-u.Lifetime), u.Now().Add(-before))
	if err != nil {
		return n, err
	}
	for _, id := range end {
		deleted, err := u.each(ctx, id, func(ctx context.Context, owner user.User) (bool, error) {
			err := u.Audit.Emit(ctx, audit.Event{Name: audit.NeverVerified, User: owner})
			return true, errors.Join(err, u.Account.Delete(ctx, owner.ID))
		})
		if n += deleted; err != nil {
			return n, err
		}
	}
	return n, nil
}

// each calls do for one account, in a transaction that has locked it, unless its address was verified or it was given a role
// meanwhile. It returns 1 if do says that it did something, else 0.
func (u *Unverified) each(ctx context.Context, id string, do func(ctx context.Context, owner user.User) (bool, error)) (n int64, err error) {
	err = u.DB.InTx(ctx, func(ctx context.Context) error {
		n = 0
		owner, err := u.Users.Lock(ctx, id)
		if errors.Is(err, fault.NotFound) || err == nil && (owner.Verified() || owner.Role != "") {
			return nil
		}
		if err != nil {
			return err
		}
		done, err := do(ctx, owner)
		if done {
			n = 1
		}
		return err
	})
	return n, err
}

// warn queues the mail, and reports whether it could. If the limit of mails to an unverified address is reached, it is tried
// again at a later sweep.
func (u *Unverified) warn(ctx context.Context, owner user.User, before time.Duration) (bool, error) {
	may, err := u.Account.MayMail(ctx, "", "", owner.Email, false)
	if err != nil || !may {
		return false, err
	}
	end := u.Now().Add(before).In(owner.Location()).Format("2 January 2006")
	m := mail.Message{
		Kind: "unverified", To: owner.Email, UserID: owner.ID,
		Subject: "Your account will be deleted", Title: "Verify your address, or lose the account",
		Text: []string{fmt.Sprintf("Hello, somebody registered at %s with this e-mail address, and never verified it. "+
			"So the account will be deleted on %s, with everything in it. To keep it, log in and have the mail to verify the address sent again.", views.Site, end)},
		Button: "Log in", Link: u.BaseURL() + "/login",
		After: []string{"If it was not you, you do not need to do anything. This is our only mail about it."},
	}
	if err := u.Mail.Queue(ctx, m); err != nil {
		return false, err
	}
	return true, u.noteWarning(ctx, owner.ID)
}
