package passkey

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/account"
	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// withPasskey is the detail of the events of a log in with a passkey.
const withPasskey = "with a passkey"

func (p *Passkeys) logInPart(r *http.Request) (templ.Component, error) {
	if _, can := p.party(r); !can {
		return nil, nil
	}
	return logInPart(web.LocalPath(r.FormValue("next"))), nil
}

func (p *Passkeys) logInOptions(w http.ResponseWriter, r *http.Request) error {
	party, can := p.party(r)
	if !can {
		return fault.NotFound
	}
	options, data, err := party.BeginDiscoverableLogin()
	if err != nil {
		return err
	}
	return p.ask(w, r, toLogIn, challenge{Session: *data}, options)
}

func (p *Passkeys) logIn(w http.ResponseWriter, r *http.Request) error {
	ctx, next := r.Context(), web.LocalPath(r.PostFormValue("next"))
	u, err := p.shown(r, toLogIn, r.PostFormValue("credential"), user.User{})
	if err != nil {
		return p.refused(w, r, "/login", err)
	}
	terms := login.Terms{Remember: r.PostFormValue("remember") != "", Detail: withPasskey, Strong: true}
	known, err := p.Login.GrantTo(ctx, u.user, p.Login.Known(r), terms, func(ctx context.Context) error { return p.use(ctx, u) })
	if errors.Is(err, fault.NotFound) { // the account was changed meanwhile
		err = refuse(err)
	}
	if err != nil {
		return p.refused(w, r, "/login", err)
	}
	p.Login.SetKnownCookie(w, known)
	return p.GoOn(w, r, next)
}

// words returns what a page says about a refused passkey, "" for an error that is no refusal.
func words(err error) string {
	for refusal, says := range map[error]string{
		errChallenge:   "That took longer than five minutes, or was sent twice. Please try once more.",
		errUnknown:     "This passkey belongs to no account here. It was removed, or its account was deleted.",
		errTwice:       "This passkey is there already.",
		errCopied:      "Its counter went back, which a copy of a security key does. We have written to the account’s owner. Take another way to log in.",
		fault.Conflict: "This passkey was used or removed meanwhile. Please try once more, or take another way.",
		errAnswer:      "What your device has sent could not be verified. Please try once more, or take another way.",
	} {
		if errors.Is(err, refusal) {
			return says
		}
	}
	return ""
}

// refused answers a passkey that does not work with a page that says what to do; back is where the visitor tries again.
func (p *Passkeys) refused(w http.ResponseWriter, r *http.Request, back string, err error) error {
	info, status, v := web.RequestOf(r.Context()), http.StatusUnprocessableEntity, refusedView{Back: back}
	if v.Says = words(err); v.Says == "" {
		return err
	}
	if errors.Is(err, errUnknown) {
		v.Signal, v.About = p.unknown(r)
	}
	info.Reason = web.CleanHeader(err.Error())
	if back == "/login" && !errors.Is(err, errCopied) {
		if err := p.Audit.Emit(r.Context(), audit.Event{Name: audit.LogInFailed, Detail: withPasskey}); err != nil {
			return err
		}
	}
	return web.Render(w, r, status, refusedPage(v))
}

// unknown returns what tells the browser that a passkey is no longer accepted, so that its password manager stops offering it
// (signalUnknownCredential, WebAuthn Level 3).
func (p *Passkeys) unknown(r *http.Request) (signal, about string) {
	party, can := p.party(r)
	var answer struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(r.PostFormValue("credential")), &answer); err != nil || !can {
		return "", ""
	}
	return "signalUnknownCredential", object(map[string]any{"rpId": party.Config.RPID, "credentialId": answer.ID})
}

// object returns a value as JSON, for an attribute that a script reads.
func object(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // maps of strings
	}
	return string(text)
}

func (p *Passkeys) confirmPart(r *http.Request) (templ.Component, error) {
	u := login.Current(r)
	all, err := p.all(r.Context(), u.ID)
	if _, can := p.party(r); err != nil || !can || len(all) == 0 {
		return nil, err
	}
	return confirmPart(web.LocalPathOr(r.FormValue("next"), "/account"), u.PasswordHash != ""), nil
}

func (p *Passkeys) confirmOptions(w http.ResponseWriter, r *http.Request) error {
	return p.askOwner(w, r, toConfirm, login.Current(r))
}

