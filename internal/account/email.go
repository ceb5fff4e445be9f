package account

import (
	"context"
	"errors"
	"time"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/user"
)

// maxUndo is how many changes of address can be taken back at a time. While so many can, there is no further change:
// otherwise a thief could push out the first, which is the owner's.
const maxUndo = 3

// twice is how long after the first press of a button a second one is read as done.
const twice = time.Minute

// RequestEmail begins a change of the visitor's address: a mail to the new one asks to verify it. The answer is the same
// if another account has that address; then its owner is told. It returns fault.RateLimited.
func (s *Service) RequestEmail(ctx context.Context, email string) error {
	if err := s.count(ctx, "mail.address"); err != nil {
		return err
	}
	u, _ := login.From(ctx)
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Login.LockCurrent(ctx); err != nil {
			return err
		}
		waits, err := s.PendingEmail(ctx, u.ID)
		if err != nil {
			return err
		}
		if user.NormalizeEmail(waits.Email) == user.NormalizeEmail(email) && s.Now().Sub(waits.Sent) < twice {
			return nil // pressed twice: a second mail would end the link of the first
		}
		if err := s.roomForUndo(ctx, u.ID); err != nil {
			return err
		}
		owner, err := s.Users.ByEmail(ctx, email)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		reserved, err := s.Users.Reserved(ctx, email, u.ID)
		if err != nil {
			return err
		}
		may, err := s.MayMail(ctx, ForNewEmail.Name, u.ID, email, owner.Verified())
		if err != nil {
			return err
		}
		// Made for a taken address, too, where nobody gets to see it: what is stored about the asker must not tell the two
		// apart.
		l := link.Link{Subject: u.ID, UserID: u.ID, Payload: link.Payload{Email: user.CleanEmail(email), Was: u.Email}}
		if !may {
			l = l.Decoy()
		}
		action, err := s.Links.Issue(ctx, ForNewEmail, l)
		if err != nil {
			return err
		}
		if err := s.Audit.Emit(ctx, audit.Event{Name: audit.AddressChangeRequested, User: u, Detail: user.CleanEmail(email)}); err != nil {
			return err
		}
		// Both go to addresses that are not the asker's: neither is mail of the asker's account.
		asker := u.Email
		if !u.Verified() { // a stranger's words, perhaps, which must not reach a stranger in our name
			asker = ""
		}
		m := mail.VerifyNewAddress(s.Site, mail.Recipient{Email: user.CleanEmail(email)}, asker, action)
		if owner.ID != "" {
			m = mail.AddressHasAccount(s.Site, mail.Recipient{Email: owner.Email})
		}
		m.Decoy = !may || reserved
		return s.Mail.Queue(ctx, m)
	})
}

// roomForUndo returns fault.RateLimited while maxUndo changes can be taken back.
func (s *Service) roomForUndo(ctx context.Context, userID string) error {
	undos, err := s.Links.Live(ctx, userID, ForUndo)
	if err == nil && len(undos) >= maxUndo {
		err = &fault.RateLimited{RetryAfter: undos[0].ExpiresAt.Sub(s.Now())} // the oldest ends first
	}
	return err
}

// changeEmail puts the new address in the place of the old one, and tells the old one how to take it back.
func (s *Service) changeEmail(ctx context.Context, hash string) error {
	return s.Links.Use(ctx, hash, ForNewEmail, func(ctx context.Context, l link.Link, u user.User) error {
		if user.NormalizeEmail(u.Email) != user.NormalizeEmail(l.Was) {
			return errAnotherAddress
		}
		if err := s.roomForUndo(ctx, u.ID); err != nil {
			return err
		}
		if err := s.setEmail(ctx, u.ID, l.Email); err != nil {
			return err
		}
		// What was mailed to the old address must not open the account any more.
		if err := s.Links.End(ctx, u.ID, ForReset, ForVerification); err != nil {
			return err
		}
		if err := s.Audit.Emit(ctx, audit.Event{Name: audit.AddressChanged, User: u, Detail: u.Email + " → " + l.Email}); err != nil {
			return err
		}
		if !s.Mail.On() {
			return nil
		}
		if !u.Verified() { // it may be a stranger's: told, but given no way into the account
			m := mail.AddressWasChanged(s.Site, recipient(u), "", nil, mail.Action{})
			may, err := s.MayMail(ctx, "", "", u.Email, false)
			if m.Decoy = !may; err != nil {
				return err
			}
			return s.Mail.Queue(ctx, m)
		}
		action, err := s.Links.Issue(ctx, ForUndo, link.Link{Subject: u.ID, UserID: u.ID, Payload: link.Payload{Email: u.Email, Was: l.Email}})
		if err != nil {
			return err
		}
		if err := s.Users.Reserve(ctx, u.ID, u.Email, action.Expires); err != nil {
			return err
		}
		return s.Mail.Queue(ctx, mail.AddressWasChanged(s.Site, recipient(u), l.Email, s.Where(ctx, u), action))
	})
}

var errAnotherAddress = errors.Join(link.ErrLink, errors.New("the account has another address now"))

// setEmail is user.Store.SetEmail for a link, which does not work if the address is taken.
func (s *Service) setEmail(ctx context.Context, userID, email string) error {
	err := s.Users.SetEmail(ctx, userID, email)
	if errors.Is(err, user.ErrTaken) {
		err = errors.Join(link.ErrLink, err)
	}
	return err
}

// UndoEmail takes back a change of address. The old address comes back, every login and the password end, and a mail to it
// leads to a new password. It returns link.ErrLink, also if another account has the old address meanwhile.
func (s *Service) UndoEmail(ctx context.Context, hash string) error {
	if err := s.count(ctx, "link.address"); err != nil {
		return err
	}
	return s.Links.Use(ctx, hash, ForUndo, s.takeBack)
}

// takeBack does what a link ForUndo is for, in the context's transaction. Notices that went to the other address must not
// have the last word: their links end.
func (s *Service) takeBack(ctx context.Context, l link.Link, _ user.User) error {
	if err := s.setEmail(ctx, l.UserID, l.Email); err != nil {
		return err
	}
	if err := s.Links.End(ctx, l.UserID, ForNotMe); err != nil {
		return err
	}
	return s.secure(ctx, l.UserID, audit.AddressRestored)
}
