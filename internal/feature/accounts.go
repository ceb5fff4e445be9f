package feature

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"example.com/latchkey/internal/account"
	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/factor"
	"example.com/latchkey/internal/known"
	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/operator"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// Accounts are the parts of a Core that know users.
type Accounts struct {
	Users    *user.Store
	Policy   *password.Policy
	Hasher   *password.Hasher
	Audit    *audit.Log
	Login    *login.Service
	Account  *account.Service
	Factors  *factor.Service
	Operator operator.Service
	Mail     *mail.Outbox

	Features []Feature // whose Landing, WaysIn and Advise are asked
}

// Private returns the feature as a section that is private: its routes need a login, or more than that.
func Private(prefix string, f Feature) Feature { return Section(prefix, web.Private, f) }

// Tables are all that hold something of a user: those of the layers, then those of the features. It panics, and so refuses
// to start, if one is there twice: its rows would be counted twice.
func Tables(features []Feature) []database.Export {
	all, seen := slices.Concat(user.Exports, login.Exports, known.Exports, link.Exports, mail.Exports, audit.Exports, factor.Exports), map[string]bool{}
	for _, f := range features {
		all = append(all, f.Exports...)
	}
	for _, e := range all {
		if seen[e.Table] {
			panic("feature: the table " + e.Table + " is exported twice")
		}
		seen[e.Table] = true
	}
	return all
}

// Holdings says how much the tables hold of a user: about each, the number of its rows.
func (c *Core) Holdings(ctx context.Context, tables []database.Export, userID string) ([]views.Count, error) {
	var all []views.Count
	for _, e := range tables {
		n, err := c.DB.ExportCount(ctx, e, userID)
		if err != nil {
			return nil, err
		}
		all = append(all, views.Count{About: e.About, N: n})
	}
	return all, nil
}

// Onward returns where whoever has just logged in goes: to what waits for them, else to next, which came from a browser, else
// to the account.
func (c *Core) Onward(ctx context.Context, next string) (path string, err error) {
	waits, err := c.Landing(ctx)
	return cmp.Or(waits, web.LocalPath(next), "/account"), err
}

// GoOn sends whoever has just logged in Onward.
func (c *Core) GoOn(w http.ResponseWriter, r *http.Request, next string) error {
	to, err := c.Onward(r.Context(), next)
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, to)
}
