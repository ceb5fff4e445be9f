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

const (
	welcome  = "Welcome. Your account is ready, and you are logged in."
	verified = "Thank you. Your address is verified."

	chooseNow = "Your address is verified, and the earlier password no longer works. Choose a new one."
)

func (p *Pages) showVerify(w http.ResponseWriter, r *http.Request, l link.Link) error {
	tag := link.Tag(readOpened(r, verifyPath))
	switch err := p.Account.Usable(r.Context(), l, p.Login.Known(r)); {
	case errors.Is(err, account.ErrElsewhere):
		return web.Render(w, r, http.StatusOK, elsewherePage(l))
	case errors.Is(err, account.ErrWhose):
		return web.Render(w, r, http.StatusOK, whosePage(p.readForm(r), l, tag))
	case err != nil:
		return p.brokenLink(w, r, verifyPath, err)
	}
	return web.Render(w, r, http.StatusOK, verifyPage(l, tag))
}

// verify does what the page of a link to an address is for. In a browser that is not the one that registered, the button
// alone ends nothing: the page with both ways comes back.
func (p *Pages) verify(w http.ResponseWriter, r *http.Request, hash string) (to string, err error) {
	ctx, f := r.Context(), p.readForm(r)
	v, err := p.Account.Verify(ctx, hash, account.Press{
		Known: p.Login.Known(r), Password: f.Password, Choose: r.PostFormValue("choose") != "",
	})
	switch {
	case errors.Is(err, account.ErrElsewhere):
		return verifyPath, p.keepCarried(r, verifyPath, hash)
	case errors.Is(err, login.ErrWrong):
		f.Problems["password"] = "This is not the password that was chosen with the account."
		return "", p.askWhose(w, r, f, v.Link, hash)
	case errors.Is(err, account.ErrWhose):
		return "", p.askWhose(w, r, f, v.Link, hash)
	case err != nil:
		return "", err
	}
	if v.Known != "" {
		p.Login.SetKnownCookie(w, v.Known)
	}
	if v.LoggedIn {
		session.Flash(ctx, welcome)
		return p.Onward(ctx, v.Next)
	}
	opened.Delete(ctx, verifyPath)
	if v.Choose != "" {
		if err := p.keepCarried(r, resetPath, v.Choose); err != nil {
			return "", err
		}
		opened.Set(ctx, resetPath, v.Choose)
		session.Flash(ctx, chooseNow)
		return resetPath, nil
	}
	session.Flash(ctx, verified)
	return onward(r, v.Email, v.Next), nil
}

// keepCarried remembers a link whose token came with the form, and not by the way of its page, which has rotated the
// browser's own.
func (p *Pages) keepCarried(r *http.Request, page, hash string) error {
	if r.PostFormValue("token") == "" {
		return nil
	}
	return p.keepLink(r, page, hash)
}

func (p *Pages) askWhose(w http.ResponseWriter, r *http.Request, f form, l link.Link, hash string) error {
	if err := p.keepCarried(r, verifyPath, hash); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusUnprocessableEntity, whosePage(f, l, link.Tag(hash)))
}

// verifiedAgain answers the second press.
func verifiedAgain(r *http.Request, purpose string, in bool) (to, message string) {
	_, already := login.From(r.Context())
	var waits string // of a user who verifies an address of another account; of a guest it may not be stored yet
	if r.PostFormValue("choose") != "" && (!already || opened.Get(r.Context(), resetPath, &waits)) {
		return resetPath, chooseNow
	}
	if (in || already) && purpose == account.ForRegistration.Name {
		return afterLogIn, welcome
	}
	return onward(r, "", ""), verified
}

// onward is where a visitor goes who pressed a button: on to the page that was asked for, by way of log in, where the
// address is filled in.
func onward(r *http.Request, email, next string) string {
	if _, in := login.From(r.Context()); in {
		return web.LocalPathOr(next, afterLogIn)
	}
	fillIn(r, email)
	return withNext("/login", web.LocalPath(next))
}
