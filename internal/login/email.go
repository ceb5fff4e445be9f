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
// another account has that address; then its owner is told. It returns fault.TooMany.
func (m *Module) AskNewEmail(ctx context.Context, u User, email string) error {
	if err := m.countMail(ctx); err != nil {
		return err
	}
	key := NormalizeEmail(email)
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := m.holdUser(ctx, u.ID); err != nil {
			return err
		}
		n, first, err := m.liveUndos(ctx, u.ID)
		if err != nil {
			return err
		}
		if n >= maxUndo {
			return &fault.TooMany{RetryAfter: time.UnixMilli(first).Sub(m.Now())}
		}
		owner, err := m.accountByKey(ctx, key)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		may, err := m.mayMail(ctx, ForNewEmail, u.ID)
		if err != nil {
			return err
		}
		t := token{purpose: ForNewEmail, subject: u.ID, userID: u.ID, payload: payload{Email: CleanEmail(email), Was: u.Email, Name: u.Name}}
		if owner.ID != "" || !may {
			t = t.void()
		}
		c, err := m.call(ctx, t)
		if err != nil {
			return err
		}
		if err := m.note(ctx, AddressAsked, u.ID, t.payload.Email); err != nil {
			return err
		}
		to := u.reader()
		to.Email = t.payload.Email
		l := mail.ProveNewAddress(m.Site, to, c)
		if owner.ID != "" {
			l = mail.AddressHasAccount(m.Site, owner.reader())
		}
		l.Void = !may
		return m.Mail.Queue(ctx, l)
	})
}

// UndoEmail takes back a change of address. The old address comes back, every login and the password end, and a mail
// to it leads to a new password. It returns ErrLink, also if another account has the old address meanwhile.
func (m *Module) UndoEmail(ctx context.Context, opened string) error {
	if err := m.countLink(ctx); err != nil {
		return err
	}
	var userID string
	err := m.use(ctx, opened, ForUndo, func(ctx context.Context, t token) error {
		userID = t.userID
		if err := m.setEmail(ctx, userID, t.payload.Email); err != nil {
			return err
		}
		return m.secure(ctx, userID, AddressUndone)
	})
	if err != nil {
		return err
	}
	return m.leave(ctx, userID)
}
