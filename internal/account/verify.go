package account

import (
	"context"
	"errors"
	"fmt"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/user"
)

// A Verification says what the button behind a link to an address did.
type Verification struct {
	Known    string // the token that makes this browser a known one; "" leaves its cookie alone
	LoggedIn bool   // a registration was finished, and the visitor is logged in
	Choose   string // the hash of a link to a new password, which must be chosen now; "" if not
}

// ErrElsewhere says that a new address must be verified by a browser of the account: logged in to it, or known to it.
// Otherwise somebody could make you give your address to an account of theirs, and read there what you write.
var ErrElsewhere = errors.New("not a browser of this account")

// Verify does what the button behind a link to an address is for: it finishes a registration, verifies the address of an
// account, or puts a new address in the place of the old one. known are the tokens of the browser that pressed it.
// It returns link.ErrLink, ErrElsewhere or fault.RateLimited.
func (s *Service) Verify(ctx context.Context, hash string, known login.Known) (Verification, error) {
	if err := s.takeLink(ctx); err != nil {
		return Verification{}, err
	}
	l, err := s.Links.Find(ctx, hash, ForRegistration, ForVerification, ForNewEmail)
	if err != nil {
		return Verification{}, err
	}
	if usable, err := s.UsableHere(ctx, l, known); err != nil || !usable {
		return Verification{}, errors.Join(err, ErrElsewhere)
	}
	switch l.Purpose {
	case ForRegistration.Name:
		return s.finish(ctx, hash, known)
	case ForVerification.Name:
		return s.verifyAccount(ctx, hash, known)
	}
	return Verification{}, s.changeEmail(ctx, hash)
}

// UsableHere reports whether the link may be used in this browser, known by these tokens: see ErrElsewhere.
func (s *Service) UsableHere(ctx context.Context, l link.Link, known login.Known) (bool, error) {
	if l.Purpose != ForNewEmail.Name {
		return true, nil
	}
	if u, in := login.From(ctx); in {
		return u.ID == l.UserID, nil
	}
	return s.Login.IsKnown(ctx, l.UserID, known)
}

// finish creates the account of a registration. In the browser that began it the password that was chosen there counts,
// and it is logged in. From any other browser nobody knows whose password that is (pre-hijacking: somebody registers with
// your address and waits until you press the button), so the account gets none, and a new one must be chosen.
func (s *Service) finish(ctx context.Context, hash string, browser login.Known) (v Verification, err error) {
	l, err := s.Links.Find(ctx, hash, ForRegistration)
	if err != nil {
		return v, err
	}
	u := s.newUser(l.Email, user.Profile{Name: l.Name})
	same := browser.Is(l.Browser)
	// What becomes known is a new token: somebody else may have planted the one that began the registration.
	old, known := browser, secret.New()
	if same {
		v.Known = known
	}
	create := func(ctx context.Context) error {
		l, _, err := s.Links.Consume(ctx, hash, ForRegistration)
		if err != nil {
			return err
		}
		u := u
		if u.PasswordHash = l.Hash; !same {
			u.PasswordHash, old = "", nil
		}
		if err := s.create(ctx, u, old, known); err != nil {
			return err
		}
		if err := s.Users.SetVerified(ctx, u.ID); err != nil || same {
			return err
		}
		v.Choose, err = s.choose(ctx, u.ID)
		return err
	}
	if _, in := login.From(ctx); same && !in {
		v.LoggedIn = true
		err = s.Login.Grant(ctx, u, login.Terms{}, create)
	} else { // whoever is logged in as somebody else stays so
		err = s.DB.InTx(ctx, create)
	}
	if errors.Is(err, user.ErrTaken) { // by another registration, finished first
		err = fmt.Errorf("%w: %w", link.ErrLink, err)
	}
	return v, err
}

// choose makes a link to a new password, in the context's transaction: for whoever has just verified the address, and
// needs no mail for it.
func (s *Service) choose(ctx context.Context, userID string) (hash string, err error) {
	return s.Links.IssueOpened(ctx, ForReset, link.Link{Subject: userID, UserID: userID})
}

// verifyAccount verifies the address of an account. In the browser that registered it, that is all. From any other, whoever
// holds the mailbox is asked for a new password, and what was there before ends: passwords, logins, pending changes.
func (s *Service) verifyAccount(ctx context.Context, hash string, known login.Known) (v Verification, err error) {
	err = s.Links.Use(ctx, hash, ForVerification, func(ctx context.Context, l link.Link, u user.User) error {
		if user.NormalizeEmail(u.Email) != user.NormalizeEmail(l.Email) {
			return errAnotherAddress
		}
		if err := s.Users.SetVerified(ctx, u.ID); err != nil {
			return err
		}
		if err := s.Audit.Emit(ctx, audit.Event{Name: audit.AddressVerified, User: u, Detail: u.Email}); err != nil {
			return err
		}
		if u.Verified() || known.Is(u.RegisteredBy) {
			return nil
		}
		if err := s.Users.SetPassword(ctx, u.ID, ""); err != nil {
			return err
		}
		if err := s.shut(ctx, u.ID); err != nil {
			return err
		}
		if err := s.Audit.Emit(ctx, audit.Event{Name: audit.PasswordRemoved, User: u}); err != nil {
			return err
		}
		v.Choose, err = s.choose(ctx, u.ID)
		return err
	})
	return v, err
}

// sendVerification asks the user to verify the address, in the context's transaction.
func (s *Service) sendVerification(ctx context.Context, u user.User, decoy bool) error {
	if !s.Mail.On() {
		return nil
	}
	l := link.Link{Subject: u.ID, UserID: u.ID, Payload: link.Payload{Email: u.Email}}
	if decoy {
		l = l.Decoy()
	}
	action, err := s.Links.Issue(ctx, ForVerification, l)
	if err != nil {
		return err
	}
	m := mail.VerifyAddress(s.Site, recipient(u), action)
	m.Decoy = decoy
	return s.Mail.Queue(ctx, m)
}

// ResendVerification sends the user one more mail that asks to verify the address. It returns fault.RateLimited by address;
// the account's own limit is silent.
func (s *Service) ResendVerification(ctx context.Context, u user.User) error {
	if err := s.takeMail(ctx); err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		u, err := s.Users.Lock(ctx, u.ID)
		if err != nil {
			return err
		}
		may, err := s.mayMail(ctx, ForVerification.Name, u.ID)
		if err != nil {
			return err
		}
		return s.sendVerification(ctx, u, !may)
	})
}
