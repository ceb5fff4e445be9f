// Package word is a second factor for tests: a word that works any number of times, so that the second step can be tested
// without any feature.
package word

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/factor"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/views"
)

// Word is what it asks for, in the field "word" of a form whose "factor" is "testkit".
const Word = "open sesame"

// Holder is the name of users who have it, so that no table is needed.
const Holder = "Has the second factor of testkit"

// New returns the feature. It can be set up nowhere, so no page shows it to who has it not.
func New(core *feature.Core) feature.Feature {
	return feature.Feature{Name: "word", Factor: &factor.Factor{
		Name: "testkit", Title: "Word", With: "a word", Button: "Log in", SetUp: "/account",
		Can: func(*http.Request) bool { return false },
		Has: func(ctx context.Context, userID string) (held factor.Held, err error) {
			u, err := core.Users.ByID(ctx, userID)
			if u.Name == Holder {
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
