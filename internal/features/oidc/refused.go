package oidc

import (
	"errors"
	"net/http"
	"strings"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/features/oidc/provider"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/web"
)

// Reasons why an identity that a provider vouches for is not let in.
var (
	errDenied     = errors.New("the provider was told not to")
	errAsked      = errors.New("the provider wants to ask its user something")
	errNoCookie   = errors.New("the browser keeps no cookie")
	errUnverified = errors.New("the provider does not say that the address is theirs")
	errClosed     = errors.New("the identity is linked to no account, and nobody may register")
	errPlanted    = errors.New("the account with this address was never verified")
	errReserved   = errors.New("the address can be taken back by somebody")
	errShut       = errors.New("the account is disabled, or was changed meanwhile")
	errOther      = errors.New("the identity is linked to another account")
	errFull       = errors.New("no more identities can be linked")
)

// A refusal is what the page says to somebody who is not let in. SITE stands for the provider's label.
type refusal struct {
	err         error
	title, says string
	choose      bool // the next try lets the provider ask which account
	other       string
	otherLabel  string // what else to do; by default log in another way
}

// refusals are all of them; the first match counts.
var refusals = []refusal{
	{errNoCookie, "Your browser keeps no cookie of this site", "Without one we could not tell that it is you who comes back from SITE. Allow cookies for this site, then try again.", false, "", ""},
	{errRequest, "This log in got lost", "It took longer than ten minutes, was finished already, or began in another browser. Nothing was done. Please begin once more.", false, "", ""},
	{errDenied, "You turned back at SITE", "SITE was told not to log you in here, so nothing was done. You can try again, or take another way.", false, "", ""},
	{errAsked, "SITE wants to ask you something first", "It does not log you in here without an answer of yours. Try again, and answer what SITE asks.", true, "", ""},
	{provider.ErrDown, "SITE does not answer at the moment", "This is between SITE and us, and nothing is wrong with your account. Try again in a minute, or take another way.", false, "", ""},
	{provider.ErrAnswer, "The answer of SITE could not be verified", "So nobody was logged in by it. Please try once more, or take another way.", false, "", ""},
	{errUnverified, "SITE does not say that your address is yours", "No account here is linked to yours at SITE, and without an address that SITE has verified none can be made. If you have an account, log in another way, then link SITE under Login & security. If not, register with a password.", true, "", ""},
	{errClosed, "No account here is linked to yours at SITE", "And nobody can register by it. If you have an account, log in another way, then link SITE under Login & security.", true, "", ""},
	{errPlanted, "Somebody registered with your address before", "That account was never verified, so we do not link SITE to it: it may be a stranger’s. Choose a password by mail, which makes it yours and shuts everybody else out. Then link SITE under Login & security.", true, "/password/forgot", "Choose a password by mail"},
	{errReserved, "Your address is reserved", "Somebody who had this address in their account can take it back for a few days yet, so nobody can register with it. If that is you, log in another way.", true, "", ""},
	{errShut, "SITE did not log you in", "The account here that is linked to yours at SITE was disabled, or was changed just now. Please try once more, or take another way.", false, "", ""},
	{errOther, "This is another account at SITE", "It is not linked to your account here. Take the account at SITE that is.", true, "", ""},
	{errTaken, "This account at SITE is linked already", "It logs in to an account here: to yours, or to another one. Take another account at SITE, or unlink it there first.", true, "", ""},
	{errFull, "You have linked 20 accounts, which is the most", "Unlink one first.", false, "", ""},
}

// A refusedView is what the page shows.
type refusedView struct {
	Title, Says       string
	Label             string // of the provider
	Again, Next       string // where the form to try again goes, and the page that was asked for
	Choose            bool
	Other, OtherLabel string
}

// refused answers a refusal with a page that says what to do. It returns any other error.
func (s *Sites) refused(w http.ResponseWriter, r *http.Request, p *provider.Provider, q request, err error) error {
	ctx, status := r.Context(), http.StatusUnprocessableEntity
	var why refusal
	for _, one := range refusals {
		if why.err == nil && errors.Is(err, one.err) {
			why = one
		}
	}
	if why.err == nil {
		return err
	}
	web.RequestOf(ctx).Reason = web.CleanHeader(err.Error())
	_, in := login.From(ctx)
	v := refusedView{
		Title: strings.ReplaceAll(why.title, "SITE", p.Label), Says: strings.ReplaceAll(why.says, "SITE", p.Label),
		Label: p.Label, Next: q.Next, Choose: why.choose, Again: "/login/with/" + p.Name, Other: why.other, OtherLabel: why.otherLabel,
	}
	switch {
	case q.Purpose == toConfirm && in:
		v.Again, v.Other, v.OtherLabel = "/confirm/with/"+p.Name, "/account", "Go back to your account"
	case q.Purpose == toLink && in:
		v.Again, v.Other, v.OtherLabel = listPath+"/with/"+p.Name, listPath, "Go back to the other sites"
	case in: // a second answer to a request that has logged in
		v.Again, v.Other, v.OtherLabel = "", "/account", "Go to your account"
	case v.Other == "":
		v.Other, v.OtherLabel = "/login", "Log in another way"
	}
	switch {
	case errors.Is(err, provider.ErrDown):
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "60")
		s.Log.Warn("another site does not answer well", "event", "site.unavailable", "site", p.Name, "err", err)
	case errors.Is(err, provider.ErrAnswer) && q.Purpose == toLogIn:
		if err := s.Audit.Emit(ctx, audit.Event{Name: audit.LogInFailed, Detail: "with " + p.Label}); err != nil {
			return err
		}
	}
	return web.Render(w, r, status, refusedPage(v))
}
