package auth

import (
	"errors"
	"net/http"

	"example.com/latchkey/internal/account"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// The pages that links in mails lead to.
const (
	registerPath = "/register"
	resetPath    = "/password/reset"
	verifyPath   = "/verify-email"
	undoPath     = "/account/email/undo"
	notMePath    = "/not-me"
)

// sentPath says to look for the mail with a link to a new password.
const sentPath = "/password/forgot/sent"

// secured is said to whoever took an account out of wrong hands.
const secured = "Everybody was logged out, and the password does not work any more. We have sent you a mail with a link to choose a new one."

// purposes are what the links of each page are for.
var purposes = map[string][]link.Purpose{
	registerPath: {account.ForInvitation},
	resetPath:    {account.ForReset},
	verifyPath:   {account.ForRegistration, account.ForVerification, account.ForNewEmail},
	undoPath:     {account.ForUndo},
	notMePath:    {account.ForNotMe},
}

// opened remembers for each page the link that this visitor opened, until its button is pressed: the hash of its
// token, not the token.
var opened = session.NewPool("auth.opened")

// keepOpened takes the token out of the address at once: history, referrers and screenshots would keep it. What is
// remembered of a link that works is worth an account, so the browser gets a new token for it.
func (p *Pages) keepOpened(w http.ResponseWriter, r *http.Request, page, secret string) error {
	ctx, hash := r.Context(), link.Hash(secret)
	_, err := p.Account.Links.Find(ctx, hash, purposes[page]...)
	if err != nil && !errors.Is(err, link.ErrLink) {
		return err
	}
	if err == nil && r.Method == http.MethodGet {
		if err := p.Login.RotateToken(ctx); err != nil {
			return err
		}
		opened.Set(ctx, page, hash)
	}
	return web.SeeOther(w, r, page)
}

// readOpened returns the link that a request to the page is about: the one that it carries, or the one that was opened.
// A form that was made for another link, in another tab, is about none.
func readOpened(r *http.Request, page string) string {
	for _, field := range []string{"token", "invite"} {
		if secret := r.FormValue(field); secret != "" {
			return link.Hash(secret)
		}
	}
	var hash string
	opened.Get(r.Context(), page, &hash)
	if made := r.PostFormValue("link"); made != "" && made != tag(hash) {
		return ""
	}
	return hash
}

// tag tells the forms of two links apart.
func tag(hash string) string { return hash[:min(16, len(hash))] }

// link makes the handler that opens a link: it changes nothing, so that what scans mails uses nothing up.
func (p *Pages) opens(page string, show func(w http.ResponseWriter, r *http.Request, l link.Link) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.Query().Has("token") {
			return p.keepOpened(w, r, page, r.FormValue("token"))
		}
		l, err := p.Account.Links.Find(r.Context(), readOpened(r, page), purposes[page]...)
		if err != nil {
			return p.brokenLink(w, r, page, err)
		}
		return show(w, r, l)
	}
}

// brokenLink answers every link that does not work, for whatever reason, with one page.
func (p *Pages) brokenLink(w http.ResponseWriter, r *http.Request, page string, err error) error {
	if !errors.Is(err, link.ErrLink) {
		return err
	}
	return web.Render(w, r, http.StatusNotFound, brokenLinkPage(page))
}

func (p *Pages) showVerify(w http.ResponseWriter, r *http.Request, l link.Link) error {
	if ours, err := p.Account.UsableHere(r.Context(), l, p.Login.Known(r)); err != nil {
		return err
	} else if !ours {
		return web.Render(w, r, http.StatusOK, elsewherePage(l))
	}
	return web.Render(w, r, http.StatusOK, verifyPage(l, tag(readOpened(r, verifyPath))))
}

func (p *Pages) verify(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	verified, err := p.Account.Verify(ctx, readOpened(r, verifyPath), p.Login.Known(r))
	if errors.Is(err, account.ErrElsewhere) {
		return web.SeeOther(w, r, verifyPath)
	}
	if err != nil {
		return p.brokenLink(w, r, verifyPath, err)
	}
	if verified.Known != "" {
		p.Login.SetKnownCookie(w, verified.Known)
	}
	if verified.LoggedIn {
		session.Flash(ctx, "Welcome. Your account is ready, and you are logged in.")
		return web.SeeOther(w, r, afterLogIn)
	}
	opened.Delete(ctx, verifyPath)
	if verified.Choose != "" {
		if err := p.Login.RotateToken(ctx); err != nil {
			return err
		}
		opened.Set(ctx, resetPath, verified.Choose)
		session.Flash(ctx, "Your address is verified. Now choose a password, because this is not the browser that registered.")
		return web.SeeOther(w, r, resetPath)
	}
	session.Flash(ctx, "Thank you. Your address is verified.")
	return web.SeeOther(w, r, p.onward(r))
}

// onward is where a visitor goes who pressed a button.
func (p *Pages) onward(r *http.Request) string {
	if _, in := login.From(r.Context()); in {
		return afterLogIn
	}
	return "/login"
}

func (p *Pages) resend(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	if !p.Mail.On() {
		session.Flash(r.Context(), "This site cannot send mail yet.")
		return web.SeeOther(w, r, afterLogIn)
	}
	if u.Verified() {
		session.Flash(r.Context(), "Your address is verified already.")
		return web.SeeOther(w, r, afterLogIn)
	}
	if err := p.Account.ResendVerification(r.Context(), u); err != nil {
		return err
	}
	session.Flash(r.Context(), "We have sent a mail to "+u.Email+". Press the button in it.")
	return web.SeeOther(w, r, afterLogIn)
}

func (p *Pages) showUndo(w http.ResponseWriter, r *http.Request, l link.Link) error {
	return web.Render(w, r, http.StatusOK, undoPage(l, tag(readOpened(r, undoPath))))
}

func (p *Pages) undo(w http.ResponseWriter, r *http.Request) error {
	if err := p.Account.UndoEmail(r.Context(), readOpened(r, undoPath)); err != nil {
		return p.brokenLink(w, r, undoPath, err)
	}
	opened.Delete(r.Context(), undoPath)
	session.Flash(r.Context(), "The old address is back. "+secured)
	return web.SeeOther(w, r, sentPath)
}

func (p *Pages) showNotMe(w http.ResponseWriter, r *http.Request, l link.Link) error {
	return web.Render(w, r, http.StatusOK, notMePage(l, tag(readOpened(r, notMePath))))
}

func (p *Pages) notMe(w http.ResponseWriter, r *http.Request) error {
	if err := p.Account.NotMe(r.Context(), readOpened(r, notMePath)); err != nil {
		return p.brokenLink(w, r, notMePath, err)
	}
	opened.Delete(r.Context(), notMePath)
	session.Flash(r.Context(), "Your account is safe. "+secured)
	return web.SeeOther(w, r, sentPath)
}
