// Package user keeps accounts: the users table, profiles, and e-mail addresses in their normal form.
// It knows no sessions, no log in and no mail.
package user

import (
	"errors"
	"fmt"
	"time"

	"example.com/latchkey/internal/database"
)

// ErrTaken says that another account has this address, or can still take it back.
var ErrTaken = errors.New("address is taken")

// ErrReserved is ErrTaken where nobody has the address at the moment, and somebody can still take it back.
var ErrReserved = fmt.Errorf("reserved: %w", ErrTaken)

// RoleAdmin is the role that web.Admin asks for.
const RoleAdmin = "admin"

// A User is an account.
type User struct {
	ID         string
	Email      string // as the user wrote it
	Role       string // "" or RoleAdmin
	CreatedAt  time.Time
	VerifiedAt time.Time // when the address was verified; zero until then
	DisabledAt time.Time // when an operator disabled the account; zero while it is enabled
	Profile

	PasswordHash      string // "" for an account without a password
	PasswordChangedAt time.Time
	RegisteredBy      string // hash of the known-browser token of the browser that registered
}

// Verified reports whether the owner has shown that mail to the address reaches them.
func (u User) Verified() bool { return !u.VerifiedAt.IsZero() }

// Disabled reports whether an operator keeps the user out.
func (u User) Disabled() bool { return !u.DisabledAt.IsZero() }

// Mark tells one user from another on the pages that a browser has open, and says nothing else: the last part of the
// id, which is random.
func (u User) Mark() string { return u.ID[max(0, len(u.ID)-12):] }

// Columns are the columns of a User, of the table users. A new field of users is a line in the migration,
// in User, here, in Into and in Store.Insert.
const Columns = `users.id, users.email, users.name, users.timezone, users.role, users.created_at, users.verified_at, users.disabled_at,
	users.password_hash, users.password_changed_at, users.registered_by`

// Into returns where the Columns of a row go.
func (u *User) Into() []any {
	return []any{
		&u.ID, &u.Email, &u.Name, &u.Timezone, &u.Role, database.Moment(&u.CreatedAt), database.Moment(&u.VerifiedAt),
		database.Moment(&u.DisabledAt), &u.PasswordHash, database.Moment(&u.PasswordChangedAt), &u.RegisteredBy,
	}
}

// Exports are the tables of this package that hold something of a user. Passwords stay out, even as hashes.
var Exports = []database.Export{
	{
		Table: "users", About: "Your account", Owner: "id",
		Columns: "id, email, email_key, name, timezone, role, created_at, verified_at, password_changed_at, disabled_at",
	},
	{Table: "reserved_emails", About: "Addresses that you can take back", Columns: "email_key, expires_at", Key: "email_key"},
}
