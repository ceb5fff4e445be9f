package account

import (
	"context"
	"errors"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/user"
)

// A Registration is somebody who wants an account.
type Registration struct {
	Email    string
	Password password.Checked
	user.Profile
	Known  login.Known // the tokens of the cookies of known browsers
	Invite string      // the hash of the invitation, where REGISTRATION=invite
	Next   string      // the page that was asked for, "" for none: it has passed web.LocalPath

	// Instead of a password: With adds another way to log in to the account with this ID, in the transaction that creates it.
	// Only where an account needs no mail first (see Verifies), or the address is verified.
	ID   string
	With func(ctx context.Context) error
	// VerifiedBy is who has verified that the address is theirs, as the history names it; "" for nobody: a mail asks for it.
	VerifiedBy string
}

// mailFirst reports whether the account exists only once the button in a mail was pressed.
func (s *Service) mailFirst(reg Registration) bool { return s.Verifies() && reg.VerifiedBy == "" }

// CanRegister reports whether everybody may register.
func (s *Service) CanRegister() bool { return s.Registration == "open" || s.Registration == "verify" }

// Verifies reports whether an account exists only once the button in a mail was pressed.
func (s *Service) Verifies() bool { return s.Registration == "verify" }

// Invited returns ErrClosed if nobody may register, or only with an invitation and this is none.
func (s *Service) Invited(ctx context.Context, hash string) error {
	if s.CanRegister() {
		return nil
	}
	if s.Registration == "invite" {
		if _, err := s.Links.Find(ctx, hash, ForInvitation); !errors.Is(err, link.ErrLink) {
			return err
		}
	}
	return ErrClosed
}

// Register creates an account and logs the visitor in or, where the address must be verified first, begins a registration
// (see Verifies): then the answer is the same whether the address is taken or not. The fields have been checked. It returns
// the token that makes this browser a known one, and ErrClosed, user.ErrTaken, link.ErrLink
// (the invitation is for another address), fault.RateLimited or fault.Unavailable.
func (s *Service) Register(ctx context.Context, reg Registration) (known string, err error) {
	if err := s.Invited(ctx, reg.Invite); err != nil {
		return "", err
	}
	if err := s.count(ctx, "register.address"); err != nil {
		return "", err
	}
	if s.Registration == "invite" { // first of all: an invitation for one address asks nothing about others
		l, err := s.Links.Find(ctx, reg.Invite, ForInvitation)
		if err != nil || l.Email != "" && user.NormalizeEmail(l.Email) != user.NormalizeEmail(reg.Email) {
			return "", errors.Join(err, link.ErrLink)
		}
	}
	if !s.mailFirst(reg) {
		if _, err := s.Users.ByEmail(ctx, reg.Email); err == nil {
			return "", user.ErrTaken
		} else if !errors.Is(err, fault.NotFound) {
			return "", err
		}
	}
	u := s.NewUser(reg.Email, reg.Profile)
	if reg.With != nil {
		if s.mailFirst(reg) {
			return "", ErrClosed
		}
		u.ID = reg.ID
	} else if u.PasswordHash, err = s.Login.HashPassword(ctx, reg.Email, reg.Password); err != nil {
		return "", err
	}
	known = secret.New()
	if s.mailFirst(reg) {
		// A browser that has begun a registration before keeps its token: the mails of both are its own.
		if inUse, err := s.Login.IsKnownToAny(ctx, reg.Known); err != nil {
			return "", err
		} else if len(reg.Known) == 1 && !inUse {
			known = reg.Known[0]
		}
		return known, s.begin(ctx, u, reg, known)
	}
	return known, s.Login.Grant(ctx, u, login.Terms{Repeatable: true}, func(ctx context.Context) error {
		if s.Registration == "invite" {
			if _, _, err := s.Links.Consume(ctx, reg.Invite, ForInvitation); err != nil {
				return err
			}
		}
		if reg.VerifiedBy != "" {
			u.VerifiedAt = u.CreatedAt
		}
		if err := s.create(ctx, u, reg.Known, known); err != nil {
			return err
		}
		if reg.With != nil {
			if err := reg.With(ctx); err != nil {
				return err
			}
		}
		if reg.VerifiedBy != "" {
			return s.Audit.Emit(ctx, audit.Event{Name: audit.AddressVerified, User: u, Detail: reg.VerifiedBy})
		}
		may, err := s.MayMail(ctx, ForRegistration.Name, u.ID, u.Email, false)
		if err != nil {
			return err
		}
		return s.sendVerification(ctx, u, reg.Next, !may)
	})
}

// NewUser returns an account that is about to be created.
func (s *Service) NewUser(email string, p user.Profile) user.User {
	now := s.Now()
	return user.User{ID: database.NewID(), Email: user.CleanEmail(email), Profile: p.Clean(), CreatedAt: now, PasswordChangedAt: now}
}

// create creates the account in the context's transaction. known is the token of the browser that registers, in place of the
// old ones that it came with: verifying the address there changes nothing else.
func (s *Service) create(ctx context.Context, u user.User, old login.Known, known string) error {
	u.RegisteredBy = secret.Hash(known)
	if err := s.Users.Insert(ctx, u); err != nil {
		return err
	}
	if err := s.Login.RememberBrowser(ctx, u.ID, old, known); err != nil {
		return err
	}
	return s.Audit.Emit(ctx, audit.Event{Name: audit.Registered, User: u})
}

// KnowAgain gives the browser that registered the user a new token to be known by, for when it has sent the same form twice.
func (s *Service) KnowAgain(ctx context.Context, u user.User, old login.Known) (known string, err error) {
	known = secret.New()
	return known, s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Users.ReplaceRegisteredBy(ctx, u.RegisteredBy, secret.Hash(known)); err != nil {
			return err
		}
		return s.Login.RememberBrowser(ctx, u.ID, old, known)
	})
}

// begin stores a registration until its mail's button is pressed. The owner of a taken address gets a mail that says so. In
// both cases the same statements run.
func (s *Service) begin(ctx context.Context, u user.User, reg Registration, known string) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		key := user.NormalizeEmail(u.Email)
		owner, err := s.Users.LockByEmail(ctx, key)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		if err := s.Login.ReplaceBrowser(ctx, reg.Known, known); err != nil {
			return err
		}
		may, err := s.MayMail(ctx, ForRegistration.Name, key, key, owner.Verified())
		if err != nil {
			return err
		}
		reserved, err := s.Users.Reserved(ctx, key, "")
		if err != nil {
			return err
		}
		l := link.Link{Subject: key, Payload: link.Payload{Email: u.Email, Name: u.Name, Hash: u.PasswordHash, Browser: secret.Hash(known), Next: reg.Next}}
		if owner.ID != "" || reserved || !may {
			l = l.Decoy()
		}
		action, err := s.Links.Issue(ctx, ForRegistration, l)
		if err != nil {
			return err
		}
		m := mail.FinishRegistration(s.Site, mail.Recipient{Email: u.Email}, action) // no account yet that the mail could belong to
		if owner.ID != "" {
			m = mail.AlreadyRegistered(s.Site, recipient(owner), s.BaseURL()+"/login", s.BaseURL()+"/password/forgot")
		}
		m.Decoy = !may || reserved || owner.Disabled()
		return s.Mail.Queue(ctx, m)
	})
}
