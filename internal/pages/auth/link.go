package auth

import (
	"errors"
	"net/http"

	"example.com/latchkey/internal/account"
	"example.com/latchkey/internal/factor"
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
	removePath   = "/second-factor/remove"
	keepPath     = "/second-factor/keep"
)

// sentPath says to look for the mail with a link to a new password.
const sentPath = "/password/forgot/sent"

// purposes are what the links of each page are for.
var purposes = map[string][]link.Purpose{
	registerPath: {account.ForInvitation},
	resetPath:    {account.ForReset},
	verifyPath:   {account.ForRegistration, account.ForVerification, account.ForNewEmail},
	undoPath:     {account.ForUndo},
	notMePath:    {account.ForNotMe},
	removePath:   {factor.ForRemoval},
	keepPath:     {factor.ForKeeping},
}

// opened remembers for each page the link that this visitor opened, until its button is pressed: the hash of its
// token, not the token.
var opened = session.NewPool("auth.opened")

// broken is remembered in place of a link that does not work, so that the page says so. Where nothing is remembered, the link
// was opened in another browser, and the page says to open it here.
const broken = "broken"

// keepOpened takes the token out of the address at once: history, referrers and screenshots would keep it. What is
// remembered of a link that works is worth an account, so the browser gets a new token for it.
func (p *Pages) keepOpened(w http.ResponseWriter, r *http.Request, page, secret string) error {
	hash := link.Hash(secret)
	_, err := p.Account.Links.Find(r.Context(), hash, purposes[page]...)
	if err != nil && !errors.Is(err, link.ErrLink) {
		return err
	}
	if r.Method == http.MethodGet {
		if err != nil {
			opened.Set(r.Context(), page, broken)
		} else if err := p.keepLink(r, page, hash); err != nil {
			return err
		}
	}
	return web.SeeOther(w, r, withNext(page, web.LocalPath(r.FormValue("next"))))
}

// keepLink remembers a link that works, under a new token.
func (p *Pages) keepLink(r *http.Request, page, hash string) error {
	if err := p.Login.RotateToken(r.Context()); err != nil {
		return err
	}
	opened.Set(r.Context(), page, hash)
	return nil
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
	if made := r.PostFormValue("link"); made != "" && made != link.Tag(hash) {
		return ""
	}
	return hash
}

// opens makes the handler that opens a link: it changes nothing, so that what scans mails uses nothing up.
func (p *Pages) opens(page string, show func(w http.ResponseWriter, r *http.Request, l link.Link) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "no-store")
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
	elsewhere := web.Safe(r.Method) && readOpened(r, page) == ""
	return web.Render(w, r, http.StatusNotFound, brokenLinkPage(page, elsewhere))
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
