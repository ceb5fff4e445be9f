package login

import (
	"context"
	"errors"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/mail"
)

// maxUndo is how many changes of address can be taken back at a time. There is no further change while so many can:
// otherwise a thief could push out the first, which is the owner's.
const maxUndo = 3

// AskNewEmail begins a change of the user's address: a mail to the new one asks for a proof. The answer is the same if
// another account has that address; then its owner is told. It returns fault.RateLimited.
func (m *Module) AskNewEmail(ctx context.Context, u User, email string) error {
	if err := m.countMail(ctx); err != nil {
		return err
	}
	key := NormalizeEmail(email)
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := m.stillIn(ctx); err != nil {
			return err
		}
		if err := m.roomForUndo(ctx, u.ID); err != nil {
			return err
		}
		owner, err := m.accountByKey(ctx, key)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		held, err := m.heldByOther(ctx, key, u.ID)
		if err != nil {
			return err
		}
		may, err := m.mayMail(ctx, ForNewEmail, u.ID)
		if err != nil {
			return err
		}
		// Made also for an address that is taken, where nobody gets to know it: what is kept of the asker must not tell.
		t := token{purpose: ForNewEmail, subject: u.ID, userID: u.ID, payload: payload{Email: CleanEmail(email), Was: u.Email}}
		if !may { // what is not sent ends no link that was
			t = t.void()
		}
		c, err := m.call(ctx, t)
		if err != nil {
			return err
		}
		if err := m.note(ctx, AddressAsked, u.ID, CleanEmail(email)); err != nil {
			return err
		}
		// Both go to addresses that are not the asker's: neither is mail of the asker's account.
		l := mail.ProveNewAddress(m.Site, mail.Recipient{Email: CleanEmail(email)}, u.Email, c)
		if owner.ID != "" {
			l = mail.AddressHasAccount(m.Site, mail.Recipient{Email: owner.Email})
		}
		l.Decoy = !may || held
		return m.Mail.Queue(ctx, l)
	})
}

// roomForUndo returns fault.RateLimited while as many changes can be taken back as may be.
func (m *Module) roomForUndo(ctx context.Context, userID string) error {
	n, first, err := m.liveUndos(ctx, userID)
	if err == nil && n >= maxUndo {
		err = &fault.RateLimited{RetryAfter: time.UnixMilli(first).Sub(m.Now())}
	}
	return err
}

// UndoEmail takes back a change of address. The old address comes back, every login and the password end, and a mail
// to it leads to a new password. It returns ErrLink, also if another account has the old address meanwhile.
func (m *Module) UndoEmail(ctx context.Context, opened string) error {
	if err := m.countLink(ctx); err != nil {
		return err
	}
	return m.use(ctx, opened, ForUndo, m.takeBack)
}

// takeBack does what the link t is for, in the caller's transaction. Notices that went to the other address must not
// have the last word: their links end.
func (m *Module) takeBack(ctx context.Context, t token) error {
	if err := m.setEmail(ctx, t.userID, t.payload.Email); err != nil {
		return err
	}
	if err := m.endTokens(ctx, t.userID, ForNotMe); err != nil {
		return err
	}
	return m.secure(ctx, t.userID, AddressUndone)
}