// askOwner asks for one of the user's passkeys.
func (p *Passkeys) askOwner(w http.ResponseWriter, r *http.Request, purpose string, u user.User) error {
	all, err := p.all(r.Context(), u.ID)
	if err != nil {
		return err
	}
	party, can := p.party(r)
	if !can || len(all) == 0 {
		return fault.NotFound
	}
	options, data, err := party.BeginLogin(owner{u, all})
	if err != nil {
		return err
	}
	return p.ask(w, r, purpose, challenge{Session: *data}, options)
}

// confirm makes the login fresh, and leads back to where the person was going.
func (p *Passkeys) confirm(w http.ResponseWriter, r *http.Request) error {
	u, err := p.shown(r, toConfirm, r.PostFormValue("credential"), login.Current(r))
	if err == nil {
		err = p.Login.Refresh(r.Context(), func(ctx context.Context) error {
			if err := p.use(ctx, u); err != nil {
				return err
			}
			return p.Audit.Emit(ctx, audit.Event{Name: audit.Confirmed, User: u.user, Detail: withPasskey, LoginID: login.CurrentLogin(r).ID})
		})
	}
	if err != nil {
		return p.refused(w, r, "/confirm", err)
	}
	return web.SeeOther(w, r, web.LocalPathOr(r.PostFormValue("next"), "/account"))
}

// mayRegister reports whether one can register with a passkey. Where a mail or an invitation comes first, a passkey can only be
// added afterwards.
func (p *Passkeys) mayRegister(r *http.Request) bool {
	_, can := p.party(r)
	return can && p.Account.Registration == "open"
}

func (p *Passkeys) registerPart(r *http.Request) (templ.Component, error) {
	if !p.mayRegister(r) {
		return nil, nil
	}
	return registerPart(web.LocalPath(r.FormValue("next"))), nil
}

// registerOptions begins a registration. It checks the address, and counts the try to register, before the authenticator
// creates a passkey that would be of no use.
func (p *Passkeys) registerOptions(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if !p.mayRegister(r) {
		return fault.NotFound
	}
	if err := p.Take(ctx, "register.address", web.RequestOf(ctx).Network()); err != nil {
		return err
	}
	email, profile := r.PostFormValue("email"), user.Profile{Name: r.PostFormValue("name")}.Clean()
	problem := cmp.Or(p.Users.EmailProblem(email), profile.Problems()["name"])
	if _, err := p.Users.ByEmail(ctx, email); err == nil {
		problem = cmp.Or(problem, taken)
	} else if !errors.Is(err, fault.NotFound) {
		return err
	}
	if problem != "" {
		return writeJSON(w, http.StatusUnprocessableEntity, map[string]string{"problem": problem})
	}
	o := owner{User: user.User{ID: database.NewID(), Email: user.CleanEmail(email), Profile: profile}}
	return p.askToCreate(w, r, toRegister, o, challenge{Email: o.Email, Name: profile.Name})
}

const taken = "There is an account with this address. Log in instead, or take another address."

// register creates an account with a passkey and no password.
func (p *Passkeys) register(w http.ResponseWriter, r *http.Request) error {
	ctx, next := r.Context(), web.LocalPath(r.PostFormValue("next"))
	if !p.mayRegister(r) {
		return fault.NotFound
	}
	k, c, err := p.created(r, toRegister, r.PostFormValue("credential"))
	if err != nil {
		return p.refused(w, r, "/register", err)
	}
	known, err := p.Account.Register(ctx, account.Registration{
		ID: k.UserID, Email: c.Email, Profile: user.Profile{Name: c.Name}, Known: p.Login.Known(r), Next: next,
		With: func(ctx context.Context) error { return p.insert(ctx, k) },
	})
	if errors.Is(err, user.ErrTaken) {
		return web.Render(w, r, http.StatusUnprocessableEntity, refusedPage(refusedView{Back: "/register", Says: taken}))
	}
	if err != nil {
		return p.refused(w, r, "/register", err)
	}
	p.Login.SetKnownCookie(w, known)
	session.Flash(ctx, "Welcome. Your account is ready, and you are logged in.")
	return web.SeeOther(w, r, cmp.Or(next, "/account"))
}
