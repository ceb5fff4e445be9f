package feature

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"example.com/latchkey/internal/factor"
	"example.com/latchkey/internal/user"
)

// A Way is something that a user logs in with: the password, one passkey, an account at another site.
type Way struct {
	Kind   string    // what it is, as Login & security names it: KindPassword, "Passkey"
	Name   string    // which of its kind, as its owner knows it; "" where there is only one
	UsedAt time.Time // zero: not yet, or nobody remembers

	// Factor is true of what is a second step after another way, such as an authenticator's codes: it opens no account.
	Factor bool
	// Spare is true of what opens the account and may end without its owner's doing, such as mail, which a site can turn
	// off: nobody is left with it alone.
	Spare bool
}

// KindPassword is the kind of the password.
const KindPassword = "Password"

// Lasting returns the ways that keep an account open. The last of them is never taken away; ask in the transaction that
// takes one, which has locked the account.
func Lasting(ways []Way) []Way {
	return slices.DeleteFunc(slices.Clone(ways), func(w Way) bool { return w.Factor || w.Spare })
}

// OfKind returns the ways of one kind.
func OfKind(ways []Way, kind string) []Way {
	return slices.DeleteFunc(slices.Clone(ways), func(w Way) bool { return w.Kind != kind })
}

// LastUse returns when one of the ways was used last, zero if none was.
func LastUse(ways []Way) (last time.Time) {
	for _, w := range ways {
		if w.UsedAt.After(last) {
			last = w.UsedAt
		}
	}
	return last
}

// Names says in a line which ways of one kind somebody has: "None", "Apple Passwords", "Apple Passwords and 2 more".
func Names(ways []Way) string {
	switch len(ways) {
	case 0:
		return "None"
	case 1:
		return ways[0].Name
	}
	return fmt.Sprintf("%s and %d more", ways[0].Name, len(ways)-1)
}

// An Advice is the next step that Login & security recommends, in one line: a link, and in a sentence what it is good for.
type Advice struct{ Label, Href, Why string }

// An Adviser returns what it recommends to the user who is logged in, whose ways in these are; the zero Advice for nothing.
type Adviser func(r *http.Request, ways []Way) (Advice, error)

// Factors are what the features offer as a second factor, in their order.
func Factors(features []Feature) (all []factor.Factor) {
	for _, f := range features {
		if f.Factor != nil {
			all = append(all, *f.Factor)
		}
	}
	return all
}

// Landing returns where whoever has just logged in goes, by the first feature that says so; "" for where they wanted to.
func (a *Accounts) Landing(ctx context.Context) (path string, err error) {
	for _, f := range a.Features {
		if f.Landing != nil && path == "" && err == nil {
			path, err = f.Landing(ctx)
		}
	}
	return path, err
}

// WaysIn returns what a user logs in with: the password, those of features, and second factors. See Lasting.
func (a *Accounts) WaysIn(ctx context.Context, u user.User) (ways []Way, err error) {
	if u.PasswordHash != "" {
		used, err := a.Audit.LastUse(ctx, u.ID, "")
		if err != nil {
			return nil, err
		}
		ways = append(ways, Way{Kind: KindPassword, UsedAt: used})
	}
	for _, f := range a.Features {
		var more []Way
		if f.WaysIn != nil {
			more, err = f.WaysIn(ctx, u)
		} else if f.Factor != nil {
			more, err = factorOf(ctx, f.Factor, u.ID)
		}
		if err != nil {
			return nil, err
		}
		ways = append(ways, more...)
	}
	return ways, nil
}

// factorOf returns what the user has of a factor that is nothing but a second step.
func factorOf(ctx context.Context, f *factor.Factor, userID string) ([]Way, error) {
	held, err := f.Has(ctx, userID)
	if err != nil || held.State == factor.None {
		return nil, err
	}
	return []Way{{Kind: f.Title, UsedAt: held.Used, Factor: true}}, nil
}

// Advise returns what the first feature recommends that has something to recommend.
func (a *Accounts) Advise(r *http.Request, ways []Way) (advice Advice, err error) {
	for _, f := range a.Features {
		if f.Advise != nil && advice.Label == "" && err == nil {
			advice, err = f.Advise(r, ways)
		}
	}
	return advice, err
}
