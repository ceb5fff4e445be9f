package login

import (
	"context"
	"errors"
	"strings"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/web"
)

// reader is the user as somebody who gets a letter. At an address that was never proven it may be a stranger, who must not
// read in our name what somebody put into the field for theirs.
func (u User) reader() mail.Recipient {
	r := mail.Recipient{UserID: u.ID, Email: u.Email}
	if !u.Proven.IsZero() {
		r.Name = u.Name
	}
	return r
}

// call makes a token in the caller's transaction, and the call of the letter that carries it.
func (m *Module) call(ctx context.Context, t token) (mail.Action, error) {
	secret, expires, err := m.issue(ctx, t)
	kind := kinds[t.purpose]
	return mail.Action{Address: m.BaseURL() + kind.path + secret, Works: kind.life, Expires: expires}, err
}

// countMail counts an act that sends mail, by the address that asks: fault.RateLimited.
func (m *Module) countMail(ctx context.Context) error {
	return m.Limits.Take(ctx, m.Tries.MailAddress.For(web.RequestOf(ctx).Network()))
}

// countLink counts the use of a link, by the address that comes with it: fault.RateLimited.
func (m *Module) countLink(ctx context.Context) error {
	return m.Limits.Take(ctx, m.Tries.Link.For(web.RequestOf(ctx).Network()))
}

// mayMail reports whether one more mail of this kind may go to the account. It never changes the answer: what may not
// be sent is written as a void letter. Asked in the transaction that writes the letter, it keeps others out until that
// is done.
func (m *Module) mayMail(ctx context.Context, purpose Purpose, key string) (bool, error) {
	err := m.Limits.Take(ctx, m.Tries.MailAccount.For(string(purpose), key))
	if _, tooMany := errors.AsType[*fault.RateLimited](err); tooMany {
		return false, nil
	}
	return err == nil, err
}

// void makes the token one of nobody's, for a letter that is not sent: it ends no link that somebody holds.
func (t token) void() token {
	t.subject, t.userID = voidSubject+newID(), ""
	return t
}

func (t token) isVoid() bool { return strings.HasPrefix(t.subject, voidSubject) }

const (
	voidSubject = "void:"
	voidFor     = time.Hour // how long what leads nowhere is kept
)

// nobody is the reader of letters that are not sent.
var nobody = User{Email: "nobody@void.invalid"}

// where says from where the request came, for a letter.
func (m *Module) where(ctx context.Context, u User) []mail.Fact {
	info := web.RequestOf(ctx)
	when := m.Now().In(u.Location())
	return []mail.Fact{
		{Label: "Browser", Value: DeviceName(info.UserAgent)},
		{Label: "When", Value: when.Format("2 January 2006, 15:04 MST")},
		{Label: "Network", Value: info.Truncated()},
	}
}

// notify writes a letter with the button "this wasn't me", in the caller's transaction.
func (m *Module) notify(ctx context.Context, u User, letter func(string, mail.Recipient, []mail.Fact, mail.Action) mail.Message) error {
	if !m.Mail.On() {
		return nil
	}
	// As many as the limit has: whoever has the password must not fill somebody's mailbox. It silences nothing that the
	// owner needs, because without the password there is no such mail at all.
	may, err := m.mayMail(ctx, "notice", u.ID)
	if err != nil || !may {
		return err
	}
	c, err := m.call(ctx, token{purpose: ForNotMe, subject: u.ID, userID: u.ID, payload: payload{Email: u.Email}})
	if err != nil {
		return err
	}
	return m.Mail.Queue(ctx, letter(m.Site, u.reader(), m.where(ctx, u), c))
}

// sendProof asks for a proof of the user's address, in the caller's transaction.
func (m *Module) sendProof(ctx context.Context, u User, void bool) error {
	if !m.Mail.On() {
		return nil
	}
	t := token{purpose: ForProof, subject: u.ID, userID: u.ID, payload: payload{Email: u.Email}}
	if void {
		t = t.void()
	}
	c, err := m.call(ctx, t)
	if err != nil {
		return err
	}
	l := mail.ProveAddress(m.Site, u.reader(), c)
	l.Decoy = void
	return m.Mail.Queue(ctx, l)
}

// AskProof sends the user one more mail that asks for a proof of the address. It returns fault.RateLimited by address;
// the account's own limit is silent.
func (m *Module) AskProof(ctx context.Context, u User) error {
	if err := m.countMail(ctx); err != nil {
		return err
	}
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := m.holdUser(ctx, u.ID); err != nil {
			return err
		}
		may, err := m.mayMail(ctx, ForProof, u.ID)
		if err != nil {
			return err
		}
		return m.sendProof(ctx, u, !may)
	})
}

// sendReset writes the letter with the link to a new password, in the caller's transaction.
func (m *Module) sendReset(ctx context.Context, u User, void bool) error {
	t := token{purpose: ForReset, subject: u.ID, userID: u.ID}
	if void {
		u, t = nobody, t.void()
	}
	c, err := m.call(ctx, t)
	if err != nil {
		return err
	}
	if err := m.note(ctx, PasswordAsked, t.userID, ""); err != nil {
		return err
	}
	l := mail.ChoosePassword(m.Site, u.reader(), c)
	l.Decoy = void
	return m.Mail.Queue(ctx, l)
}
