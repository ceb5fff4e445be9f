// Package once lets a form do its work once, however often it is sent: by somebody impatient, or by a browser whose connection
// broke. The form carries a value of its own, in a hidden field, and what it makes gets its id from there. Such a value is
// known as an idempotency key.
package once

import (
	"crypto/sha256"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

const name = "once"

// Field is the hidden field, for web.Route.Takes.
var Field = web.Field{Name: name, Hidden: true}

// ID returns the id of what a form of the current user makes. It is the same whenever they send the same values of the same form,
// so that a statement with ON CONFLICT (id) DO NOTHING makes one row of them; with other values, or of another user, it is
// another. A form without Input has a new id each time. It panics like login.Current.
func ID(r *http.Request) string {
	owner := login.Current(r).ID
	if r.PostFormValue(name) == "" {
		return database.NewID()
	}
	return uuid.NewHash(sha256.New(), uuid.Nil, []byte(owner+r.PostForm.Encode()), 8).String() // RFC 9562, 5.8
}

// Same reports whether two lists of the same inputs hold the same values, as where a change was sent twice.
func Same(a, b []views.Input) bool {
	return slices.EqualFunc(a, b, func(a, b views.Input) bool { return a.Value == b.Value })
}
