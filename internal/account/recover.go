package account

import (
	"context"
	"errors"
	"fmt"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/user"
)

// Forgot sends a link to a new password to the account with this address, if there is one. The answer never tells: without
// an account, or with too many mails to it, the same statements write a decoy. It returns fault.RateLimited, by the address
// that asks. next is the page that was asked for, "" for none: it has passed web.LocalPath.
func (s *Service) Forgot(ctx context.Context, email, next string) error {
	if err := s.count(ctx, "mail.address"); err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		u, err := s.Users.LockByEmail(ctx, email)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		may, err := s.MayMail(ctx, ForReset.Name, user.NormalizeEmail(email), email, u.Verified())
		if err != nil {
			return err
		}
		return s.sendReset(ctx, u, next, u.ID == "" || u.Disabled() || !may)
	})
}

// sendReset writes the mail with the link to a new password, in the context's transaction.
func (s *Service) sendReset(ctx context.Context, u user.User, next string, decoy bool) error {
	l := link.Link{Subject: u.ID, UserID: u.ID, Payload: link.Payload{Next: next}}
	e := audit.Event{Name: audit.PasswordResetRequested, User: u}
	if decoy {
		u, l, e.User = nobody, l.Decoy(), user.User{}
	}
	action, err := s.Links.Issue(ctx, ForReset, l)
	if err != nil {
		return err
	}
	if err := s.Audit.Emit(ctx, e); err != nil {
		return err
	}
	m := mail.ChoosePassword(s.Site, recipient(u), action)
	m.Decoy = decoy
	return s.Mail.Queue(ctx, m)
}

// ResetPassword gives the account of a link a new password. Every login of it ends, and no other browser is known to it any
// more; its address counts as verified from now on. It returns the token that makes this browser a known one: somebody who
// keeps guessing must not keep the owner out. It returns link.ErrLink or fault.RateLimited.
func (s *Service) ResetPassword(ctx context.Context, hash string, password password.Checked) (known string, err error) {
	if err := s.count(ctx, "link.address"); err != nil {
		return "", err
	}
	l, err := s.Links.Find(ctx, hash, ForReset) // before a hash is computed for nothing
	if err != nil {
		return "", err
	}
	passwordHash, err := s.Login.HashPassword(ctx, l.Email, password)
	if err != nil {
		return "", err
	}
	known = secret.New()
	return known, s.Links.Use(ctx, hash, ForReset, func(ctx context.Context, _ link.Link, u user.User) error {
		if err := s.Users.SetPassword(ctx, u.ID, passwordHash); err != nil {
			return err
		}
		if err := s.Users.SetVerified(ctx, u.ID); err != nil {
			return err
		}
		if err := s.Shut(ctx, u.ID); err != nil {
			return err
		}
		if err := s.Login.RememberBrowser(ctx, u.ID, nil, known); err != nil {
			return err
		}
		return s.Audit.Emit(ctx, audit.Event{Name: audit.PasswordReset, User: u})
	})
}

// NotMe answers "this wasn't me": every login of the link's account ends, its password is removed, and a mail leads to a new
// one. The link itself does not: notices are forwarded and kept, and must not be worth a password. If the account has
// another address by now, whoever did it may have changed that, too: the notice's address comes back, if it was verified
// and can still be taken back.
func (s *Service) NotMe(ctx context.Context, hash string) error {
	if err := s.count(ctx, "link.address"); err != nil {
		return err
	}
	return s.Links.Use(ctx, hash, ForNotMe, func(ctx context.Context, l link.Link, u user.User) error {
		if user.NormalizeEmail(u.Email) == user.NormalizeEmail(l.Email) {
			return s.secure(ctx, u.ID, audit.AccountSecured)
		}
		undo, err := s.undoTo(ctx, u.ID, l.Email)
		if errors.Is(err, link.ErrLink) {
			return s.secure(ctx, u.ID, audit.AccountSecured)
		}
		if err != nil {
			return err
		}
		if err := s.Links.ConsumeLocked(ctx, ForUndo, undo); err != nil {
			return err
		}
		return s.takeBack(ctx, undo, u)
	})
}

// undoTo returns the link by which the user can take this address back, or link.ErrLink if there is none.
func (s *Service) undoTo(ctx context.Context, userID, email string) (link.Link, error) {
	undos, err := s.Links.Live(ctx, userID, ForUndo)
	if err != nil {
		return link.Link{}, err
	}
	for _, l := range undos {
		if user.NormalizeEmail(l.Email) == user.NormalizeEmail(email) {
			return l, nil
		}
	}
	return link.Link{}, fmt.Errorf("no way back to the address: %w", link.ErrLink)
}

// secure takes an account out of wrong hands, in the context's transaction, and mails a link to a new password.
func (s *Service) secure(ctx context.Context, userID, event string) error {
	u, err := s.Users.Enabled(ctx, userID)
	if err != nil {
		return err
	}
	if err := s.Users.SetPassword(ctx, userID, ""); err != nil {
		return err
	}
	if err := s.Shut(ctx, userID); err != nil {
		return err
	}
	if err := s.Audit.Emit(ctx, audit.Event{Name: event, User: u}); err != nil {
		return err
	}
	if !s.Mail.On() {
		return nil
	}
	return s.sendReset(ctx, u, "", false)
}
