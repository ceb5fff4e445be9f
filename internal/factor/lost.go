package factor

import (
	"context"
	"errors"
	"time"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// Who has lost their second factor, and has the password, asks for its removal. The owner is mailed at once and each day;
// after the waiting time a mail brings a link that removes the factors. Any log in cancels it, as does one press in any of
// the mails, and a new password.

const (
	// remindEvery is how often the owner is mailed while the waiting time lasts.
	remindEvery = 24 * time.Hour
	// removableFor is how long the link works that removes the factors.
	removableFor = 3 * 24 * time.Hour
)

// The purposes of links, each with its page.
var (
	ForRemoval = link.Purpose{Name: "factor-remove", Path: "/second-factor/remove?token=", Lifetime: removableFor, MaxLive: 1}
	// ForKeeping cancels the removal. It outlives the longest waiting time.
	ForKeeping = link.Purpose{Name: "factor-keep", Path: "/second-factor/keep?token=", Lifetime: 35 * 24 * time.Hour}
)

// MayRecover reports whether the user can ask for the removal of a lost factor: there is a waiting time, and an address that
// is known to be theirs.
func (s *Service) MayRecover(u user.User) bool {
	return s.RecoverAfter > 0 && u.Verified() && s.Mail.On()
}

// Lost asks for the removal of the factors of whoever has half done a log in. Asked twice, the first time counts. It returns
// when the link is mailed. It returns ErrOver, or fault.NotFound where it cannot be asked for.
func (s *Service) Lost(ctx context.Context) (due time.Time, err error) {
	h, err := s.Half(ctx)
	if err != nil {
		return due, err
	}
	if !s.MayRecover(h.User) {
		return due, fault.NotFound
	}
	if err := s.Buckets.Take(ctx, s.Limit("factor.lost").For(web.RequestOf(ctx).Network())); err != nil {
		return due, err
	}
	return due, s.DB.InTx(ctx, func(ctx context.Context) error {
		u, err := s.Users.Lock(ctx, h.User.ID)
		if errors.Is(err, fault.NotFound) {
			return ErrOver
		}
		if err != nil {
			return err
		}
		asked, err := s.askRecovery(ctx, u.ID)
		if err != nil {
			return err
		}
		r, err := s.recovery(ctx, u.ID)
		if due = r.due; err != nil || !asked {
			return err
		}
		if err := s.Audit.Emit(ctx, audit.Event{Name: audit.FactorLost, User: u}); err != nil {
			return err
		}
		return s.remind(ctx, u, r)
	})
}

// remind mails the owner that the removal waits, or, once it is due, the link.
func (s *Service) remind(ctx context.Context, u user.User, r recovery) error {
	keep, err := s.Account.Links.Issue(ctx, ForKeeping, link.Link{Subject: u.ID, UserID: u.ID})
	if err != nil {
		return err
	}
	now := s.Now()
	if now.Before(r.due) {
		next := now.Add(remindEvery)
		if next.After(r.due) {
			next = r.due
		}
		if err := s.setMailAt(ctx, u.ID, next); err != nil {
			return err
		}
		return s.Mail.Queue(ctx, isLost(s.Account.Site, u, r.due, keep))
	}
	remove, err := s.Account.Links.Issue(ctx, ForRemoval, link.Link{Subject: u.ID, UserID: u.ID})
	if err != nil {
		return err
	}
	if err := s.setMailAt(ctx, u.ID, now.Add(removableFor)); err != nil {
		return err
	}
	return s.Mail.Queue(ctx, isRemovable(s.Account.Site, u, remove, keep))
}

// remindDue mails those whose time has come, at most 200, and ends the removals whose link nobody has used.
func (s *Service) remindDue(ctx context.Context) (n int64, err error) {
	users, err := s.DB.Strings(ctx, `SELECT user_id FROM factor_recoveries WHERE mail_at <= $1 ORDER BY mail_at LIMIT 200`, s.Now().UnixMilli())
	if err != nil {
		return 0, err
	}
	for _, id := range users {
		err := s.DB.InTx(ctx, func(ctx context.Context) error {
			u, err := s.Users.Lock(ctx, id)
			if errors.Is(err, fault.NotFound) { // disabled: nobody gets in anyway
				return s.endRecovery(ctx, id)
			}
			if err != nil {
				return err
			}
			r, err := s.recovery(ctx, id)
			if errors.Is(err, fault.NotFound) || err == nil && r.mail.After(s.Now()) { // another instance was faster
				return nil
			}
			if err != nil {
				return err
			}
			if !s.Now().Before(r.due.Add(removableFor)) || !s.MayRecover(u) {
				return s.endRecovery(ctx, id)
			}
			return s.remind(ctx, u, r)
		})
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// RemoveByLink removes the factors of the account that a link is for. It returns link.ErrLink if the link does not work, or
// the removal was cancelled.
func (s *Service) RemoveByLink(ctx context.Context, hash string) error {
	return s.Account.Links.Use(ctx, hash, ForRemoval, func(ctx context.Context, _ link.Link, u user.User) error {
		r, err := s.recovery(ctx, u.ID)
		if errors.Is(err, fault.NotFound) || err == nil && s.Now().Before(r.due) {
			return link.ErrLink
		}
		if err != nil {
			return err
		}
		_, err = s.removeAll(ctx, u, audit.Event{User: u, Detail: "by a mail’s link"}, time.Time{})
		return errors.Join(err, s.endRecovery(ctx, u.ID))
	})
}

// KeepByLink cancels the removal that a link is about. It is no error if it is over already. It returns link.ErrLink.
func (s *Service) KeepByLink(ctx context.Context, hash string) error {
	return s.Account.Links.Use(ctx, hash, ForKeeping, func(ctx context.Context, _ link.Link, u user.User) error {
		return s.cancel(ctx, u)
	})
}

// cancel ends a removal that waits, if there is one, in the context's transaction.
func (s *Service) cancel(ctx context.Context, u user.User) error {
	if _, err := s.recovery(ctx, u.ID); errors.Is(err, fault.NotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if err := s.endRecovery(ctx, u.ID); err != nil {
		return err
	}
	return s.Audit.Emit(ctx, audit.Event{Name: audit.FactorKept, User: u})
}

// Remove removes all factors of the account, as an operator does. It returns how many there were, or fault.NotFound if there
// is no such account.
func (s *Service) Remove(ctx context.Context, userID string) (n int, err error) {
	return n, s.DB.InTx(ctx, func(ctx context.Context) error {
		u, err := s.Users.ByID(ctx, userID)
		if err != nil {
			return err
		}
		n, err = s.removeAll(ctx, u, audit.Event{User: u, Detail: "by an operator", Operator: true}, time.Time{})
		return errors.Join(err, s.endRecovery(ctx, userID))
	})
}

// removeAll removes the account's factors that were set up after the given time, with an event like e for each, in the
// context's transaction. A factor whose time is not known counts as older.
func (s *Service) removeAll(ctx context.Context, u user.User, e audit.Event, after time.Time) (n int, err error) {
	mine, err := s.Of(ctx, u.ID)
	if err != nil {
		return 0, err
	}
	detail := e.Detail
	for _, m := range mine {
		if !after.IsZero() && !m.Since.After(after) {
			continue
		}
		if err := m.Remove(ctx, u.ID); err != nil && !errors.Is(err, fault.NotFound) {
			return n, err
		}
		if m.Spare && n > 0 { // it went with the others
			continue
		}
		e.Name, e.Detail = audit.FactorRemoved, m.Title
		if detail != "" {
			e.Detail += ", " + detail
		}
		if err := s.Audit.Emit(ctx, e); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
