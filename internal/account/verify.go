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

// A Press is what somebody did on the page of a link to an address.
type Press struct {
	Known    login.Known // the tokens of the cookies of known browsers
	Password string      // "I registered: here is my password"
	Choose   bool        // "I did not choose that password"
}

// A Verification says what the button behind a link to an address did.
type Verification struct {
	link.Link        // what the link carried
	Known     string // the token that makes this browser a known one; "" leaves its cookie alone
	LoggedIn  bool   // a registration was finished, and the visitor is logged in
	Choose    string // the hash of a link to a new password, which must be chosen now; "" if not
}

// ErrElsewhere says that a new address must be verified by a browser of the account: logged in to it, or known to it.
// Otherwise somebody could make you give your address to an account of theirs, and read there what you write.
var ErrElsewhere = errors.New("not a browser of this account")

// ErrWhose says that an address is verified in another browser than the one that registered it. Somebody else may have
// chosen the password, and wait for the button to be pressed (pre-hijacking); or the owner reads mail on a phone. So
// nothing ends before the person has said which: see Press.
var ErrWhose = errors.New("not the browser that registered")

// Verify does what the button behind a link to an address is for: it finishes a registration, verifies the address of an
// account, or puts a new address in the place of the old one. It returns link.ErrLink, ErrElsewhere, ErrWhose,
// login.ErrWrong for another password, fault.RateLimited or fault.Unavailable.
func (s *Service) Verify(ctx context.Context, hash string, press Press) (v Verification, err error) {
	if err := s.count(ctx, "link.address"); err != nil {
		return v, err
	}
	if v.Link, err = s.Links.Find(ctx, hash, ForRegistration, ForVerification, ForNewEmail); err != nil {
		return v, err
	}
	given := "" // the hash of the password that was given, and is right
	err = s.Usable(ctx, v.Link, press.Known)
	if errors.Is(err, ErrWhose) && press.Password != "" {
		given, err = s.checkLinkPassword(ctx, v.Link, press.Password)
	} else if errors.Is(err, ErrWhose) && press.Choose {
		err = nil
	}
	if err != nil {
		return v, err
	}
	switch v.Purpose {
	case ForRegistration.Name:
		err = s.finish(ctx, hash, press, given, &v)
	case ForVerification.Name:
		err = s.verifyAccount(ctx, hash, press, given, &v)
	default:
		err = s.changeEmail(ctx, hash)
	}
	return v, err
}

// Usable returns nil if pressing the link's button is enough in the browser with these tokens. Otherwise it returns
// ErrElsewhere or ErrWhose, or link.ErrLink if the account has another address by now.
func (s *Service) Usable(ctx context.Context, l link.Link, known login.Known) error {
	u, in := login.From(ctx)
	switch l.Purpose {
	case ForRegistration.Name:
		if !known.Is(l.Browser) {
			return ErrWhose
		}
	case ForVerification.Name:
		owner, err := s.Users.Enabled(ctx, l.UserID)
		if err != nil {
			return err
		}
		if user.NormalizeEmail(owner.Email) != user.NormalizeEmail(l.Email) {
			return errAnotherAddress
		}
		return s.usableFor(ctx, owner, known)
	case ForNewEmail.Name:
		if in && u.ID == l.UserID {
			return nil
		}
		token, err := s.Login.KnownBy(ctx, l.UserID, known)
		if err != nil {
			return err
		}
		if in || token == "" {
			return ErrElsewhere
		}
	}
	return nil
}

// usableFor returns nil if verifying the user's address changes nothing else: this browser registered the account or is
// logged in to it, or the address is verified already. Otherwise it returns ErrWhose.
func (s *Service) usableFor(ctx context.Context, owner user.User, known login.Known) error {
	u, in := login.From(ctx)
	if owner.Verified() || in && u.ID == owner.ID || known.Is(owner.RegisteredBy) {
		return nil
	}
	return ErrWhose
}

// checkLinkPassword returns the stored form of the password of a link's account or registration, if this is it. It returns
// login.ErrWrong, fault.RateLimited or fault.Unavailable.
func (s *Service) checkLinkPassword(ctx context.Context, l link.Link, password string) (hash string, err error) {
	if hash = l.Hash; l.UserID != "" {
		u, err := s.Users.Enabled(ctx, l.UserID)
		if err != nil {
			return "", err
		}
		hash = u.PasswordHash
	}
	matches, err := s.Login.Matches(ctx, l.Email, hash, password, s.Limit("link.password").For(l.Subject))
	if err == nil && !matches {
		err = login.ErrWrong
	}
	return hash, err
}

