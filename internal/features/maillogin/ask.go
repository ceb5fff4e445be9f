package maillogin

import (
	"context"
	"errors"
	"net/http"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// A form asks for a code: what was typed, and what is wrong with it.
type form struct {
	Email, Next string
	Remember    bool
	Problems    web.Problems
}

func readForm(r *http.Request) form {
	return form{Email: r.PostFormValue("email"), Next: web.LocalPath(r.FormValue("next")), Remember: r.PostFormValue("remember") != "", Problems: web.Problems{}}
}

func (m *MailLogin) showAsk(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, askPage(readForm(r), m.Login.RememberIdle))
}

// ask sends a code to the address that was typed, if it is the verified address of an account. The answer never tells whether
// it is: if it is not, or if too many mails were sent to it, the same statements write a decoy. It returns fault.RateLimited
// if too many requests came from the client's address.
func (m *MailLogin) ask(w http.ResponseWriter, r *http.Request) error {
	ctx, f := r.Context(), readForm(r)
	if f.Problems.Add("email", m.Users.EmailProblem(f.Email)); len(f.Problems) > 0 {
		return web.Render(w, r, http.StatusUnprocessableEntity, askPage(f, m.Login.RememberIdle))
	}
	if err := m.Take(ctx, "mail.address", web.RequestOf(ctx).Network()); err != nil {
		return err
	}
	err := m.DB.InTx(ctx, func(ctx context.Context) error {
		u, err := m.Users.LockByEmail(ctx, f.Email)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		may, err := m.Account.MayMail(ctx, "mail-login", user.NormalizeEmail(f.Email), f.Email, u.Verified())
		if err != nil {
			return err
		}
		visitor, err := m.visitor(ctx)
		if err != nil {
			return err
		}
		return m.send(ctx, u, f, visitor, !may || !u.Verified() || u.Disabled())
	})
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, codePath)
}

// visitor returns the id of this browser's session, whose row it locks in the context's transaction. A browser without a
// session gets one.
func (m *MailLogin) visitor(ctx context.Context) (id string, err error) {
	if session.TokenHash(ctx) != "" {
		return m.Sessions.Lock(ctx)
	}
	err = m.Sessions.Rotate(ctx, session.Rotation{Lasting: m.Sessions.Lifetime > 0}, func(_ context.Context, created string) error {
		id = created
		return nil
	})
	return id, err
}

// send stores a code for the visitor and queues the mail with it, in the context's transaction.
func (m *MailLogin) send(ctx context.Context, u user.User, f form, visitor string, decoy bool) error {
	info, token := web.RequestOf(ctx), secret.New()
	hash := secret.Hash(token)
	a := asked{
		TokenHash: hash, CodeHash: hashCode(hash, codeOf(token)), Visitor: visitor, UserID: u.ID, Email: user.CleanEmail(f.Email), Next: f.Next,
		Remember: f.Remember, From: web.BrowserName(info.UserAgent) + ", from " + views.Network(info.Truncated()),
		CreatedAt: m.Now(), ExpiresAt: m.Now().Add(worksFor),
	}
	if decoy {
		u, a.UserID = user.User{Email: "nobody@decoy.invalid"}, ""
	}
	if err := m.insert(ctx, a); err != nil {
		return err
	}
	if err := m.Audit.Emit(ctx, audit.Event{Name: audit.MailLogInRequested, User: u}); err != nil {
		return err
	}
	action := mail.Action{Link: m.BaseURL() + linkPath + "?token=" + token, ValidFor: worksFor, Expires: a.ExpiresAt}
	message := mail.LogInCode(views.Site, mail.Recipient{UserID: u.ID, Email: u.Email, Name: u.Name}, grouped(codeOf(token)), m.Account.Where(ctx, u), action)
	message.Decoy = decoy
	return m.Mail.Queue(ctx, message)
}
