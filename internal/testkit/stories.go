package testkit

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/password"
	"example.com/latchkey/internal/user"
)

// Who the stories are about, and what they type.
const (
	Ada         = "ada@example.org"
	Ben         = "ben@example.org"
	NewPassword = "a wholly new pass phrase"
	Wrong       = "wrong wrong wrong"
)

// Both runs a story on each database, with a running application.
func Both(t *testing.T, story func(t *testing.T, k *Kit), settings ...string) {
	t.Helper()
	Databases(t, func(t *testing.T, dsn string) {
		story(t, Start(t, append([]string{"DATABASE_URL=" + dsn}, settings...)...))
	})
}

// LoggedIn reports whether the browser is logged in.
func LoggedIn(b *Browser) bool { return b.Get("/account").Status == http.StatusOK }

// Opens reports whether a new browser can log in with the password.
func Opens(k *Kit, email, password string) bool {
	return k.Browser().Post("/login", "email", email, "password", password).Status == http.StatusSeeOther
}

// Press opens the link of a mail as a person does: the page, where the address no longer holds the token, and its button.
func Press(t *testing.T, b *Browser, m mail.Mail, fields ...string) Page {
	t.Helper()
	link := Link(m)
	path, _, _ := strings.Cut(link, "?")
	p := b.Get(link)
	if p.Status != http.StatusSeeOther || p.To != path {
		t.Fatalf("%s: %d to %q: the token must leave the address at once", path, p.Status, p.To)
	}
	if p := b.Get(path); p.Status != http.StatusOK {
		return p
	}
	return b.Post(path, fields...)
}

// Subjects returns the subjects of the mails to an address, oldest first.
func Subjects(k *Kit, to string) (subjects []string) {
	for _, m := range k.Mails() {
		if m.To == to {
			subjects = append(subjects, m.Subject)
		}
	}
	return subjects
}

// BrokenLink reports whether the answer is the one page of links that do not work.
func BrokenLink(p Page) bool {
	return p.Status == http.StatusNotFound && p.Says("This link does not work")
}

// Limited reports whether the answer tells to come back later.
func Limited(p Page) bool {
	return p.Status == http.StatusTooManyRequests && p.Header.Get("Retry-After") != ""
}

// Verified registers a browser's account and verifies its address in that browser.
func Verified(t *testing.T, k *Kit, email string) *Browser {
	t.Helper()
	b := k.Browser().Register(email)
	Press(t, b, k.Mail(email))
	return b
}

// Patiently sends what it is given until the answer is not 503, as somebody does who is told to come back: the queue of
// hashes has few places for one address.
func Patiently(send func() Page) (p Page) {
	for range 10_000 {
		if p = send(); p.Status != http.StatusServiceUnavailable {
			return p
		}
		runtime.Gosched()
	}
	return p
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

// Sweep runs the janitor once.
func Sweep(t *testing.T, k *Kit) {
	t.Helper()
	if err := k.App.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
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
