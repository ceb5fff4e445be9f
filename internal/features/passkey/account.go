package passkey

import (
	"context"
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/features/passkey/names"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// errLast means that a passkey is the last way to log in to its account, and cannot be removed.
var errLast = errors.New("the last way to log in")

// A listView is what the pages of the account show.
type listView struct {
	Passkeys      []Passkey
	Ways          []feature.Way // the same, as ways in
	Last          bool          // the only passkey is the last way in
	Can           bool          // this site's address can have passkeys
	ByName        string        // in development: the same page at an address that can; "" elsewhere
	Signal, About string        // what the browser's password manager is told
}

func (p *Passkeys) view(r *http.Request) (v listView, err error) {
	u := login.Current(r)
	if v.Passkeys, err = p.all(r.Context(), u.ID); err != nil {
		return v, err
	}
	ways, err := p.WaysIn(r.Context(), u)
	if err != nil {
		return v, err
	}
	v.Ways = feature.OfKind(ways, kind)
	v.Last = len(feature.Lasting(ways)) == 1 && len(v.Passkeys) == 1
	party, can := p.party(r)
	if v.Can = can; !can {
		v.ByName = byName(p.Config.Base() == nil, r)
		return v, nil
	}
	ids := []string{}
	for _, k := range v.Passkeys {
		ids = append(ids, base64url.EncodeToString(k.CredentialID))
	}
	v.Signal = "signalAllAcceptedCredentials"
	v.About = object(map[string]any{"rpId": party.Config.RPID, "userId": base64url.EncodeToString([]byte(u.ID)), "allAcceptedCredentialIds": ids})
	return v, nil
}

// kind is the name of a passkey among the account's ways in.
const kind = "Passkey"

// waysIn returns the user's passkeys as ways in.
func (p *Passkeys) waysIn(ctx context.Context, u user.User) (ways []feature.Way, err error) {
	all, err := p.all(ctx, u.ID)
	for _, k := range all {
		ways = append(ways, feature.Way{Kind: kind, Name: k.Name, UsedAt: k.UsedAt})
	}
	return ways, err
}

// advise recommends a passkey to a user without one, and a second way in to a user with one passkey and nothing else.
func (p *Passkeys) advise(r *http.Request, ways []feature.Way) (feature.Advice, error) {
	switch _, can := p.party(r); {
	case can && len(feature.OfKind(ways, kind)) == 0:
		return feature.Advice{Label: "Add a passkey", Href: addPath, Why: "Nobody can guess it, or get it out of you on a false site."}, nil
	case can && len(feature.Lasting(ways)) == 1:
		return feature.Advice{Label: "Add another passkey", Href: addPath, Why: "You may lose the one that you have."}, nil
	}
	return feature.Advice{}, nil
}

func (p *Passkeys) securityPart(r *http.Request) (templ.Component, error) {
	v, err := p.view(r)
	if err != nil {
		return nil, err
	}
	return securityRow(v), nil
}

// page makes the handler of a page about the user's passkeys.
func (p *Passkeys) page(of func(listView) templ.Component) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := p.view(r)
		if err != nil {
			return err
		}
		return web.Render(w, r, http.StatusOK, of(v))
	}
}

// change calls a function that changes the user's passkeys, in a transaction that holds the account's lock, and emits the
// event with the detail that the function returns.
func (p *Passkeys) change(r *http.Request, event string, do func(ctx context.Context) (detail string, err error)) error {
	return p.DB.InTx(r.Context(), func(ctx context.Context) error {
		if err := p.Login.LockCurrent(ctx); err != nil {
			return err
		}
		detail, err := do(ctx)
		if err != nil {
			return err
		}
		return p.Audit.Emit(ctx, audit.Event{Name: event, User: login.Current(r), Detail: detail, LoginID: login.CurrentLogin(r).ID})
	})
}

func (p *Passkeys) addOptions(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	all, err := p.all(r.Context(), u.ID)
	if err != nil {
		return err
	}
	if len(all) >= maxPasskeys {
		return writeJSON(w, http.StatusUnprocessableEntity, map[string]string{"problem": "You have 20 passkeys, which is the most. Remove one first."})
	}
	return p.askToCreate(w, r, toAdd, owner{u, all}, challenge{})
}

func (p *Passkeys) add(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	k, _, err := p.created(r, toAdd, r.PostFormValue("credential"))
	if err == nil && k.UserID != u.ID { // somebody else has logged in on this browser meanwhile
		err = errChallenge
	}
	if err == nil {
		err = p.change(r, audit.PasskeyAdded, func(ctx context.Context) (string, error) {
			if all, err := p.all(ctx, u.ID); err != nil || len(all) >= maxPasskeys {
				return "", errors.Join(err, errChallenge)
			}
			return k.Name, p.insert(ctx, k)
		})
	}
	if err != nil {
		return p.refused(w, r, addPath, err)
	}
	session.Flash(r.Context(), "The passkey was added. You can log in with it from now on.")
	return web.SeeOther(w, r, listPath)
}

// A form is the new name of a passkey.
type form struct {
	Name     string
	Problems web.Problems
}

func (p *Passkeys) edit(w http.ResponseWriter, r *http.Request) error {
	k, err := p.find(r.Context(), login.Current(r).ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, renamePage(k, form{Name: k.Name}))
}

func (p *Passkeys) rename(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	k, err := p.find(r.Context(), u.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	f := form{Name: names.Clean(r.PostFormValue("name")), Problems: web.Problems{}}
	if problem := names.Problem(f.Name); problem != "" {
		f.Problems["name"] = problem
		return web.Render(w, r, http.StatusUnprocessableEntity, renamePage(k, f))
	}
	err = p.change(r, audit.PasskeyRenamed, func(ctx context.Context) (string, error) {
		return k.Name + " to " + f.Name, p.setName(ctx, u.ID, k.ID, f.Name)
	})
	if err != nil {
		return err
	}
	session.Flash(r.Context(), "The passkey was renamed.")
	return web.SeeOther(w, r, listPath)
}

func (p *Passkeys) askRemove(w http.ResponseWriter, r *http.Request) error {
	return p.showRemove(w, r, http.StatusOK)
}

func (p *Passkeys) showRemove(w http.ResponseWriter, r *http.Request, status int) error {
	u := login.Current(r)
	k, err := p.find(r.Context(), u.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	ways, err := p.WaysIn(r.Context(), u)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, removePage(k, len(feature.Lasting(ways)) == 1))
}

// remove removes a passkey, unless it is the last way in.
func (p *Passkeys) remove(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	err := p.change(r, audit.PasskeyRemoved, func(ctx context.Context) (string, error) {
		k, err := p.find(ctx, u.ID, r.PathValue("id"))
		if err != nil {
			return "", err
		}
		if ways, err := p.WaysIn(ctx, u); err != nil || len(feature.Lasting(ways)) == 1 {
			return "", errors.Join(err, errLast)
		}
		return k.Name, p.delete(ctx, u.ID, k.ID)
	})
	if errors.Is(err, errLast) {
		return p.showRemove(w, r, http.StatusUnprocessableEntity)
	}
	if err = p.DB.GoneAlready(r.Context(), err, `SELECT 1 FROM passkeys WHERE id = $1`, r.PathValue("id")); err != nil {
		return err
	}
	session.Flash(r.Context(), "The passkey was removed. Nobody can log in with it any more.")
	return web.SeeOther(w, r, listPath)
}
