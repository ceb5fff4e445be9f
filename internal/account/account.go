// Package account is the life of an account on top of log in: register, verify, recover, change the password and the
// address, delete, and what an operator does. It writes the mails about all this, and knows no HTML.
package account

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// ErrClosed says that nobody may register.
var ErrClosed = errors.New("registration is closed")

// The purposes of links. Each has its page.
var (
	ForRegistration = link.Purpose{Name: "register", Path: "/verify-email?token=", Lifetime: 24 * time.Hour, MaxLive: 3} // finish a registration
	ForVerification = link.Purpose{Name: "verify", Path: "/verify-email?token=", Lifetime: 24 * time.Hour, MaxLive: 3}   // verify the address of an account
	// ForNewEmail verifies a new address, which then replaces the old one. Asking for another address gives up the first.
	ForNewEmail = link.Purpose{Name: "email", Path: "/verify-email?token=", Lifetime: 24 * time.Hour, MaxLive: 1}
	ForReset    = link.Purpose{Name: "reset", Path: "/password/reset?token=", Lifetime: time.Hour, MaxLive: 3} // choose a new password
	// ForUndo takes back a change of address. None is ever pushed out: see maxUndo.
	ForUndo       = link.Purpose{Name: "undo", Path: "/account/email/undo?token=", Lifetime: 7 * 24 * time.Hour}
	ForNotMe      = link.Purpose{Name: "not-me", Path: "/not-me?token=", Lifetime: 7 * 24 * time.Hour, MaxLive: 3}    // "this wasn't me"
	ForInvitation = link.Purpose{Name: "invite", Path: "/register?invite=", Lifetime: 7 * 24 * time.Hour, MaxLive: 3} // register, REGISTRATION=invite
)

// Options are what the service needs. All must be given.
type Options struct {
	DB      *database.DB
	Users   *user.Store
	Audit   *audit.Log
	Links   *link.Service
	Login   *login.Service
	Mail    *mail.Outbox
	Hasher  *password.Hasher
	Buckets *ratelimit.Store
	Limit   func(name string) ratelimit.Limit // the table of limits
	Log     *slog.Logger
	Now     func() time.Time

	Site         string        // the product's name, in mails
	BaseURL      func() string // of the site, without a slash at the end
	Registration string        // REGISTRATION: open, verify, invite or closed
}

// Service is the life of accounts of one running application.
type Service struct {
	Options
}

// New returns the service, which writes a mail about each event that an account's owner should know of.
func New(o Options) *Service {
	s := &Service{o}
	o.Audit.Subscribe(s.on)
	return s
}

// SaveProfile changes what the user says about themselves. The profile has been checked.
func (s *Service) SaveProfile(ctx context.Context, userID string, p user.Profile) error {
	return s.Users.SaveProfile(ctx, userID, p)
}

// ChangePassword gives the visitor's account a new password, ends its other logins, and makes every browser unknown to it
// but this one, for which it returns a new token. It returns login.ErrWrong if current is not the password,
// fault.RateLimited or fault.Unavailable.
func (s *Service) ChangePassword(ctx context.Context, current string, password password.Checked, browser login.Known) (known string, err error) {
	u, _ := login.From(ctx)
	if session.Repeats(ctx) { // the first press has changed it
		return s.Login.RememberAnew(ctx, u.ID, browser)
	}
	if err := s.Login.CheckPassword(ctx, current); err != nil {
		return "", err
	}
	hash, err := s.Login.HashPassword(ctx, u.Email, password)
	if err != nil {
		return "", err
	}
	err = s.Login.Refresh(ctx, func(ctx context.Context) error {
		if err := s.Users.SetPassword(ctx, u.ID, hash); err != nil {
			return err
		}
		if known, err = s.Login.EndAllButCurrent(ctx, browser); err != nil {
			return err
		}
		// Links that were mailed before lead to the account under its old password.
		if err := s.Links.End(ctx, u.ID, ForReset, ForNewEmail); err != nil {
			return err
		}
		return s.Audit.Emit(ctx, audit.Event{Name: audit.PasswordChanged, User: u})
	})
	return known, err
}

// Shut ends every login of the user, makes every browser unknown to the account, and ends every link that leads to a
// password or another address, in the context's transaction. The links that take back a change stay: they protect whoever
// had the account before.
func (s *Service) Shut(ctx context.Context, userID string) error {
	if err := s.Login.EndAll(ctx, userID); err != nil {
		return err
	}
	return s.Links.End(ctx, userID, ForReset, ForVerification, ForNewEmail)
}

// count counts what an address does against a limit. It returns fault.RateLimited.
func (s *Service) count(ctx context.Context, limit string) error {
	return s.Buckets.Take(ctx, s.Limit(limit).For(web.RequestOf(ctx).Network()))
}

// MayMail reports whether one more mail of this kind may go to an address. key is whom mails of this kind are counted by; a
// kind of "" is never left out. An address that is not verified may be anybody's, so all mail to it takes from one bucket,
// whatever act sends it and whoever asks. That never changes the answer: a mail that may not be sent is written as a decoy.
// Called in the transaction that writes the mail, it holds off other mails from the same buckets until the commit.
func (s *Service) MayMail(ctx context.Context, kind, key, email string, verified bool) (bool, error) {
	if kind != "" {
		if may, err := s.take(ctx, s.Limit("mail.account").For(kind, key)); !may {
			return false, err
		}
	}
	recipient := user.NormalizeEmail(email) // taken for a verified one, too: it is as much work
	may, err := s.take(ctx, s.Limit("mail.unverified").For(recipient), s.Limit("mail.unverified_day").For(recipient))
	return err == nil && (may || verified), err
}

// take reports whether one try could be taken from each of the buckets.
func (s *Service) take(ctx context.Context, buckets ...ratelimit.Bucket) (bool, error) {
	err := s.Buckets.Take(ctx, buckets...)
	if _, limited := errors.AsType[*fault.RateLimited](err); limited {
		return false, nil
	}
	return err == nil, err
}

// Limits are this package's lines of the table of limits.
var Limits = []ratelimit.Named{
	{Name: "register.address", Act: "register", By: "address", Setting: "LIMIT_REGISTER_ADDRESS", Tries: 100},
	{Name: "mail.address", Act: "ask for a mail (forgotten password, verification, another address)", By: "address", Setting: "LIMIT_MAIL_ADDRESS", Tries: 20},
	{Name: "mail.account", Act: "be sent a mail", By: "account and kind of mail", Setting: "LIMIT_MAIL_ACCOUNT", Tries: 5, Beyond: "nothing is sent, the answer is the same"},
	{Name: "mail.unverified", Act: "be sent a mail at an address that is not verified", By: "recipient", Setting: "LIMIT_MAIL_UNVERIFIED", Tries: 5, Beyond: "nothing is sent, the answer is the same"},
	{Name: "mail.unverified_day", Act: "be sent a mail at an address that is not verified", By: "recipient", Setting: "LIMIT_MAIL_UNVERIFIED_DAY", Tries: 10, Window: 24 * time.Hour, Beyond: "nothing is sent, the answer is the same"},
	{Name: "link.address", Act: "use a link from a mail", By: "address", Setting: "LIMIT_LINK_ADDRESS", Tries: 60},
	{Name: "link.password", Act: "give the password on the page of a link", By: "account", Setting: "LIMIT_LINK_PASSWORD", Tries: 10},
	{Name: "account.holdings", Act: "open a page that counts what is kept", By: "account", Setting: "LIMIT_ACCOUNT_HOLDINGS", Tries: 60},
}
