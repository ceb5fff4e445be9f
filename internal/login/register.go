package login

import (
	"context"
	"errors"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// A Registration is somebody who wants an account.
type Registration struct {
	Email, Password string
	Profile
	Known  string // the token of the cookie of known browsers, "" for none
	Invite string // the invitation that was opened, where REGISTRATION=invite
}

// CanJoin reports whether everybody may register.
func (m *Module) CanJoin() bool { return m.Registration == "open" || m.Registration == "verify" }

// Verifies reports whether an account exists only once the button in a mail was pressed.
func (m *Module) Verifies() bool { return m.Registration == "verify" }

// Invited returns ErrClosed if nobody may register, or nobody without an invitation and this is none.
func (m *Module) Invited(ctx context.Context, opened string) error {
	if m.CanJoin() {
		return nil
	}
	if m.Registration == "invite" {
		if _, err := m.Find(ctx, opened, ForInvitation); !errors.Is(err, ErrLink) {
			return err
		}
	}
	return ErrClosed
}

// Register makes an account and logs the visitor in, or, where the address must be proven first, begins a registration
// (see Verifies): then the answer is the same whether the address is taken or not. The fields have been checked.
// It returns the token that makes this browser a known one, and ErrClosed, ErrTaken, fault.RateLimited or fault.Unavailable.
func (m *Module) Register(ctx context.Context, reg Registration) (known string, err error) {
	if err := m.Invited(ctx, reg.Invite); err != nil {
		return "", err
	}
	if err := m.Limits.Take(ctx, m.Tries.Register.For(web.RequestOf(ctx).Network())); err != nil {
		return "", err
	}
	key := NormalizeEmail(reg.Email)
	if m.Registration == "invite" { // first of all: an invitation for one address asks nothing about others
		if l, err := m.Find(ctx, reg.Invite, ForInvitation); err != nil || l.Email != "" && NormalizeEmail(l.Email) != key {
			return "", errors.Join(err, ErrLink)
		}
	}
	if !m.Verifies() {
		if _, err := m.accountByKey(ctx, key); err == nil {
			return "", ErrTaken
		} else if !errors.Is(err, fault.NotFound) {
			return "", err
		}
	}
	hash, err := m.hasher.Hash(ctx, reg.Password)
	if err != nil {
		return "", err
	}
	known = session.NewSecret()
	if m.Verifies() {
		// A browser that has committed a registration before keeps its token: the mails of both are its own.
		if inUse, err := m.isKnownToAny(ctx, reg.Known); err != nil {
			return "", err
		} else if reg.Known != "" && !inUse {
			known = reg.Known
		}
		return known, m.begin(ctx, reg, key, hash, known)
	}
	u := m.newUser(reg.Email, reg.Profile)
	return known, m.grant(ctx, u, false, func(ctx context.Context) error {
		if m.Registration == "invite" {
			if _, err := m.consume(ctx, reg.Invite, ForInvitation); err != nil {
				return err
			}
		}
		if err := m.admit(ctx, u, hash, reg.Known, known); err != nil {
			return err
		}
		return m.sendProof(ctx, u, false)
	})
}

func (m *Module) newUser(email string, p Profile) User {
	return User{ID: newID(), Email: CleanEmail(email), Profile: p.Clean(), Created: m.Now(), Changed: m.Now()}
}

// admit makes the account in the caller's transaction. known is the token of the browser that registers, which came with
// an old one ("" for none): proving the address there changes nothing else.
func (m *Module) admit(ctx context.Context, u User, hash, old, known string) error {
	if err := m.insertUser(ctx, u, hash, session.HashSecret(known)); err != nil {
		return err
	}
	if err := m.remember(ctx, u.ID, old, known); err != nil {
		return err
	}
	return m.note(ctx, Registered, u.ID, "")
}

// begin keeps a registration until its mail's button is pressed. The owner of a taken address gets a mail that says so.
// Both ways the same statements run.
func (m *Module) begin(ctx context.Context, reg Registration, key, hash, known string) error {
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		owner, err := m.holdUserByKey(ctx, key)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		if err := m.replaceKnown(ctx, reg.Known, known); err != nil {
			return err
		}
		may, err := m.mayMail(ctx, ForRegistration, key)
		if err != nil {
			return err
		}
		u := m.newUser(reg.Email, reg.Profile)
		t := token{purpose: ForRegistration, subject: key, payload: payload{Email: u.Email, Name: u.Name, Hash: hash, Browser: session.HashSecret(known)}}
		held, err := m.heldByOther(ctx, key, "")
		if err != nil {
			return err
		}
		if owner.ID != "" || held || !may {
			t = t.void()
		}
		c, err := m.call(ctx, t)
		if err != nil {
			return err
		}
		u.ID = "" // no account yet: nothing to hang the letter on
		l := mail.FinishRegistration(m.Site, u.reader(), c)
		if owner.ID != "" {
			l = mail.AlreadyRegistered(m.Site, owner.reader(), m.BaseURL()+"/login", m.BaseURL()+"/password/forgot")
		}
		l.Decoy = !may || held || !owner.Disabled.IsZero()
		return m.Mail.Queue(ctx, l)
	})
}
