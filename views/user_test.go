package views_test

import (
	"testing"
	"time"

	"example.com/latchkey/views"
)

func TestLayoutOfUsers(t *testing.T) {
	notes := []views.Link{{Href: "/notes", Label: "Notes"}}
	for name, tt := range map[string]struct {
		page  views.Page
		class string
		wants []string
	}{
		"guest": {
			views.Page{Path: "/login", Known: true},
			"narrow",
			[]string{`<li class="end"><a href="/login" aria-current="page">Log in</a>`, `class="narrow"`, "!/register", "!/account", "!/logout", `value="auto" aria-pressed="true"`},
		},
		"guest who may register": {
			views.Page{Path: "/registered", Known: true, CanJoin: true},
			"",
			[]string{`<a href="/register">Register</a>`},
		},
		"user in a section": {
			views.Page{Path: "/notes/7", Known: true, LoggedIn: true, Name: "Ada Lovelace", Email: "ada@example.org", CanJoin: true, Menu: notes, Theme: "dark"},
			"reading",
			[]string{`<a href="/notes" aria-current="page">Notes</a>`, `data-theme="dark"`, `value="dark" aria-pressed="true"`, `value="auto" aria-pressed="false"`, `name="next" value="/notes/7"`, "!/login", "!/register"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, render(t, &tt.page, with(views.Layout("Hello", tt.class))), tt.wants...)
		})
	}
}

func TestUserMenu(t *testing.T) {
	layout := with(views.Layout("Hello", ""))
	ada := views.Page{Path: "/account", Known: true, LoggedIn: true, Name: "élodie <b>", Email: "ada@example.org"}
	check(t, render(t, &ada, layout), `<details class="who end"><summary><span class="avatar" aria-hidden="true">É</span> <b class="line">élodie &lt;b&gt;</b>`,
		`<span class="muted small line">ada@example.org</span>`, `<a href="/account" aria-current="page"><svg`, `action="/logout"`, "!<details open")
	nameless := views.Page{Known: true, LoggedIn: true, Email: "ada@example.org"}
	check(t, render(t, &nameless, layout), `aria-hidden="true">A</span> <b class="line">ada@example.org</b>`, "!muted small line")
	check(t, render(t, &views.Page{Known: true}, layout), "!<details")
}

// A page that shows something of a user holds what the script needs to hide it; no other page does.
func TestOnlyPagesOfAUserAreWatched(t *testing.T) {
	layout := with(views.Layout("Hello", ""))
	in := views.Page{Path: "/notes", Back: "/notes?page=2&x=1", Known: true, LoggedIn: true, User: "1a2b"}
	check(t, render(t, &in, layout), `<div class="cover" role="dialog" aria-modal="true" aria-labelledby="ended" data-user="1a2b" hidden>`,
		`href="/login?next=%2Fnotes%3Fpage%3D2%26x%3D1"`, `<section class="notice warn ending" role="alert" aria-labelledby="ending" hidden>`)
	check(t, render(t, &views.Page{Known: true}, layout), "!cover", "!ending")
}

// An error page leads a guest to log in, and keeps the menu of a user.
func TestErrorPagesOfUsers(t *testing.T) {
	guest := views.Page{Known: true, Now: now}
	user := views.Page{Known: true, LoggedIn: true, Menu: []views.Link{{Href: "/notes", Label: "Notes"}}}
	for name, tt := range map[string]struct {
		page  views.Page
		view  views.ErrorView
		wants []string
	}{
		"wait":                {guest, views.ErrorView{Status: 429, RetryAfter: 3*time.Minute + time.Second}, []string{"<strong>4 minutes</strong>", `<time datetime="2026-11-24T08:20:00Z">09:20</time>`, `primary" href="/login"`, `href="/password/forgot">Reset the password`}},
		"nothing, a guest":    {guest, views.ErrorView{Status: 404}, []string{"somebody else", `primary" href="/">Go to the home page`, `href="/login">Go to log in`}},
		"log in":              {guest, views.ErrorView{Status: 401}, []string{`primary" href="/login"`, `href="/">Go to the home page`}},
		"the shell of a user": {user, views.ErrorView{Status: 403}, []string{`action="/logout"`, `action="/theme"`, `href="/notes"`}},
	} {
		t.Run(name, func(t *testing.T) { check(t, render(t, &tt.page, views.ErrorPage(tt.view)), tt.wants...) })
	}
}
