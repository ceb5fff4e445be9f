package passkey

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/factor"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/user"
)

// stepPath is below the page of the second step.
const stepPath = login.SecondStepPath + "/passkey"

// factor is a passkey as the second step after a password. Having a passkey only offers it there: it is required if its owner
// chose so, or if REQUIRE_FACTOR says so.
func (p *Passkeys) factor() *factor.Factor {
	return &factor.Factor{
		Name: "passkey", Title: "Passkey", With: "a passkey", Button: "Use a passkey", SetUp: listPath,
		Can: p.can, Has: p.has, Check: p.check, Remove: p.deleteAll,
		Part: func(_ *http.Request, _ user.User, problem string) (templ.Component, error) {
			return stepPart(problem), nil
		},
		Attributes: templ.Attributes{"data-passkey": "get", "data-options": stepPath + "/options", "hidden": true},
	}
}

func (p *Passkeys) has(ctx context.Context, userID string) (factor.Held, error) {
	ways, err := p.waysIn(ctx, user.User{ID: userID})
	if err != nil || len(ways) == 0 {
		return factor.Held{}, err
	}
	return factor.Held{State: factor.Offered, Used: feature.LastUse(ways), Note: feature.Names(ways) + "."}, nil
}

func (p *Passkeys) can(r *http.Request) bool {
	_, can := p.party(r)
	return can
}

// stepOptions asks for one of the passkeys of the account that somebody is half logged in to.
func (p *Passkeys) stepOptions(w http.ResponseWriter, r *http.Request) error {
	h, err := p.Factors.Half(r.Context())
	if err != nil {
		return err
	}
	return p.askOwner(w, r, toStep, h.User)
}

// check checks a passkey for the second step of a log in.
func (p *Passkeys) check(r *http.Request, u user.User) (func(ctx context.Context) error, error) {
	shown, err := p.shown(r, toStep, r.PostFormValue("credential"), u)
	return func(ctx context.Context) error { return asFactor(p.use(ctx, shown)) }, asFactor(err)
}

// asFactor returns factor.ErrWrong for a passkey that is refused, or was used or removed meanwhile, and other errors as they
// are.
func asFactor(err error) error {
	if says := words(err); says != "" {
		return &factor.Problem{Says: says}
	}
	return err
}
