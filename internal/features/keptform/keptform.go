package keptform

import (
	"context"
	"errors"
	"net/http"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// Kept is the feature's pages and its part of each request.
type Kept struct{ *feature.Core }

// New returns the feature.
func New(core *feature.Core) feature.Feature {
	k := &Kept{core}
	return feature.Feature{
		Name: "keptform",
		Routes: []web.Route{
			web.Private.At("GET "+page, k.show).Titled("Your form was not sent yet"),
			web.Private.At("POST "+page+"/drop", k.discard),
		},
		Guard: k.guard, On: k.on, Landing: k.landing, Privacy: k.privacy, Sweep: k.sweep,
		Exports: []database.Export{
			{Table: "kept_forms", About: "Forms that you sent when a login had expired", Key: "session_id", Columns: `session_id, path, form AS "form{}", created_at, expires_at`},
			{Table: "expired_logins", About: "Browsers where a login expired", Key: "session_id", Columns: "session_id, at"},
		},
	}
}

// on keeps the rows in step with the logins, in the transaction of each event.
func (k *Kept) on(ctx context.Context, e audit.Event) error {
	switch e.Name {
	case audit.LoginExpired:
		return k.noteExpired(ctx, e)
	case audit.LoggedIn:
		return k.claim(ctx, e.SessionID, e.User.ID)
	case audit.OthersEnded, audit.PasswordChanged, audit.PasswordReset, audit.PasswordRemoved, audit.AccountSecured,
		audit.AddressRestored, audit.AccountDisabled: // ending all logins includes the expired ones
		return k.forgetExpired(ctx, e.User.ID)
	case audit.AccountDeleted:
		return k.endExpired(ctx, e.User.ID)
	}
	return nil
}

// guard keeps a form that is posted by a browser where a login expired, before the visitor is sent to log in, and deletes
// it once its user has sent it.
func (k *Kept) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, may := formOf(r)
		_, in := login.From(r.Context())
		switch {
		case !may:
			next.ServeHTTP(w, r)
		case in:
			k.send(w, r, f, next)
		default:
			if err := k.keep(r.Context(), f); err != nil {
				web.Fail(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		}
	})
}

// keep stores the form if a login expired on this session, and does nothing for any other visitor. It returns
// fault.SessionEnded if another request ends the session or gives it a new token meanwhile: the browser still has the form
// and can send it again with its new cookie.
func (k *Kept) keep(ctx context.Context, f Form) error {
	if session.TokenHash(ctx) == "" {
		return nil
	}
	if expired, err := k.expiredHere(ctx); err != nil || !expired {
		return err
	}
	kept := false
	err := k.DB.InTx(ctx, func(ctx context.Context) error {
		sessionID, err := k.Sessions.Lock(ctx)
		if err != nil {
			return err
		}
		f.Sent, f.Until = k.Now(), k.Now().Add(keptFor)
		kept, err = k.insert(ctx, sessionID, f)
		return err
	})
	if err == nil && kept {
		session.Flash(ctx, "Your login had expired. What you sent is kept for an hour: log in, and you can send it.")
	}
	return err
}

// send passes the request on, and deletes the kept form if the request carried it and was answered with success. The request
// carries it if it is the same form, sent from anywhere, or was sent from the page that shows the kept form, changed or not.
// A form that comes back with mistakes (422), meets a newer version (409) or fails (5xx) stays kept, and so does a kept form
// when a different form is sent to the same address.
func (k *Kept) send(w http.ResponseWriter, r *http.Request, f Form, next http.Handler) {
	ctx := r.Context()
	kept, err := k.find(ctx)
	if err != nil && !errors.Is(err, fault.NotFound) {
		web.Fail(w, r, err)
		return
	}
	if err != nil || !kept.same(f) && (f.mark != markOf(kept) || f.Path != kept.Path) {
		next.ServeHTTP(w, r)
		return
	}
	out := &answer{ResponseWriter: w}
	next.ServeHTTP(out, r)
	if out.status >= http.StatusBadRequest {
		return
	}
	// The form was sent. If the deletion fails, the only harm is that it is shown once more.
	if err := k.drop(context.WithoutCancel(ctx)); err != nil {
		k.Log.Warn("kept form not deleted", "request", web.RequestOf(ctx).ID, "err", err)
	}
}

// landing returns the page of the form that waits for the user who has just logged in.
func (k *Kept) landing(ctx context.Context) (string, error) {
	_, err := k.find(ctx)
	if errors.Is(err, fault.NotFound) {
		return "", nil
	}
	return page, err
}

// privacy returns what an expired login has left on the visitor's session, for /privacy.
func (k *Kept) privacy(ctx context.Context) (facts []views.Fact, err error) {
	expired, until, err := k.remains(ctx)
	if expired {
		facts = append(facts, views.Fact{Label: "Login", Value: "A login expired here. A form that is sent now is kept for its user alone, for an hour."})
	}
	if !until.IsZero() {
		facts = append(facts, views.Fact{
			Label: "Kept form", Time: until,
			Value: "Until then, a form that was sent when a login had expired waits for its user. Nobody else is shown it.",
		})
	}
	return facts, err
}

// An answer remembers its status.
type answer struct {
	http.ResponseWriter
	status int // 0 until a header is written; an answer without one is a 200
}

func (w *answer) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *answer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
