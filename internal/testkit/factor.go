package testkit

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/factor"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/views"
)

// SecondStep is the page that asks for a second factor.
const SecondStep = "/login/second-factor"

// Word is what the kit's second factor asks for, in the field "word" of a form whose "factor" is "testkit". It works any
// number of times.
const Word = "open sesame"

// hasFactor is the name of users who have the kit's second factor, so that no table is needed for it.
const hasFactor = "Has the factor of testkit"

// GiveFactor gives an account the kit's second factor, so that the second step can be tested without any feature.
func (k *Kit) GiveFactor(email string) {
	k.t.Helper()
	k.Exec(`UPDATE users SET name = $1 WHERE email = $2`, hasFactor, email)
}

// newFactor is the feature of it. It can be set up nowhere, so no page shows it to who has none.
func newFactor(core *feature.Core) feature.Feature {
	return feature.Feature{Name: "testkit factor", Factor: &factor.Factor{
		Name: "testkit", Title: "Word", With: "a word", Button: "Log in", SetUp: Private,
		Can: func(*http.Request) bool { return false },
		Has: func(ctx context.Context, userID string) (held factor.Held, err error) {
			u, err := core.Users.ByID(ctx, userID)
			if u.Name == hasFactor {
				held.State = factor.Asked
			}
			return held, err
		},
		Part: func(_ *http.Request, _ user.User, problem string) (templ.Component, error) {
			return views.Fields(views.Checked(map[string]string{"word": problem}, views.Input{Name: "word", Label: "Word"})), nil
		},
		Check: func(r *http.Request, _ user.User) (func(context.Context) error, error) {
			if r.PostFormValue("word") != Word {
				return nil, factor.ErrWrong
			}
			return func(context.Context) error { return nil }, nil
		},
		Remove: func(ctx context.Context, userID string) error {
			return core.Users.SaveProfile(ctx, userID, user.Profile{})
		},
	}}
}
