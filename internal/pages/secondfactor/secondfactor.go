// Package secondfactor are the pages of the second step of a log in, and those where users look after their second factors.
// What each factor asks and how it is set up are parts and pages of the features that offer it.
package secondfactor

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/factor"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/known"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// Pages are the pages of second factors.
type Pages struct{ *feature.Core }

// New returns the pages.
func New(core *feature.Core) *Pages { return &Pages{core} }

// Routes are the lines of the map for these pages.
func (p *Pages) Routes() []web.Route {
	return []web.Route{
		web.Guest.At("GET "+login.SecondStepPath, p.show).Titled("One more step"),
		web.Guest.At("POST "+login.SecondStepPath, p.finish).AcceptsRevoked(),
		web.Guest.At("POST "+login.SecondStepPath+"/lost", p.lost),
		web.Fresh.At("POST "+factor.SetUpPath+"/ask", p.setAsks),
		web.Private.At("GET "+factor.SetUpPath, p.overview).Titled("Second step"),
		web.Private.At("POST "+factor.SetUpPath+"/trusted/{id}/end", p.distrust),
	}
}

// Places are what the pages add to pages of the core.
func (p *Pages) Places() feature.Places { return feature.Places{Security: p.securityPart} }

// show asks for the second factor.
func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	return p.render(w, r, http.StatusOK, "")
}

// A part is one of the account's factors, with what it asks for.
type part struct {
	factor.Mine
	Form templ.Component
}

// render shows what each of the account's factors asks for. problem is what was wrong with the one that was tried.
func (p *Pages) render(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	w.Header().Set("Cache-Control", "no-store")
	h, err := p.Factors.Half(r.Context())
	if errors.Is(err, factor.ErrOver) {
		return p.over(w, r)
	}
	if err != nil {
		return err
	}
	mine, err := p.Factors.Of(r.Context(), h.User.ID)
	if err != nil {
		return err
	}
	tried := r.PostFormValue("factor")
	var parts []part
	for _, m := range mine {
		says := ""
		if m.Name == tried {
			says = problem
		}
		form, err := m.Part(r, h.User, says)
		if err != nil {
			return err
		}
		if m.Name == tried { // what somebody has just tried stands first
			parts = append([]part{{m, form}}, parts...)
		} else {
			parts = append(parts, part{m, form})
		}
	}
	v := stepView{Half: h, Parts: parts, Trust: r.PostFormValue("trust") != "", Problem: problem}
	if p.Factors.MayRecover(h.User) {
		v.Wait = p.Factors.RecoverAfter
	}
	return web.Render(w, r, status, stepPage(v))
}

// A stepView is the page of the second step.
type stepView struct {
	factor.Half
	Parts   []part
	Trust   bool
	Problem string
	Wait    time.Duration // how long the removal of a lost factor takes; 0: it cannot be asked for
}

// lost asks for the removal of a factor that was lost.
func (p *Pages) lost(w http.ResponseWriter, r *http.Request) error {
	due, err := p.Factors.Lost(r.Context())
	if errors.Is(err, factor.ErrOver) {
		return p.over(w, r)
	}
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, lostPage(due))
}

// setAsks turns the second step on or off for a factor that is only offered.
func (p *Pages) setAsks(w http.ResponseWriter, r *http.Request) error {
	on := r.PostFormValue("on") != ""
	offered, err := p.Factors.SetAsks(r.Context(), login.Current(r), on)
	if err != nil {
		return err
	}
	says := "From now on, your password is enough."
	if on {
		says = "From now on, you are asked for " + cmp.Or(offered.With, "more") + " after your password."
	}
	session.Flash(r.Context(), says)
	return web.SeeOther(w, r, factor.SetUpPath)
}

// over sends a visitor whose first step has expired back to the log-in page.
func (p *Pages) over(w http.ResponseWriter, r *http.Request) error {
	if !web.Safe(r.Method) {
		session.Flash(r.Context(), "That took longer than ten minutes, or the account was changed meanwhile. Please log in again.")
	}
	to := "/login"
	if next := web.LocalPath(r.PostFormValue("next")); next != "" {
		to += "?" + url.Values{"next": {next}}.Encode()
	}
	return web.SeeOther(w, r, to)
}