// finish creates the account of a registration. In the browser that began it, the password that was chosen there counts, and
// it is logged in. From any other browser nobody knows whose password that is: it counts if it was given there, too;
// otherwise the account gets none, and a new one must be chosen.
func (s *Service) finish(ctx context.Context, hash string, press Press, given string, v *Verification) error {
	u := s.NewUser(v.Email, user.Profile{Name: v.Name})
	same := press.Known.Is(v.Browser)
	// What becomes known is a new token: somebody else may have planted the one that began the registration.
	old, known := press.Known, secret.New()
	if same {
		v.Known = known
	} else {
		old = nil
	}
	create := func(ctx context.Context) error {
		l, _, err := s.Links.Consume(ctx, hash, ForRegistration)
		if err != nil {
			return err
		}
		u := u
		kept := same || given != "" && given == l.Hash
		if kept {
			u.PasswordHash = l.Hash
		}
		if err := s.create(ctx, u, old, known); err != nil {
			return err
		}
		if err := s.Users.SetVerified(ctx, u.ID); err != nil || kept {
			return err
		}
		v.Choose, err = s.choose(ctx, u.ID, v.Next)
		return err
	}
	var err error
	if _, in := login.From(ctx); same && !in {
		v.LoggedIn = true
		err = s.Login.Grant(ctx, u, login.Terms{Repeatable: true}, create)
	} else { // whoever is logged in as somebody else stays so
		err = s.DB.InTx(ctx, create)
	}
	if errors.Is(err, user.ErrTaken) { // by another registration, finished first
		err = fmt.Errorf("%w: %w", link.ErrLink, err)
	}
	return err
}

// choose makes a link to a new password, in the context's transaction: for whoever has just verified the address, and
// needs no mail for it.
func (s *Service) choose(ctx context.Context, userID, next string) (hash string, err error) {
	return s.Links.IssueOpened(ctx, ForReset, link.Link{Subject: userID, UserID: userID, Payload: link.Payload{Next: next}})
}

// verifyAccount verifies the address of an account. Where that is all that was asked for, nothing else changes: see
// usableFor; or the password was given. Otherwise whoever holds the mailbox gets a new password, and what was there before
// ends: passwords, logins, pending changes.
func (s *Service) verifyAccount(ctx context.Context, hash string, press Press, given string, v *Verification) error {
	return s.Links.Use(ctx, hash, ForVerification, func(ctx context.Context, l link.Link, u user.User) error {
		if user.NormalizeEmail(u.Email) != user.NormalizeEmail(l.Email) {
			return errAnotherAddress
		}
		whose := s.usableFor(ctx, u, press.Known)
		if given != "" && given == u.PasswordHash {
			whose = nil
		}
		if whose != nil && !press.Choose { // the password was changed meanwhile, say
			return whose
		}
		if err := s.Users.SetVerified(ctx, u.ID); err != nil {
			return err
		}
		if err := s.Audit.Emit(ctx, audit.Event{Name: audit.AddressVerified, User: u, Detail: u.Email}); err != nil || whose == nil {
			return err
		}
		if err := s.Users.SetPassword(ctx, u.ID, ""); err != nil {
			return err
		}
		if err := s.Shut(ctx, u.ID); err != nil {
			return err
		}
		if err := s.Audit.Emit(ctx, audit.Event{Name: audit.PasswordRemoved, User: u}); err != nil {
			return err
		}
		var err error
		v.Choose, err = s.choose(ctx, u.ID, v.Next)
		return err
	})
}

// sendVerification asks the user to verify the address, in the context's transaction.
func (s *Service) sendVerification(ctx context.Context, u user.User, next string, decoy bool) error {
	if !s.Mail.On() {
		return nil
	}
	l := link.Link{Subject: u.ID, UserID: u.ID, Payload: link.Payload{Email: u.Email, Next: next}}
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
	if err := s.count(ctx, "mail.address"); err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		u, err := s.Users.Lock(ctx, u.ID)
		if err != nil {
			return err
		}
		may, err := s.MayMail(ctx, ForVerification.Name, u.ID, u.Email, u.Verified())
		if err != nil {
			return err
		}
		return s.sendVerification(ctx, u, "", !may)
	})
}
