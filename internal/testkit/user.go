package testkit

import (
	"net/http"
	"testing"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/testkit/private"
	"example.com/latchkey/internal/testkit/word"
	"example.com/latchkey/internal/user"
)

// SecondStep is the page that asks for a second factor; Word is what the one of every Kit asks for: see [word.Word].
const (
	SecondStep = "/login/second-factor"
	Word       = word.Word
)

// The addresses of a private page that every Kit has: see [private.Path].
const (
	Private   = private.Path
	AdminOnly = private.AdminOnly
)

// Password is what every user of the kit logs in with.
const Password = "quiet otter paints seven lamps"

// Who the stories are about, and what they type.
const (
	Ada         = "ada@example.org"
	Ben         = "ben@example.org"
	NewPassword = "a wholly new pass phrase"
	Wrong       = "wrong wrong wrong"
)

// cheapHashes are settings: bcrypt's lowest cost, and as many hashes as a test's one address asks for.
var cheapHashes = []string{"BCRYPT_COST=4", "LIMIT_HASH_ADDRESS=100000"}

// pages are those that every Kit has besides the program's.
var pages = []func(*feature.Core) feature.Feature{private.New, word.New}

// prepare makes the tables of these pages.
func (k *Kit) prepare() {
	k.t.Helper()
	k.Exec(private.Table)
}

// User adds a user with an address of its own, and returns its id: the owner of what a store keeps. To log somebody in,
// see [Browser.LogInAs].
func User(t testing.TB, db *database.DB) (id string) {
	t.Helper()
	id = database.NewID()
	if err := user.NewStore(db, time.Now).Insert(t.Context(), user.User{ID: id, Email: id + "@example.org"}); err != nil {
		t.Fatal(err)
	}
	return id
}

// Register makes an account with Password, and so logs in.
func (b *Browser) Register(email string) *Browser {
	b.t.Helper()
	if p := b.Post("/register", "email", email, "password", Password); p.Status != http.StatusSeeOther {
		b.t.Fatalf("register %s: got %s", email, p)
	}
	return b
}

// LogIn logs in with Password; more fields ("remember", "1") may follow.
func (b *Browser) LogIn(email string, fields ...string) *Browser {
	b.t.Helper()
	if p := b.Post("/login", append([]string{"email", email, "password", Password}, fields...)...); p.Status != http.StatusSeeOther {
		b.t.Fatalf("log in as %s: got %s", email, p)
	}
	return b
}

// LogInAs logs in, and registers first if there is no such account.
func (b *Browser) LogInAs(email string) *Browser {
	b.t.Helper()
	if b.kit.Count(`SELECT count(*) FROM users WHERE email = $1`, email) == 0 {
		return b.Register(email)
	}
	return b.LogIn(email)
}

// LoggedIn reports whether the browser is logged in.
func LoggedIn(b *Browser) bool { return b.Get("/account").Status == http.StatusOK }

// Opens reports whether a new browser can log in with the password.
func Opens(k *Kit, email, password string) bool {
	return k.Browser().Post("/login", "email", email, "password", password).Status == http.StatusSeeOther
}

// Guess tries n wrong passwords, and returns how many were tested and not refused.
func Guess(b *Browser, email string, n int) (tested int) {
	for range n {
		p := Patiently(func() Page { return b.Post("/login", "email", email, "password", Wrong) })
		if p.Status == http.StatusUnprocessableEntity {
			tested++
		}
	}
	return tested
}

// Idle lets the logins of all browsers expire by their idle limit.
func Idle(k *Kit) {
	k.Flush()
	k.Clock.Advance(61 * time.Minute)
}

// Add creates an account as an operator does, with Password or another.
func Add(t testing.TB, k *Kit, email string, other ...string) user.User {
	t.Helper()
	chosen := Password
	for _, chosen = range other {
	}
	checked, problem := k.App.Policy.Check(t.Context(), chosen, password.Personal{})
	if problem != "" {
		t.Fatal(problem)
	}
	u, err := k.App.Operator.Add(t.Context(), email, user.Profile{}, "", &checked)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// GiveFactor gives an account the second factor of the kit.
func (k *Kit) GiveFactor(email string) {
	k.t.Helper()
	k.Exec(`UPDATE users SET name = $1 WHERE email = $2`, word.Holder, email)
}
