package account_test

import (
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

// TestPagesThatShowSomethingOfAPersonAreNotStored goes through those that are open to guests.
func TestPagesThatShowSomethingOfAPersonAreNotStored(t *testing.T) {
	k := testkit.Start(t)
	guest := k.Browser().Register(ada)
	guest.Post("/logout")
	for _, l := range links {
		k := testkit.Start(t)
		m, b := l.make(t, k)
		path, _, _ := strings.Cut(testkit.Link(m), "?")
		for what, p := range map[string]testkit.Page{
			"opening it": b.Get(testkit.Link(m)), "its page": b.Get(path), "its button": b.Post(path, l.fields...), "no link": b.Get(path),
		} {
			if got := p.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s, %s: %q", l.name, what, got)
			}
		}
	}
	for what, p := range map[string]testkit.Page{
		"privacy": guest.Get("/privacy"), "a wrong password": guest.Post("/login", "email", ada, "password", wrong),
		"no address": guest.Post("/login", "email", "ada", "password", wrong), "a taken address": guest.Post("/register", "email", ada, "password", password),
		"forgotten": guest.Post("/password/forgot", "email", "ada"),
	} {
		if got := p.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: %d %q", what, p.Status, got)
		}
	}
	guest.Post("/password/forgot", "email", ada)
	testkit.Press(t, guest, k.Mail(ada), "password", password)
	if p := guest.Get("/login"); p.Header.Get("Cache-Control") != "no-store" || !strings.Contains(p.Body, ada) {
		t.Errorf("log in with the address filled in: %q", p.Header.Get("Cache-Control"))
	}
}

// TestPagesThatCountAreLimited are the two that count every row of a user.
func TestPagesThatCountAreLimited(t *testing.T) {
	k := testkit.Start(t, "LIMIT_ACCOUNT_HOLDINGS=4")
	b := k.Browser().Register(ada)
	pages := []string{"/account/delete", "/account/export"}
	for n := range 4 {
		if p := b.Get(pages[n%len(pages)]); p.Status != 200 {
			t.Errorf("%s: %s", pages[n%len(pages)], p)
		}
	}
	for _, path := range pages {
		if p := b.Get(path); !testkit.Limited(p) {
			t.Errorf("%s, once more: %s", path, p)
		}
	}
	k.Clock.Advance(10 * time.Minute)
	if p := b.Get("/account/delete"); p.Status != 200 {
		t.Errorf("later: %s", p)
	}
}
