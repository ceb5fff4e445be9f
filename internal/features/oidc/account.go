package oidc

import (
	"context"
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/features/oidc/provider"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// errLast means that an identity is the last way to log in to its account, and cannot be unlinked.
var errLast = errors.New("the last way to log in")

// A line is a link as the pages of the account show it.
type line struct {
	Link
	Label string // of the provider
	Last  bool   // the last way in
}

// Who returns how the page names the account at the provider.
func (l line) Who() string {
	if l.Email == "" {
		return l.Label
	}
	return l.Label + ", " + l.Email
}

// A listView is what the pages of the account show.
type listView struct {
	Lines     []line
	Ways      []feature.Way // the same, as ways in
	Last      bool          // one of them is the last way in
	Verified  bool          // the account's own address is
	Providers []*provider.Provider
}

func (s *Sites) view(r *http.Request) (v listView, err error) {
	u := login.Current(r)
	v.Providers, v.Verified = s.providers(), u.Verified()
	all, err := s.all(r.Context(), u.ID)
	if err != nil {
		return v, err
	}
	ways, err := s.WaysIn(r.Context(), u)
	if err != nil {
		return v, err
	}
	v.Ways = feature.OfKind(ways, kind)
	for _, l := range all {
		one := line{l, s.labelOf(l.Issuer), s.isLast(l, ways)}
		v.Lines, v.Last = append(v.Lines, one), v.Last || one.Last
	}
	return v, nil
}

// kind is the name of an account at another site among the account's ways in.
const kind = "Other sites"

// waysIn returns the user's accounts at other sites. One at a provider that the settings no longer name opens nothing.
func (s *Sites) waysIn(ctx context.Context, u user.User) (ways []feature.Way, err error) {
	all, err := s.all(ctx, u.ID)
	for _, l := range all {
		ways = append(ways, feature.Way{Kind: kind, Name: line{Link: l, Label: s.labelOf(l.Issuer)}.Who(), UsedAt: l.UsedAt, Spare: s.isGone(l)})
	}
	return ways, err
}

func (s *Sites) isGone(l Link) bool { return s.withIssuer(l.Issuer).Gone() }

// isLast reports whether a link is the last of its user's ways in.
func (s *Sites) isLast(l Link, ways []feature.Way) bool {
	return !s.isGone(l) && len(feature.Lasting(ways)) == 1
}

func (s *Sites) securityPart(r *http.Request) (templ.Component, error) {
	v, err := s.view(r)
	if err != nil || len(v.Lines) == 0 && len(v.Providers) == 0 {
		return nil, err
	}
	return securityRow(v), nil
}

func (s *Sites) showList(w http.ResponseWriter, r *http.Request) error {
	v, err := s.view(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listPage(v))
}

// link sends the browser to a provider, to link the account that it comes back with.
func (s *Sites) link(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	if !u.Verified() { // somebody who registered with another person's address must not leave a way in
		return s.showList(w, r)
	}
	return s.send(w, r, request{Purpose: toLink, UserID: u.ID})
}

// askToLink keeps an identity for ten minutes and redirects to the page that links it, by way of the log-in page if its owner
// is not logged in.
func (s *Sites) askToLink(w http.ResponseWriter, r *http.Request, p pendingLink) error {
	if err := s.keepPending(r.Context(), session.Current(r.Context()).ID, p); err != nil {
		return err
	}
	if _, in := login.From(r.Context()); p.ByEmail && !in {
		return web.SeeOther(w, r, joinPath)
	}
	return web.SeeOther(w, r, linkPath)
}

// showJoin is the page that asks the owner of the account with the same address to log in first.
func (s *Sites) showJoin(w http.ResponseWriter, r *http.Request) error {
	p, err := s.pendingOf(r.Context(), session.Current(r.Context()).ID)
	if errors.Is(err, fault.NotFound) || err == nil && !p.ByEmail {
		return web.SeeOther(w, r, "/login")
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store") // it names an address
	return web.Render(w, r, http.StatusOK, joinPage(s.labelOf(p.Identity.Issuer), p.Identity.Email))
}

// waiting returns the identity that waits to be linked to the account of the user who is logged in, or fault.NotFound.
func (s *Sites) waiting(r *http.Request) (provider.Identity, error) {
	u := login.Current(r)
	p, err := s.pendingOf(r.Context(), session.Current(r.Context()).ID)
	if err == nil && (p.UserID != u.ID || !u.Verified() ||
		p.ByEmail && (!p.Identity.Verified || user.NormalizeEmail(p.Identity.Email) != user.NormalizeEmail(u.Email))) {
		err = fault.NotFound
	}
	return p.Identity, err
}

func (s *Sites) showLink(w http.ResponseWriter, r *http.Request) error {
	id, err := s.waiting(r)
	if errors.Is(err, fault.NotFound) {
		return web.Render(w, r, http.StatusUnprocessableEntity, nothingPage())
	}
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, linkPage(line{Link: Link{Email: id.Email}, Label: s.labelOf(id.Issuer)}, login.Current(r).Email))
}

// finishLink links the identity that waits. A second press of the button finds it linked, and succeeds.
func (s *Sites) finishLink(w http.ResponseWriter, r *http.Request) error {
	ctx, p := r.Context(), provider.Gone("")
	id, err := s.waiting(r)
	if err == nil {
		p = s.withIssuer(id.Issuer)
		err = s.DB.InTx(ctx, func(ctx context.Context) error { return s.insertLink(ctx, r, id, p.Label) })
	}
	if errors.Is(err, fault.NotFound) {
		return web.Render(w, r, http.StatusUnprocessableEntity, nothingPage())
	}
	if err != nil {
		return s.refused(w, r, p, request{Purpose: toLink}, err)
	}
	session.Flash(ctx, p.Label+" is linked. You can log in with it from now on.")
	return web.SeeOther(w, r, listPath)
}

// insertLink links an identity to the account of the user who is logged in, in the context's transaction. It returns
// errTaken if it is linked to another, or errFull.
func (s *Sites) insertLink(ctx context.Context, r *http.Request, id provider.Identity, label string) error {
	u := login.Current(r)
	if err := s.Login.LockCurrent(ctx); err != nil {
		return err
	}
	if err := s.dropPending(ctx, session.Current(ctx).ID); err != nil {
		return err
	}
	owner, err := s.ownerOf(ctx, id)
	switch {
	case err == nil && owner == u.ID: // by a press a moment before
		return nil
	case err == nil:
		return errTaken
	case !errors.Is(err, fault.NotFound):
		return err
	}
	if n, err := s.count(ctx, u.ID); err != nil || n >= maxIdentities {
		return errors.Join(err, errFull)
	}
	if err := s.insert(ctx, u.ID, id, false); err != nil {
		return err
	}
	return s.Audit.Emit(ctx, audit.Event{Name: audit.SiteLinked, User: u, Detail: label, LoginID: login.CurrentLogin(r).ID})
}

func (s *Sites) askUnlink(w http.ResponseWriter, r *http.Request) error {
	return s.showUnlink(w, r, http.StatusOK)
}

func (s *Sites) showUnlink(w http.ResponseWriter, r *http.Request, status int) error {
	u := login.Current(r)
	l, err := s.find(r.Context(), u.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	ways, err := s.WaysIn(r.Context(), u)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, unlinkPage(line{l, s.labelOf(l.Issuer), s.isLast(l, ways)}))
}

// unlink unlinks an identity, unless it is the last way in.
func (s *Sites) unlink(w http.ResponseWriter, r *http.Request) error {
	u, label := login.Current(r), ""
	err := s.DB.InTx(r.Context(), func(ctx context.Context) error {
		if err := s.Login.LockCurrent(ctx); err != nil {
			return err
		}
		l, err := s.find(ctx, u.ID, r.PathValue("id"))
		if err != nil {
			return err
		}
		if ways, err := s.WaysIn(ctx, u); err != nil || s.isLast(l, ways) {
			return errors.Join(err, errLast)
		}
		if err := s.delete(ctx, u.ID, l.ID); err != nil {
			return err
		}
		label = s.labelOf(l.Issuer)
		return s.Audit.Emit(ctx, audit.Event{Name: audit.SiteUnlinked, User: u, Detail: label, LoginID: login.CurrentLogin(r).ID})
	})
	if errors.Is(err, errLast) {
		return s.showUnlink(w, r, http.StatusUnprocessableEntity)
	}
	if err = s.DB.GoneAlready(r.Context(), err, `SELECT 1 FROM identities WHERE id = $1`, r.PathValue("id")); err != nil {
		return err
	}
	if label != "" { // else it was unlinked before, and that has been said
		session.Flash(r.Context(), label+" is unlinked. It logs nobody in to your account any more.")
	}
	return web.SeeOther(w, r, listPath)
}
