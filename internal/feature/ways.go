package feature

import (
	"fmt"
	"net/http"
	"slices"
	"time"
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
