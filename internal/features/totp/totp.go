// Package totp lets users add an authenticator app as a second factor: codes of six digits that change every 30 seconds
// (TOTP, RFC 6238). A code counts for the 30 seconds that it is shown for and the 30 after, once.
package totp

import (
	"context"
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/factor"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// The pages. Their menu entry is that of Login & security.
const (
	path   = factor.SecurityPath + "authenticator"
	setUp  = path + "/set-up"
	remove = path + "/remove"
)

// title is the name of the factor.
const title = "Authenticator app"

// What the page says about a code that is refused.
const (
	notSix = "Write the six digits that your app shows now."
	noCode = "This is not the code that your app shows now. If it happens again, set the clock of your phone."
	usedUp = "This code was used already. Wait for the next one: your app shows it within 30 seconds."
)

// TOTP is the feature: the authenticator apps of all accounts, and their pages.
type TOTP struct {
	*feature.Core
	keeper
}

// New returns the feature.
func New(core *feature.Core) feature.Feature {
	t := &TOTP{Core: core, keeper: keeper{core: core}}
	return feature.Feature{
		Name: "totp",
		Routes: []web.Route{
			web.Private.At("GET "+path, t.show).Titled(title),
			web.Fresh.At("GET "+setUp, t.showSetUp).Titled("Set up an authenticator app"),
			web.Fresh.At("POST "+setUp, t.confirm).Limited("totp.confirm"),
			web.Fresh.At("GET "+remove, t.askRemove).Titled("Remove the authenticator app"),
			web.Fresh.At("POST "+remove, t.remove),
		},
		Factor: &factor.Factor{
			Name: "totp", Title: title, With: "an authenticator code", Button: "Log in", SetUp: path,
			Can: func(*http.Request) bool { return t.on() }, Has: t.has, Part: part, Check: t.check, Remove: t.delete,
		},
		Settings: &t.settings, Start: t.start,
		Limits: []ratelimit.Named{
			{Name: "totp.confirm", Act: "confirm a new authenticator app", By: "account", Setting: "LIMIT_TOTP_CONFIRM", Tries: 20},
		},
		Exports:  []database.Export{{Table: "totp", About: "Your authenticator app", Key: "user_id", Columns: "created_at, used_at"}},
		Commands: &commands{totp: t},
	}
}

func (t *TOTP) has(ctx context.Context, userID string) (factor.Held, error) {
	a, err := t.find(ctx, userID)
	if errors.Is(err, fault.NotFound) {
		return factor.Held{}, nil
	}
	return factor.Held{State: factor.Asked, Since: a.Created, Used: a.Used}, err
}

func part(_ *http.Request, _ user.User, problem string) (templ.Component, error) {
	return stepPart(problem), nil
}

// check checks a code for the second step of a log in.
func (t *TOTP) check(r *http.Request, u user.User) (use func(ctx context.Context) error, err error) {
	code, ok := parseCode(r.PostFormValue("code"))
	if !ok {
		return nil, &factor.Problem{Says: notSix}
	}
	a, err := t.find(r.Context(), u.ID)
	if err != nil {
		return nil, err
	}
	keys, err := t.keys()
	if err != nil {
		return nil, err
	}
	secret, err := keys.open(a.secret, a.keyID, u.ID)
	if err != nil {
		return nil, err
	}
	step, ok, err := match(secret, code, t.Now())
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &factor.Problem{Says: noCode}
	}
	return func(ctx context.Context) error { return t.takeStep(ctx, a, step) }, nil
}

// view returns the app of the user who is logged in, and whether there is one. It returns fault.NotFound if the site has no
// key, and so no apps.
func (t *TOTP) view(r *http.Request) (a app, has bool, err error) {
	if !t.on() {
		return a, false, fault.NotFound
	}
	a, err = t.find(r.Context(), login.Current(r).ID)
	if errors.Is(err, fault.NotFound) {
		return a, false, nil
	}
	return a, err == nil, err
}

func (t *TOTP) show(w http.ResponseWriter, r *http.Request) error {
	a, has, err := t.view(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, showPage(a, has))
}

func (t *TOTP) askRemove(w http.ResponseWriter, r *http.Request) error {
	_, has, err := t.view(r)
	if err != nil {
		return err
	}
	if !has {
		return web.SeeOther(w, r, path)
	}
	return web.Render(w, r, http.StatusOK, removePage(t.Factors.Required(login.Current(r))))
}

// remove removes the app, and what stands in for it. It is no error if it is gone already.
func (t *TOTP) remove(w http.ResponseWriter, r *http.Request) error {
	u := login.Current(r)
	err := t.DB.InTx(r.Context(), func(ctx context.Context) error {
		if err := t.Login.LockCurrent(ctx); err != nil {
			return err
		}
		if err := t.delete(ctx, u.ID); err != nil {
			return err
		}
		return t.Audit.Emit(ctx, audit.Event{Name: audit.FactorRemoved, User: u, Detail: title, LoginID: login.CurrentLogin(r).ID})
	})
	if errors.Is(err, fault.NotFound) {
		return web.SeeOther(w, r, factor.SetUpPath)
	}
	if err != nil {
		return err
	}
	session.Flash(r.Context(), "The authenticator app was removed. Its codes do not count any more.")
	return web.SeeOther(w, r, factor.SetUpPath)
}

// A setUpView is the page that sets an app up.
type setUpView struct {
	Secret   string // base32, as it is typed
	Sealed   string // the same, as the form carries it
	QR       qrCode
	Link     string // otpauth://…, for a phone that opens this page itself
	Replaces bool
	Problems web.Problems
}

// site is the name under which apps list the site.
const site = views.Site
