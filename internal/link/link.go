// Package link makes the one-use links that mails carry. Opening a link changes nothing, so that what scans mails uses
// nothing up: its page has a button, whose POST consumes the link in the transaction of its effect. The package knows
// tokens and when they expire, and not what they are for.
package link

import (
	"context"
	"errors"
	"strings"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/user"
)

// ErrLink is the one answer to a link that does not work: expired, used, unknown, or made for something else.
var ErrLink = errors.New("this link does not work")

// A Purpose is what a link is for. A link works for its own purpose alone.
type Purpose struct {
	Name     string // stable: it is stored
	Path     string // what the link's address begins with, up to the token: "/verify-email?token="
	Lifetime time.Duration
	MaxLive  int // links that may work for one subject at a time; a new one ends the oldest. 0: any number
}

// A Link is a link that works, or is about to be made.
type Link struct {
	Purpose   string
	Subject   string // the user's id or, before there is an account, the normalised address
	UserID    string // "" before there is an account
	CreatedAt time.Time
	ExpiresAt time.Time
	Payload

	hash  string
	decoy bool
}

// A Payload is what a link remembers until it is used.
type Payload struct {
	Email   string `json:"email,omitempty"`   // the address that the link is about
	Was     string `json:"was,omitempty"`     // the account's address when the link was made
	Name    string `json:"name,omitempty"`    // of a registration
	Hash    string `json:"hash,omitempty"`    // of a registration: the password's hash
	Browser string `json:"browser,omitempty"` // of a registration: hash of the token of the browser that began it
	Next    string `json:"next,omitempty"`    // the page of ours that was asked for, a web.LocalPath
}

// decoyLifetime is how long a decoy is stored.
const decoyLifetime = time.Hour

// Decoy detaches the link from its account: it is stored for a mail that is not sent, so that both paths do the same
// work, and it ends none of the account's live links.
func (l Link) Decoy() Link {
	l.Subject, l.UserID, l.decoy = "decoy:"+database.NewID(), "", true
	return l
}

// Hash returns the hash of a link's token, or "" if it is malformed. Pages store the hash, never the token.
func Hash(token string) string {
	if token = Token(token); token == "" {
		return ""
	}
	return secret.Hash(token)
}

// Token returns a link's token as it was made, or "" if it is malformed. What sticks to it when it is copied out of a mail is
// cut off: blanks, and whatever follows it that cannot be part of one.
func Token(token string) string {
	token = strings.TrimLeft(token, " \t\r\n\u00a0<(\"'")
	if end := strings.IndexFunc(token, notOfToken); end >= 0 {
		token = token[:end]
	}
	if !secret.Valid(token) {
		return ""
	}
	return token
}

// notOfToken is true of what is not of the alphabet of tokens (RFC 4648, 5).
func notOfToken(c rune) bool {
	return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}

// Tag is the beginning of a link's hash: it tells two links apart, and is worth nothing.
func Tag(hash string) string { return hash[:min(16, len(hash))] }

// Service makes and consumes links.
type Service struct {
	DB      *database.DB
	Users   *user.Store
	Now     func() time.Time
	BaseURL func() string // of the site, without a slash at the end: what links begin with, never a request's Host
}

// Issue makes a link in the context's transaction, and returns it as a mail's action. It ends the oldest live links of
// its purpose and subject that are too many.
func (s *Service) Issue(ctx context.Context, p Purpose, l Link) (mail.Action, error) {
	token, l, err := s.issue(ctx, p, l)
	return mail.Action{Link: s.BaseURL() + p.Path + token, ValidFor: p.Lifetime, Expires: l.ExpiresAt}, err
}

// IssueOpened makes a link that needs no mail, and returns its hash: for whoever has just shown to own the mailbox.
func (s *Service) IssueOpened(ctx context.Context, p Purpose, l Link) (hash string, err error) {
	_, l, err = s.issue(ctx, p, l)
	return l.hash, err
}

func (s *Service) issue(ctx context.Context, p Purpose, l Link) (token string, _ Link, err error) {
	lifetime := p.Lifetime
	if l.decoy {
		lifetime = min(lifetime, decoyLifetime)
	}
	token = secret.New()
	l.Purpose, l.hash, l.CreatedAt, l.ExpiresAt = p.Name, secret.Hash(token), s.Now(), s.Now().Add(lifetime)
	return token, l, s.insert(ctx, l, p.MaxLive)
}

// Find returns the link with this hash, if it works for one of the purposes; otherwise ErrLink. It changes nothing.
// A link to a disabled account does not work. Email and Name of a link that has none are those of its account.
func (s *Service) Find(ctx context.Context, hash string, purposes ...Purpose) (Link, error) {
	for _, p := range purposes {
		l, err := s.byHash(ctx, hash, p)
		if errors.Is(err, ErrLink) {
			continue
		}
		if err != nil || l.UserID == "" {
			return l, err
		}
		u, err := s.Users.Enabled(ctx, l.UserID)
		if errors.Is(err, fault.NotFound) {
			return Link{}, ErrLink
		}
		if l.Email == "" {
			l.Email, l.Name = u.Email, u.Name
		}
		return l, err
	}
	return Link{}, ErrLink
}

// Use consumes the link and then calls then with it and its account, in one transaction in which nobody else changes the
// account; the zero User if there is none yet. It returns ErrLink if the link does not work, or what then returns.
func (s *Service) Use(ctx context.Context, hash string, p Purpose, then func(ctx context.Context, l Link, u user.User) error) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		l, u, err := s.Consume(ctx, hash, p)
		if err != nil {
			return err
		}
		return then(ctx, l, u)
	})
}

// Consume marks a link as used in the context's transaction, and returns it and its account, which it locks first (lock
// order: users, then everything else). Of any number of requests with one link, one succeeds; the others get ErrLink.
func (s *Service) Consume(ctx context.Context, hash string, p Purpose) (l Link, u user.User, err error) {
	if l, err = s.byHash(ctx, hash, p); err != nil {
		return l, u, err
	}
	if l.UserID != "" {
		if u, err = s.Users.Lock(ctx, l.UserID); errors.Is(err, fault.NotFound) { // deleted or disabled meanwhile
			return l, u, errors.Join(ErrLink, err)
		} else if err != nil {
			return l, u, err
		}
	}
	return l, u, s.ConsumeLocked(ctx, p, l)
}
