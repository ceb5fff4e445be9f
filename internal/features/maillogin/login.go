package maillogin

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

func (m *MailLogin) showCode(w http.ResponseWriter, r *http.Request) error {
	return m.renderCode(w, r, http.StatusOK, "")
}

// renderCode shows the page to type the code on, to a browser that asked for one within ten minutes.
func (m *MailLogin) renderCode(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	w.Header().Set("Cache-Control", "no-store") // it names an address
	all, err := m.of(r.Context(), session.Current(r.Context()).ID)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return web.Render(w, r, http.StatusNotFound, nothingAskedPage())
	}
	return web.Render(w, r, status, codePage(all[0], problem))
}

// logIn logs in with the code that was typed, or that the page of the link sends.
func (m *MailLogin) logIn(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if u, in := login.From(ctx); in {
		return m.again(w, r, u)
	}
	code, ok := parseCode(r.PostFormValue("code"))
	if !ok {
		return m.renderCode(w, r, http.StatusUnprocessableEntity, "A code has eight letters and digits. Type it as the mail shows it.")
	}
	a, known, err := m.try(r, code)
	switch {
	case errors.Is(err, errWrong):
		web.RequestOf(ctx).Reason = errWrong.Error()
		return m.renderCode(w, r, http.StatusUnprocessableEntity, "This code does not work. Take the one of the newest mail, or have another one sent.")
	case err != nil:
		return err
	}
	m.Login.SetKnownCookie(w, known)
	return m.GoOn(w, r, a.Next)
}

// again answers a code from somebody who is logged in already, through the first press of the same button or another tab.
func (m *MailLogin) again(w http.ResponseWriter, r *http.Request, u user.User) error {
	if !session.Repeats(r.Context()) {
		session.Flash(r.Context(), "You are logged in as "+u.Email+". Log out first to be somebody else.")
		return web.SeeOther(w, r, "/")
	}
	known, err := m.Login.RememberAnew(r.Context(), u.ID, m.Login.Known(r)) // the browser has dropped the first answer's cookie
	if err != nil {
		return err
	}
	m.Login.SetKnownCookie(w, known)
	return m.GoOn(w, r, "")
}

// try logs in with a code, and returns the row of the code and the token that makes this browser a known one. It returns
// errWrong, fault.RateLimited, or login.ErrSecondStep as GrantTo does. The try is counted before the code is compared, and by
// account: across all its codes and all browsers, so that a new code brings no new tries. A right code gives its try back.
func (m *MailLogin) try(r *http.Request, code string) (a asked, known string, err error) {
	ctx := r.Context()
	all, err := m.of(ctx, session.Current(ctx).ID)
	if err != nil {
		return a, "", err
	}
	if len(all) == 0 {
		return a, "", m.notHere(ctx)
	}
	a = all[0] // all are of one address
	u, err := m.Users.Enabled(ctx, a.UserID)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return a, "", err
	}
	buckets, err := m.buckets(r, u, a.Email)
	if err != nil {
		return a, "", err
	}
	if err := m.Buckets.Take(ctx, buckets...); err != nil {
		return a, "", err
	}
	if a = match(all, code); a.UserID == "" || a.UserID != u.ID {
		return a, "", m.wrong(ctx, u)
	}
	terms := login.Terms{Remember: a.Remember, Repeatable: true, Next: a.Next, Detail: withCode} // the form holds the code
	known, err = m.Login.GrantTo(ctx, u, m.Login.Known(r), terms, func(ctx context.Context) error {
		if _, err := m.Sessions.Lock(ctx); err != nil {
			return err
		}
		return m.use(ctx, a)
	})
	if errors.Is(err, errWrong) || errors.Is(err, fault.NotFound) { // the account was changed meanwhile, and its codes ended
		return a, "", m.wrong(ctx, u)
	}
	if err == nil || errors.Is(err, login.ErrSecondStep) {
		err = errors.Join(err, m.Buckets.GiveBack(ctx, buckets...))
	}
	return a, known, err
}

// notHere returns why there is no code for this browser: errWrong, or fault.SessionEnded if another request has just given
// its session a new token, as the first press of the same button does. The guard then lets this request into that session.
// login.ErrSecondStep means that the first press has completed the first of two steps there.
func (m *MailLogin) notHere(ctx context.Context) error {
	ended, err := m.Sessions.Ended(ctx)
	if ended {
		return fault.SessionEnded
	}
	if _, over := m.Factors.Half(ctx); err == nil && over == nil {
		return login.ErrSecondStep
	}
	return errors.Join(err, errWrong)
}

// wrong records a code that did not work, and returns errWrong.
func (m *MailLogin) wrong(ctx context.Context, u user.User) error {
	return errors.Join(errWrong, m.Audit.Emit(ctx, audit.Event{Name: audit.LogInFailed, User: u, Detail: withCode}))
}

// match returns the row of the code that was typed, the zero asked if it is none of these.
func match(all []asked, code string) (found asked) {
	for _, a := range all {
		if subtle.ConstantTimeCompare([]byte(hashCode(a.TokenHash, code)), []byte(a.CodeHash)) == 1 {
			found = a
		}
	}
	return found
}

// buckets returns the buckets that a try is counted in: those of the account and the address, or only that of a browser that
// is known to the account, so that nobody can lock the owner out.
func (m *MailLogin) buckets(r *http.Request, u user.User, email string) ([]ratelimit.Bucket, error) {
	ctx := r.Context()
	known, err := m.Login.KnownBy(ctx, u.ID, m.Login.Known(r))
	if err != nil {
		return nil, err
	}
	if known != "" {
		return []ratelimit.Bucket{m.Limits.Limit("maillogin.known").For(u.ID, secret.Hash(known))}, nil
	}
	return []ratelimit.Bucket{
		m.Limits.Limit("maillogin.account").For(user.NormalizeEmail(email)),
		m.Limits.Limit("maillogin.address").For(web.RequestOf(ctx).Network()),
	}, nil
}

// open opens the link of a mail. It uses nothing up, so that scanners of mails do no harm: in the browser that asked, the page
// has a button; in any other, it shows the code to type in that browser.
func (m *MailLogin) open(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	w.Header().Set("Cache-Control", "no-store")
	if r.URL.Query().Has("token") {
		if r.Method == http.MethodGet {
			if err := m.keepOpened(ctx, link.Token(r.FormValue("token"))); err != nil {
				return err
			}
		}
		return web.SeeOther(w, r, linkPath) // without the token, which the history and screenshots would keep
	}
	visitor := session.Current(ctx).ID
	a, err := m.openedIn(ctx, visitor)
	if errors.Is(err, fault.NotFound) {
		return web.Render(w, r, http.StatusNotFound, brokenLinkPage())
	}
	if err != nil {
		return err
	}
	if _, in := login.From(ctx); a.Visitor == visitor && !in {
		return web.Render(w, r, http.StatusOK, pressPage(a))
	}
	return web.Render(w, r, http.StatusOK, elsewherePage(a))
}

// keepOpened remembers a link that works for this browser, in place of the one before. The link is worth a code, so the
// browser gets a new token.
func (m *MailLogin) keepOpened(ctx context.Context, token string) error {
	if err := m.forgetOpened(ctx, session.Current(ctx).ID); err != nil || token == "" {
		return err
	}
	a, err := m.byLink(ctx, secret.Hash(token))
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := m.Login.RotateToken(ctx); err != nil {
		return err
	}
	return m.setOpened(ctx, a.TokenHash, session.Current(ctx).ID, codeOf(token))
}
