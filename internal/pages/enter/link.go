package enter

import (
	"errors"
	"net/http"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// The pages that links in mails lead to.
const (
	registerPath = "/register"
	resetPath    = "/password/reset"
	provePath    = "/verify-email"
	undoPath     = "/account/email/undo"
	notMePath    = "/not-me"
)

// sentPath says to look for the mail with a link to a new password.
const sentPath = "/password/forgot/sent"

// secured is said to whoever took an account out of wrong hands.
const secured = "Everybody was logged out, and the password no longer works. We have sent you a link to choose a new one."

// purposes are what the links of each page are for.
var purposes = map[string][]login.Purpose{
	registerPath: {login.ForInvitation},
	resetPath:    {login.ForReset},
	provePath:    {login.ForRegistration, login.ForProof, login.ForNewEmail},
	undoPath:     {login.ForUndo},
	notMePath:    {login.ForNotMe},
}

// opened remembers for each page the link that this visitor opened, until its button is pressed: the hash of its
// token, not the token.
var opened = session.NewPool("enter.opened")

// keepOpened takes the token out of the address at once: history, referrers and screenshots would keep it. What is
// remembered of a link that works is worth an account, so the browser gets a new token for it.
func (p *Pages) keepOpened(w http.ResponseWriter, r *http.Request, page, secret string) error {
	ctx, hash := r.Context(), login.Opened(secret)
	_, err := p.login.Find(ctx, hash, purposes[page]...)
	if err != nil && !errors.Is(err, login.ErrLink) {
		return err
	}
	if err == nil && r.Method == http.MethodGet {
		if err := p.login.Reopen(ctx); err != nil {
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
			return login.Opened(secret)
		}
	}
	var hash string
	opened.Get(r.Context(), page, &hash)
	if made := r.PostFormValue("link"); made != "" && made != mark(hash) {
		return ""
	}
	return hash
}

// mark tells the forms of two links apart.
func mark(hash string) string { return hash[:min(16, len(hash))] }

// link makes the handler that opens a link: it changes nothing, so that what scans mails uses nothing up.
func (p *Pages) link(page string, show func(w http.ResponseWriter, r *http.Request, l login.Link) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.Query().Has("token") {
			return p.keepOpened(w, r, page, r.FormValue("token"))
		}
		l, err := p.login.Find(r.Context(), readOpened(r, page), purposes[page]...)
		if err != nil {
			return p.dead(w, r, page, err)
		}
		return show(w, r, l)
	}
}

// dead answers every link that does not work, for whatever reason, with one page.
func (p *Pages) dead(w http.ResponseWriter, r *http.Request, page string, err error) error {
	if !errors.Is(err, login.ErrLink) {
		return err
	}
	return web.Render(w, r, http.StatusNotFound, deadLinkPage(page))
}

func (p *Pages) showProve(w http.ResponseWriter, r *http.Request, l login.Link) error {
	if ours, err := p.login.Ours(r.Context(), l, p.login.Known(r)); err != nil {
		return err
	} else if !ours {
		return web.Render(w, r, http.StatusOK, elsewherePage(l))
	}
	return web.Render(w, r, http.StatusOK, provePage(l, mark(readOpened(r, provePath))))
}

func (p *Pages) prove(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	proved, err := p.login.Prove(ctx, readOpened(r, provePath), p.login.Known(r))
	if errors.Is(err, login.ErrElsewhere) {
		return web.SeeOther(w, r, provePath)
	}
	if err != nil {
		return p.dead(w, r, provePath, err)
	}
	if proved.Known != "" {
		p.login.KeepKnown(w, proved.Known)
	}
	if proved.In {
		session.Flash(ctx, "Welcome. Your account is ready, and you are logged in.")
		return web.SeeOther(w, r, afterEntering)
	}
	opened.Delete(ctx, provePath)
	if proved.Choose != "" {
		if err := p.login.Reopen(ctx); err != nil {
			return err
		}
		opened.Set(ctx, resetPath, proved.Choose)
		session.Flash(ctx, "Your address is verified. Now choose a password, because this is not the browser that registered.")
		return web.SeeOther(w, r, resetPath)
	}
	session.Flash(ctx, "Thank you. Your address is verified.")
	return web.SeeOther(w, r, p.onward(r))
}

// onward is where a visitor goes who pressed a button.
func (p *Pages) onward(r *http.Request) string {
	if _, in := login.Of(r.Context()); in {
		return afterEntering
	}
	return "/login"
}

func (p *Pages) resend(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	if !p.login.Mail.On() {
		session.Flash(r.Context(), "This site cannot send mail yet.")
		return web.SeeOther(w, r, afterEntering)
	}
	if !u.Proven.IsZero() {
		session.Flash(r.Context(), "Your address is verified already.")
		return web.SeeOther(w, r, afterEntering)
	}
	if err := p.login.AskProof(r.Context(), u); err != nil {
		return err
	}
	session.Flash(r.Context(), "We have sent a mail to "+u.Email+". Press the button in it.")
	return web.SeeOther(w, r, afterEntering)
}

func (p *Pages) showUndo(w http.ResponseWriter, r *http.Request, l login.Link) error {
	return web.Render(w, r, http.StatusOK, undoPage(l, mark(readOpened(r, undoPath))))
}

func (p *Pages) undo(w http.ResponseWriter, r *http.Request) error {
	if err := p.login.UndoEmail(r.Context(), readOpened(r, undoPath)); err != nil {
		return p.dead(w, r, undoPath, err)
	}
	opened.Delete(r.Context(), undoPath)
	session.Flash(r.Context(), "The old address is back. "+secured)
	return web.SeeOther(w, r, sentPath)
}

func (p *Pages) showNotMe(w http.ResponseWriter, r *http.Request, l login.Link) error {
	return web.Render(w, r, http.StatusOK, notMePage(l, mark(readOpened(r, notMePath))))
}

func (p *Pages) notMe(w http.ResponseWriter, r *http.Request) error {
	if err := p.login.NotMe(r.Context(), readOpened(r, notMePath)); err != nil {
		return p.dead(w, r, notMePath, err)
	}
	opened.Delete(r.Context(), notMePath)
	session.Flash(r.Context(), "Your account is safe. "+secured)
	return web.SeeOther(w, r, sentPath)
}
