package oidc

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/account"
	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/features/oidc/provider"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

func (s *Sites) logInPart(r *http.Request) (templ.Component, error) {
	return s.part("/login/with/", "Log in with ", "", r.FormValue("next"))
}

func (s *Sites) registerPart(r *http.Request) (templ.Component, error) {
	if !s.Account.CanRegister() {
		return nil, nil
	}
	return s.part("/login/with/", "Register with ", "or", r.FormValue("next"))
}

// part returns a button for each provider, nil where there are none.
func (s *Sites) part(path, label, above, next string) (templ.Component, error) {
	if len(s.providers()) == 0 {
		return nil, nil
	}
	return buttons(s.providers(), path, label, web.LocalPath(next), above, false), nil
}

func (s *Sites) logIn(w http.ResponseWriter, r *http.Request) error {
	return s.send(w, r, request{Purpose: toLogIn, Remember: r.PostFormValue("remember") != ""})
}

// loggedIn logs in to the account that an identity is linked to. For an identity that is linked to none it creates an
// account, or asks the owner of the account with its address to log in first.
func (s *Sites) loggedIn(w http.ResponseWriter, r *http.Request, p *provider.Provider, q request, id provider.Identity) error {
	ctx := r.Context()
	owner, err := s.ownerOf(ctx, id)
	if errors.Is(err, fault.NotFound) {
		return s.unknown(w, r, p, q, id)
	}
	if err != nil {
		return err
	}
	u, err := s.Users.ByID(ctx, owner)
	if err != nil {
		return s.refused(w, r, p, q, shut(err))
	}
	if now, in := login.From(ctx); in && now.ID == u.ID { // in another tab, meanwhile
		return web.SeeOther(w, r, cmp.Or(q.Next, "/account"))
	}
	if err := s.leave(ctx, u.ID); err != nil {
		return err
	}
	terms := login.Terms{Remember: q.Remember, Next: q.Next, Detail: "with " + p.Label}
	known, err := s.Login.GrantTo(ctx, u, s.Login.Known(r), terms, func(ctx context.Context) error { return s.setUsed(ctx, u.ID, id) })
	if err != nil {
		return s.refused(w, r, p, q, shut(err))
	}
	s.Login.SetKnownCookie(w, known)
	return s.GoOn(w, r, q.Next)
}

// leave logs out another user who is logged in on this browser, so that nothing of theirs is carried over.
func (s *Sites) leave(ctx context.Context, userID string) error {
	if now, in := login.From(ctx); in && now.ID != userID {
		return s.Login.LogOut(ctx)
	}
	return nil
}

// shut returns errShut for an account or a link that is gone or was changed meanwhile, and any other error as it is.
func shut(err error) error {
	if errors.Is(err, fault.NotFound) || errors.Is(err, fault.Conflict) {
		return errors.Join(errShut, err)
	}
	return err
}

// unknown handles an identity that is linked to no account. Only an address that the provider has verified leads to an
// account: to a new one, or to the one that has the address, whose owner logs in first.
func (s *Sites) unknown(w http.ResponseWriter, r *http.Request, p *provider.Provider, q request, id provider.Identity) error {
	ctx := r.Context()
	if !id.Verified || s.Users.EmailProblem(id.Email) != "" { // nor does it say whether there is an account
		return s.refused(w, r, p, q, errUnverified)
	}
	u, err := s.Users.ByEmail(ctx, id.Email)
	switch {
	case errors.Is(err, fault.NotFound) && s.Account.CanRegister():
		return s.register(w, r, p, q, id)
	case errors.Is(err, fault.NotFound):
		return s.refused(w, r, p, q, errClosed)
	case err != nil:
		return err
	case !u.Verified(): // it may have been registered by somebody else, who waits for its owner
		return s.refused(w, r, p, q, errPlanted)
	}
	if err := s.leave(ctx, u.ID); err != nil {
		return err
	}
	return s.askToLink(w, r, pendingLink{Identity: id, UserID: u.ID, ByEmail: true})
}

// register creates an account without a password.
func (s *Sites) register(w http.ResponseWriter, r *http.Request, p *provider.Provider, q request, id provider.Identity) error {
	ctx := r.Context()
	if err := s.leave(ctx, ""); err != nil {
		return err
	}
	profile := user.Profile{Name: id.Name}.Clean()
	if len(profile.Problems()) > 0 {
		profile = user.Profile{}
	}
	userID := database.NewID()
	known, err := s.Account.Register(ctx, account.Registration{
		ID: userID, Email: id.Email, Profile: profile, Known: s.Login.Known(r), Next: q.Next, VerifiedBy: "by " + p.Label,
		With: func(ctx context.Context) error { return s.insert(ctx, userID, id, true) },
	})
	switch {
	case errors.Is(err, user.ErrReserved):
		err = errReserved
	case errors.Is(err, user.ErrTaken), errors.Is(err, errTaken): // by the same person, in another tab
		err = errShut
	}
	if err != nil {
		return s.refused(w, r, p, q, err)
	}
	s.Login.SetKnownCookie(w, known)
	session.Flash(ctx, "Welcome. Your account is ready, and you are logged in.")
	return web.SeeOther(w, r, cmp.Or(q.Next, "/account"))
}

func (s *Sites) confirmPart(r *http.Request) (templ.Component, error) {
	u := login.Current(r)
	if u.PasswordHash != "" {
		return nil, nil
	}
	mine, err := s.mine(r.Context(), u.ID)
	if err != nil || len(mine) == 0 {
		return nil, err
	}
	return buttons(mine, "/confirm/with/", "Confirm with ", web.LocalPathOr(r.FormValue("next"), "/account"), "", true), nil
}

// mine returns the providers whose accounts log in to the user's account.
func (s *Sites) mine(ctx context.Context, userID string) (list []*provider.Provider, err error) {
	all, err := s.all(ctx, userID)
	for _, p := range s.providers() {
		for _, l := range all {
			if l.Issuer == p.Issuer {
				list = append(list, p)
				break
			}
		}
	}
	return list, err
}

// confirm sends a user without a password to their provider, which is told to have them log in there again.
func (s *Sites) confirm(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	if u.PasswordHash != "" { // which is asked for instead
		return fault.NotFound
	}
	return s.send(w, r, request{Purpose: toConfirm, UserID: u.ID})
}

// confirmed makes the login fresh, and leads back to where the person was going.
func (s *Sites) confirmed(w http.ResponseWriter, r *http.Request, p *provider.Provider, q request, id provider.Identity) error {
	u, in := login.From(r.Context())
	if !in || u.ID != q.UserID || u.PasswordHash != "" {
		return s.refused(w, r, p, request{}, errRequest)
	}
	owner, err := s.ownerOf(r.Context(), id)
	if errors.Is(err, fault.NotFound) || err == nil && owner != u.ID {
		err = errOther
	}
	if err == nil {
		err = s.Login.Refresh(r.Context(), func(ctx context.Context) error {
			if err := s.setUsed(ctx, u.ID, id); err != nil {
				return err
			}
			return s.Audit.Emit(ctx, audit.Event{Name: audit.Confirmed, User: u, Detail: "with " + p.Label, LoginID: login.CurrentLogin(r).ID})
		})
	}
	if err != nil {
		return s.refused(w, r, p, q, shut(err))
	}
	return web.SeeOther(w, r, web.LocalPathOr(q.Next, "/account"))
}
