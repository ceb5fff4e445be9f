package login

import (
	"context"
	"errors"
	"fmt"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/session"
)

// Proved says what the button of a proof did.
type Proved struct {
	Known  string // the token that makes this browser a known one; "" leaves its cookie alone
	In     bool   // a registration was done, and the visitor is logged in
	Choose string // a new password must be chosen: the opened link that does it; "" if not
}

// Prove does what the button behind a link to an address is for: it finishes a registration, proves the address of an
// account, or puts a new address in the place of the old one. known is the token of the browser that pressed it.
// It returns ErrLink, ErrElsewhere or fault.RateLimited.
func (m *Module) Prove(ctx context.Context, opened, known string) (Proved, error) {
	if err := m.countLink(ctx); err != nil {
		return Proved{}, err
	}
	l, err := m.Find(ctx, opened, ForRegistration, ForProof, ForNewEmail)
	if err != nil {
		return Proved{}, err
	}
	if ours, err := m.Ours(ctx, l, known); err != nil || !ours {
		return Proved{}, errors.Join(err, ErrElsewhere)
	}
	switch l.Purpose {
	case ForRegistration:
		return m.finish(ctx, opened, known)
	case ForProof:
		return m.proveAccount(ctx, opened, known)
	}
	return Proved{}, m.changeEmail(ctx, opened)
}

// ErrElsewhere says that a new address must be proven by a browser of the account: logged in to it, or known to it.
// Otherwise somebody could make you give your address to an account of theirs, and read there what you write.
var ErrElsewhere = errors.New("not a browser of this account")

// Ours reports whether the link may be used in this browser, known by the token: see ErrElsewhere.
func (m *Module) Ours(ctx context.Context, l Link, known string) (bool, error) {
	if l.Purpose != ForNewEmail {
		return true, nil
	}
	if u, in := Of(ctx); in {
		return u.ID == l.userID, nil
	}
	return m.isKnown(ctx, l.userID, known)
}

// finish makes the account of a registration. In the browser that began it the password that was chosen there counts,
// and it is logged in. From any other browser nobody knows whose password that is (pre-hijacking: somebody registers
// with your address and waits until you press the button), so the account gets none, and a new one must be chosen.
func (m *Module) finish(ctx context.Context, opened, known string) (p Proved, err error) {
	t, err := m.tokenByHash(ctx, opened, ForRegistration)
	if err != nil {
		return p, err
	}
	u := m.newUser(t.payload.Email, Profile{Name: t.payload.Name})
	same := known != "" && session.HashSecret(known) == t.payload.Browser
	// What becomes known is a new token: somebody else may have planted the one that began the registration.
	old, known := known, session.NewSecret()
	if same {
		p.Known = known
	}
	create := func(ctx context.Context) error {
		t, err := m.consume(ctx, opened, ForRegistration)
		if err != nil {
			return err
		}
		hash := t.payload.Hash
		if !same {
			hash, old = "", ""
		}
		if err := m.admit(ctx, u, hash, old, known); err != nil {
			return err
		}
		if err := m.setProven(ctx, u.ID); err != nil || same {
			return err
		}
		p.Choose, err = m.choose(ctx, u.ID)
		return err
	}
	if _, in := Of(ctx); same && !in {
		p.In = true
		err = m.grant(ctx, u, false, create)
	} else { // whoever is logged in as somebody else stays so
		err = m.DB.InTx(ctx, create)
	}
	if errors.Is(err, ErrTaken) { // by another registration, done first
		err = fmt.Errorf("%w: %w", ErrLink, err)
	}
	return p, err
}

// choose makes a link to a new password that is opened already, in the caller's transaction: for whoever has just
// proven the address, and needs no mail for it.
func (m *Module) choose(ctx context.Context, userID string) (opened string, err error) {
	secret, _, err := m.issue(ctx, token{purpose: ForReset, subject: userID, userID: userID})
	return session.HashSecret(secret), err
}

// proveAccount proves the address of an account. In the browser that registered it, that is all. From any other, whoever
// holds the mailbox is asked for a new password, and what was there before ends: passwords, logins, pending changes.
func (m *Module) proveAccount(ctx context.Context, opened, known string) (p Proved, err error) {
	err = m.use(ctx, opened, ForProof, func(ctx context.Context, t token) error {
		u, err := m.userByID(ctx, t.userID)
		if err != nil {
			return err
		}
		if NormalizeEmail(u.Email) != NormalizeEmail(t.payload.Email) {
			return fmt.Errorf("another address now: %w", ErrLink)
		}
		if err := m.setProven(ctx, u.ID); err != nil {
			return err
		}
		if err := m.note(ctx, Proven, u.ID, u.Email); err != nil {
			return err
		}
		if !u.Proven.IsZero() || known != "" && u.registeredBy == session.HashSecret(known) {
			return nil
		}
		if err := m.setPassword(ctx, u.ID, ""); err != nil {
			return err
		}
		if err := m.shut(ctx, u.ID); err != nil {
			return err
		}
		if err := m.note(ctx, PasswordSpoiled, u.ID, ""); err != nil {
			return err
		}
		p.Choose, err = m.choose(ctx, u.ID)
		return err
	})
	return p, err
}

// changeEmail puts the new address in the place of the old one, and tells the old one how to take it back.
func (m *Module) changeEmail(ctx context.Context, opened string) error {
	return m.use(ctx, opened, ForNewEmail, func(ctx context.Context, t token) error {
		u, err := m.userByID(ctx, t.userID)
		if err != nil {
			return err
		}
		if NormalizeEmail(u.Email) != NormalizeEmail(t.payload.Was) {
			return fmt.Errorf("another address now: %w", ErrLink)
		}
		if err := m.roomForUndo(ctx, u.ID); err != nil {
			return err
		}
		fresh := t.payload.Email
		if err := m.setEmail(ctx, u.ID, fresh); err != nil {
			return err
		}
		// What was mailed to the old address must not open the account any more.
		if err := m.endTokens(ctx, u.ID, ForReset, ForProof); err != nil {
			return err
		}
		if err := m.note(ctx, AddressChanged, u.ID, u.Email+" → "+fresh); err != nil {
			return err
		}
		if !m.Mail.On() {
			return nil
		}
		if u.Proven.IsZero() { // it may be a stranger's: told, but given no way into the account
			return m.Mail.Queue(ctx, mail.AddressWasChanged(m.Site, u.reader(), "", nil, mail.Action{}))
		}
		c, err := m.call(ctx, token{purpose: ForUndo, subject: u.ID, userID: u.ID, payload: payload{Email: u.Email, Was: fresh}})
		if err != nil {
			return err
		}
		if err := m.hold(ctx, u.ID, u.Email, c.Expires); err != nil {
			return err
		}
		return m.Mail.Queue(ctx, mail.AddressWasChanged(m.Site, u.reader(), fresh, m.where(ctx, u), c))
	})
}
