package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/session"
)

// A one-use token is what the link in a mail carries. Opening the link changes nothing, so that what scans mails uses
// nothing up: the page has a button, and its POST consumes the token in the transaction of its effect.

// ErrLink is the one answer to a link that does not work: expired, used up, unknown, or made for something else.
var ErrLink = errors.New("this link does not work")

// A Purpose is what a link is for. Each has its address.
type Purpose string

// The purposes. A link works for its own alone.
const (
	ForRegistration Purpose = "register" // finish a registration, REGISTRATION=verify
	ForProof        Purpose = "verify"   // prove the address of an account
	ForNewEmail     Purpose = "email"    // prove a new address, which then replaces the old one
	ForReset        Purpose = "reset"    // choose a new password
	ForUndo         Purpose = "undo"     // take back a change of address
	ForNotMe        Purpose = "not-me"   // "this wasn't me"
	ForInvitation   Purpose = "invite"   // register, REGISTRATION=invite
)

// kinds says of each purpose how long its links work, how many may live for one subject at a time (0: any number), and
// where they lead.
var kinds = map[Purpose]struct {
	life time.Duration
	live int
	path string
}{
	ForRegistration: {24 * time.Hour, 3, "/verify-email?token="},
	ForProof:        {24 * time.Hour, 3, "/verify-email?token="},
	ForNewEmail:     {24 * time.Hour, 1, "/verify-email?token="}, // who asks for another address has given up the first
	ForReset:        {time.Hour, 3, "/password/reset?token="},
	ForUndo:         {7 * 24 * time.Hour, 0, "/account/email/undo?token="}, // never pushed out: see maxUndo
	ForNotMe:        {7 * 24 * time.Hour, 3, "/not-me?token="},
	ForInvitation:   {7 * 24 * time.Hour, 3, "/register?invite="},
}

// A token is a row of tokens. Its hash is no secret: what was presented and hashed is not found out from it.
type token struct {
	hash    string
	purpose Purpose
	subject string // the user's id or, before there is an account, the normalised address
	userID  string // "" before there is an account
	payload payload
	created time.Time
	expires time.Time
}

// payload is what a token remembers until it is used.
type payload struct {
	Email   string `json:"email,omitempty"`   // the address that the link proves
	Was     string `json:"was,omitempty"`     // the address of the account when the link was made
	Name    string `json:"name,omitempty"`    // of a registration
	Hash    string `json:"hash,omitempty"`    // of a registration: the stored form of the password
	Browser string `json:"browser,omitempty"` // of a registration: the browser that began it
}

// issue makes a token in the caller's transaction, and returns its secret and when it expires. It ends the oldest that
// are too many.
func (m *Module) issue(ctx context.Context, t token) (secret string, expires time.Time, err error) {
	secret, kind := session.NewSecret(), kinds[t.purpose]
	if t.isVoid() {
		kind.life = min(kind.life, voidFor)
	}
	t.hash, t.created, t.expires = session.HashSecret(secret), m.Now(), m.Now().Add(kind.life)
	return secret, t.expires, m.insertToken(ctx, t, kind.live)
}

// Opened returns what the page of a link remembers of it until the button is pressed: the hash of its token, so that
// the secret itself is kept nowhere. It is "" if the link has not the form of one.
func Opened(secret string) string {
	if !session.ValidSecret(secret) {
		return ""
	}
	return session.HashSecret(secret)
}

// A Link is a link from a mail that still works.
type Link struct {
	Purpose Purpose
	Email   string // the address that it is about
	Was     string // the address of the account when the link was made; may be empty
	Name    string // of the account; may be empty
	userID  string // "" before there is an account
}

// Find returns the link that was opened, if it still works for one of the purposes; otherwise ErrLink.
// It changes nothing.
func (m *Module) Find(ctx context.Context, opened string, purposes ...Purpose) (Link, error) {
	for _, p := range purposes {
		t, err := m.tokenByHash(ctx, opened, p)
		if errors.Is(err, ErrLink) {
			continue
		}
		if err != nil {
			return Link{}, err
		}
		l := Link{Purpose: p, Email: t.payload.Email, Was: t.payload.Was, Name: t.payload.Name, userID: t.userID}
		if t.userID == "" {
			return l, nil
		}
		u, err := m.userByID(ctx, t.userID)
		if errors.Is(err, fault.NotFound) { // disabled: as the button would say
			return Link{}, ErrLink
		}
		if l.Email == "" {
			l.Email, l.Name = u.Email, u.Name
		}
		return l, err
	}
	return Link{}, ErrLink
}

// use consumes the token of the link, and then does what it is for, in one transaction in which nobody
// else changes the account. It returns ErrLink if the link does not work, or then says so.
func (m *Module) use(ctx context.Context, opened string, purpose Purpose, then func(ctx context.Context, t token) error) error {
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		t, err := m.consume(ctx, opened, purpose)
		if err != nil {
			return err
		}
		return then(ctx, t)
	})
}

// consume uses a token up, in the caller's transaction. The account is locked first: in this order everywhere,
// so that two links of one account cannot hold each other up.
func (m *Module) consume(ctx context.Context, opened string, purpose Purpose) (token, error) {
	t, err := m.tokenByHash(ctx, opened, purpose)
	if err != nil {
		return token{}, err
	}
	if t.userID != "" {
		if err := m.holdUser(ctx, t.userID); errors.Is(err, fault.NotFound) { // deleted or disabled meanwhile
			return token{}, errors.Join(ErrLink, err)
		} else if err != nil {
			return token{}, err
		}
	}
	return t, m.useToken(ctx, t)
}

func encodePayload(p payload) string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("login: payload: %v", err)) // strings only
	}
	return string(text)
}

// afterCommit logs an event when the context's transaction is done.
func (m *Module) afterCommit(ctx context.Context, event string, attrs ...any) {
	database.OnCommit(ctx, func() { m.Log.InfoContext(ctx, event, append([]any{"event", event}, attrs...)...) })
}