// finish checks the second factor, and logs in.
func (p *Pages) finish(w http.ResponseWriter, r *http.Request) error {
	ctx, next := r.Context(), web.LocalPath(r.PostFormValue("next"))
	if _, in := login.From(ctx); in && session.Repeats(ctx) { // the first press has logged in
		return p.GoOn(w, r, next)
	}
	_, token, err := p.Factors.Finish(r, r.PostFormValue("factor"), r.PostFormValue("trust") != "")
	switch {
	case errors.Is(err, factor.ErrOver):
		if done, failed := p.Sessions.Resume(ctx); failed != nil || done { // the same form, sent a moment before, has logged in
			if failed != nil {
				return failed
			}
			return p.GoOn(w, r, next)
		}
		return p.over(w, r)
	case errors.Is(err, factor.ErrWrong):
		return p.render(w, r, http.StatusUnprocessableEntity, problemOf(err))
	case err != nil:
		return err
	}
	p.Login.SetKnownCookie(w, token)
	return p.GoOn(w, r, next)
}

// problemOf is what the page says of a factor that was refused.
func problemOf(err error) string {
	if says, ok := errors.AsType[*factor.Problem](err); ok {
		return says.Says
	}
	return "This does not match. Please try again."
}

// An overview is the page of the second step: the factors that a user has, and those that can be set up.
type overview struct {
	Required bool // a factor is required, and there is none yet
	Factors  []row
	Trusted  []known.Trusted
	Offered  string // what may be asked for after the password, as "a word"; "" for nothing
	Asks     bool   // it is asked for, because the user wants it
	Next     string // the next step that is recommended; "" for none
}

// A row is a factor on the overview.
type row struct {
	factor.Factor
	factor.Held
	Can bool
}

func (p *Pages) view(r *http.Request) (v overview, err error) {
	ctx, u := r.Context(), login.Current(r)
	mine, err := p.Factors.Of(ctx, u.ID)
	if err != nil {
		return v, err
	}
	asked, spare := false, false
	for _, f := range p.Factors.Factors {
		at := slices.IndexFunc(mine, func(m factor.Mine) bool { return m.Name == f.Name })
		line := row{Factor: f, Can: f.Can == nil || f.Can(r)}
		if at >= 0 {
			line.Held = mine[at].Held
			asked, spare = asked || line.State == factor.Asked, spare || f.Spare
		}
		if line.Can || at >= 0 {
			v.Factors = append(v.Factors, line)
		}
	}
	if at := slices.IndexFunc(v.Factors, func(f row) bool { return f.Spare }); asked && !spare && at >= 0 {
		v.Next = "Set up " + strings.ToLower(v.Factors[at].Title) + " next, for the day when what you have is lost."
	}
	offered, on, err := p.Factors.Asks(ctx, u.ID)
	if err != nil {
		return v, err
	}
	v.Offered, v.Asks = offered.With, on
	if v.Required, err = p.Factors.Missing(ctx, u); err != nil {
		return v, err
	}
	v.Trusted, err = p.Login.Trusted(ctx, u.ID)
	return v, err
}

func (p *Pages) overview(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, overviewPage(v))
}

func (p *Pages) securityPart(r *http.Request) (templ.Component, error) {
	v, err := p.view(r)
	if err != nil || len(v.Factors) == 0 {
		return nil, err
	}
	return securityRow(v), nil
}

// distrust ends the trust in a browser: the next log in there has a second step.
func (p *Pages) distrust(w http.ResponseWriter, r *http.Request) error {
	if err := p.Login.Distrust(r.Context(), login.Current(r).ID, r.PathValue("id")); err != nil {
		return err
	}
	session.Flash(r.Context(), "We will ask for a second factor again in that browser.")
	return web.SeeOther(w, r, factor.SetUpPath)
}

// problemsOf returns the problem in the form that views.Title takes.
func problemsOf(problem string) map[string]string {
	if problem == "" {
		return nil
	}
	return map[string]string{"": problem}
}

// actOf is the label of a factor's link.
func actOf(f row) string {
	if f.State == factor.None {
		return "Set up"
	}
	return "Manage"
}

// summary names the factors that are asked for.
func summary(v overview) string {
	var titles []string
	for _, f := range v.Factors {
		if f.State == factor.Asked {
			titles = append(titles, f.Title)
		}
	}
	if len(titles) == 0 {
		return "Off: a password is enough"
	}
	return strings.Join(titles, ", ")
}
