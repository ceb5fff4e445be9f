package views_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"example.com/latchkey/views"
)

var now = time.Date(2026, 11, 24, 9, 16, 0, 0, time.FixedZone("CET", 3600))

func render(t *testing.T, p *views.Page, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(views.With(context.Background(), p), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var text = templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, "<p>The content.</p>")
	return err
})

// with gives a component the content above as its children.
func with(c templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, text), w)
	})
}

// check looks for strings that must be there and, marked by "!", that must not.
func check(t *testing.T, html string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		not, found := strings.CutPrefix(want, "!")
		if strings.Contains(html, not) == found {
			t.Errorf("want %s in\n%s", want, html)
		}
	}
}

func TestLayout(t *testing.T) {
	notes := []views.Link{{Href: "/notes", Label: "Notes"}}
	for name, tt := range map[string]struct {
		page  views.Page
		class string
		wants []string
	}{
		"unknown": {
			views.Page{Path: "/", LoggedIn: true, CanJoin: true, Menu: notes},
			"",
			[]string{"<title>Hello · " + html.EscapeString(views.Site) + "</title>", `<html lang="en">`, `<main id="main" tabindex="-1">`, "<p>The content.</p>", `href="/privacy"`, `href="/static/app.css"`, "!<nav", "!/theme"},
		},
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
			views.Page{Path: "/notes/7", Known: true, LoggedIn: true, CanJoin: true, Menu: notes, Theme: "dark"},
			"reading",
			[]string{`<a href="/notes" aria-current="page">Notes</a>`, `<a href="/account">Account</a>`, `action="/logout"`, `data-theme="dark"`, `value="dark" aria-pressed="true"`, `value="auto" aria-pressed="false"`, `name="next" value="/notes/7"`, "!/login", "!/register"},
		},
		"a longer name is another place": {
			views.Page{Path: "/notesabout", Known: true, Menu: notes},
			"",
			[]string{`<a href="/notes">Notes</a>`},
		},
		"hashed files": {
			views.Page{Asset: func(name string) string { return "/static/h-" + name }},
			"",
			[]string{`href="/static/h-app.css"`, `href="/static/h-icon.svg"`, `src="/static/h-app.js" defer`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, render(t, &tt.page, with(views.Layout("Hello", tt.class))), tt.wants...)
		})
	}
}

func TestFlashIsTakenOnce(t *testing.T) {
	taken := 0
	p := &views.Page{Flash: func() []string { taken++; return []string{"It is <saved>."} }}
	html := render(t, p, with(views.Layout("Hello", "")))
	check(t, html, `<p class="notice" role="status">It is &lt;saved&gt;.</p><p>The content.</p>`)
	if taken != 1 {
		t.Errorf("taken %d times", taken)
	}
}

func TestDevMailbox(t *testing.T) {
	check(t, render(t, &views.Page{}, views.DevMailbox()), "!/dev/mail")
	check(t, render(t, &views.Page{DevMail: "http://127.0.0.1:8080/dev/mail"}, views.DevMailbox()), `href="http://127.0.0.1:8080/dev/mail"`)
}

func TestErrorSummary(t *testing.T) {
	problems := map[string]string{"password": "Too short.", "email": "No <address>.", "": "Try again.", "zip": "Unlisted."}
	html := render(t, &views.Page{}, views.ErrorSummary(problems, "email", "name", "password"))
	check(t, html, `tabindex="-1" autofocus role="alert" aria-labelledby="errors"`, `<h2 id="errors">`, "<p>Try again.</p>",
		`<a class="act" href="#email">No &lt;address&gt;.</a>`, `<a class="act" href="#password">Too short.</a>`)
	if !regexp.MustCompile(`(?s)Try again.*No &lt;.*Too short.*Unlisted`).MatchString(html) {
		t.Errorf("wrong order: %s", html)
	}
	check(t, render(t, &views.Page{}, views.ErrorSummary(map[string]string{"": "Try again."})), "Try again.", "!<ul>")
	if html := render(t, &views.Page{}, views.ErrorSummary(nil, "email")); html != "" {
		t.Errorf("without problems: %s", html)
	}
}

func TestTitle(t *testing.T) {
	if got := views.Title("Log in", nil); got != "Log in" {
		t.Error(got)
	}
	if got := views.Title("Log in", map[string]string{"": "No."}); got != "Error: Log in" {
		t.Error(got)
	}
}

func TestFields(t *testing.T) {
	for name, tt := range map[string]struct {
		part  templ.Component
		wants []string
	}{
		"plain": {
			views.Field(views.Input{Name: "name", Label: "Name"}),
			[]string{`<label for="name">Name`, `id="name"`, `name="name"`, `type="text"`, " required", "!aria-", "!optional", "!spellcheck", "!readonly", "!maxlength", "!value"},
		},
		"optional": {
			views.Field(views.Input{Name: "name", Label: "Name", Optional: true, MaxLength: 80, Value: `a"b`, Autocomplete: "name"}),
			[]string{"(optional)", "! required", `maxlength="80"`, `value="a&#34;b"`, `autocomplete="name"`},
		},
		"hint and problem": {
			views.Field(views.Input{Name: "email", ID: "e", Type: "email", Label: "E-mail", Hint: "Where to write.", Problem: "It has no <@>."}),
			[]string{`for="e"`, `id="e"`, `name="email"`, `id="e-hint"`, `id="e-error">It has no &lt;@&gt;.`, `aria-describedby="e-hint e-error"`, `aria-invalid="true"`, `spellcheck="false"`, `autocapitalize="none"`, `inputmode="email"`},
		},
		"suggestions": {
			views.Field(views.Input{Name: "zone", Label: "Zone", Suggestions: []string{"UTC", `a"b`}}),
			[]string{`list="zone-list"`, `<datalist id="zone-list"><option value="UTC"></option><option value="a&#34;b"></option></datalist>`},
		},
		"read only": {
			views.Field(views.Input{Name: "email", Label: "Logged in as", ReadOnly: true}),
			[]string{" readonly", "! required"},
		},
		"password": {
			views.Password(views.Input{Name: "password", Label: "Password", Value: "secret", Autocomplete: "new-password", Problem: "Too short."}),
			[]string{`type="password"`, "!secret", `autocomplete="new-password"`, `type="button" hidden`, `aria-controls="password"`, `Show<span class="sr"> Password</span>`, `aria-describedby="password-error password-says"`, `data-strength="password"`, `<meter hidden`, `aria-label="Strength of the password"`, `<output class="hint" id="password-says" for="password"></output>`},
		},
		"old password": {
			views.Password(views.Input{Name: "password", Label: "Password", Autocomplete: "current-password"}),
			[]string{"!meter", "!says", "!describedby"},
		},
		"text area": {
			views.TextArea(views.Input{Name: "body", Label: "Text", Value: "\nOne\n</textarea>", Problem: "Too long."}, 8),
			[]string{`rows="8"`, ">\n\nOne\n&lt;/textarea&gt;</textarea>", `aria-describedby="body-error"`, " required"},
		},
		"check":          {views.Check("remember", "Keep me", "For 30 days.", "", true), []string{" checked", `value="1"`, `aria-describedby="remember-hint"`, `for="remember"`}},
		"bare check":     {views.Check("remember", "Keep me", "", "", false), []string{"! checked", "!aria-describedby", "!hint"}},
		"check, problem": {views.Check("sure", "Yes", "For good.", "Tick <it>.", false), []string{`aria-describedby="sure-hint sure-error"`, `aria-invalid="true"`, `id="sure-error">Tick &lt;it&gt;.`}},
		"submit":         {views.Submit("Log in"), []string{`<button class="primary block">Log in</button>`}},
		"end button":     {views.EndButton("/a/b2/end", "End", "the login on Safari"), []string{`method="post" action="/a/b2/end"`, `End<span class="sr"> the login on Safari</span>`}},
		"hidden":         {views.Hidden("next", `"/x`), []string{`type="hidden" name="next" value="&#34;/x"`}},
		"first page":     {views.Pager("/notes", 1, 2), []string{"!Newer", "<span></span>", "Page 1 of 2", `href="/notes?page=2" rel="next">Older`}},
		"one page":       {views.Pager("/notes", 1, 1), []string{"!<nav"}},
		"empty":          {views.Empty("No notes", "Yours alone.", "/notes/new", "Write"), []string{"<svg", "<h2>No notes</h2>", `href="/notes/new">Write`}},
		"no button":      {views.Empty("No notes", "Yours alone.", "", ""), []string{"!<a"}},
		"no icon":        {views.Icon("none"), []string{"!<svg"}},
		"bad address":    {views.Empty("", "", "javascript:alert(1)", "Go"), []string{"!javascript"}},
	} {
		t.Run(name, func(t *testing.T) { check(t, render(t, &views.Page{}, tt.part), tt.wants...) })
	}
}

func TestFieldOrder(t *testing.T) {
	html := render(t, &views.Page{}, views.Field(views.Input{Name: "a", Label: "A", Hint: "h", Problem: "p"}))
	if !regexp.MustCompile(`<label.*class="hint".*class="error".*<input`).MatchString(html) {
		t.Errorf("label, hint, error, input: %s", html)
	}
}

func TestArea(t *testing.T) {
	menu := []views.Link{{Href: "/account", Label: "Overview"}, {Href: "/account/email", Label: "E-mail"}}
	check(t, render(t, &views.Page{Path: "/account/email"}, with(views.Area("Account", menu))),
		`aria-label="Account"`, `<a href="/account">Overview`, `<a href="/account/email" aria-current="page">`, "<p>The content.</p>")
}

func TestWhen(t *testing.T) {
	for _, tt := range []struct {
		at   time.Time
		now  time.Time
		want string
	}{
		{now.Add(-4 * time.Minute), now, "Today, 09:12"},
		{time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC), now, "Today, 00:30"}, // another day in UTC
		{time.Date(2026, 11, 23, 8, 12, 0, 0, time.UTC), now, "Yesterday, 09:12"},
		{time.Date(2026, 11, 22, 22, 59, 0, 0, time.UTC), now, "22 November, 23:59"},
		{time.Date(2026, 11, 20, 8, 12, 0, 0, time.UTC), now, "20 November, 09:12"},
		{time.Date(2025, 11, 20, 8, 12, 0, 0, time.UTC), now, "20 November 2025, 09:12"},
		{time.Date(2025, 12, 31, 12, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC), "Yesterday, 12:00"},
		{time.Date(2026, 11, 25, 8, 12, 0, 0, time.UTC), now, "25 November, 09:12"},
		{now, time.Time{}, "24 November 2026, 08:16 UTC"},
	} {
		if got := views.When(tt.at, tt.now); got != tt.want {
			t.Errorf("When(%v) = %q, want %q", tt.at, got, tt.want)
		}
	}
	check(t, render(t, &views.Page{Now: now}, views.Time(now)), `<time datetime="2026-11-24T08:16:00Z">Today, 09:16</time>`)
}

// forbidden is what the content security policy would refuse.
var forbidden = regexp.MustCompile(`(?i)\sstyle=|<style|\son[a-z]+=|<script(>|[^>]*[^>]>[^<])|javascript:`)

func TestErrorPages(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 405, 408, 409, 413, 415, 418, 421, 422, 429, 500, 502, 503} {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d known %t", status, known), func(t *testing.T) {
				html := render(t, &views.Page{Path: "/x", Known: known, Now: now}, views.ErrorPage(views.ErrorView{Status: status, RequestID: "3f9c2d", RetryAfter: 4 * time.Minute}))
				check(t, html, fmt.Sprintf(`aria-hidden="true">%d</p><h1>`, status), `class="button primary" href="/`, `<main id="main" tabindex="-1" class="narrow">`)
				if shown := strings.Contains(html, "3f9c2d"); shown != (status >= 500) {
					t.Errorf("request id shown: %t", shown)
				}
				if n := strings.Count(html, "<p>") + strings.Count(html, `<p class="muted">`); n < 2 {
					t.Errorf("it does not say what happened and what to do next: %s", html)
				}
				if m := forbidden.FindString(html); m != "" {
					t.Errorf("holds %q", m)
				}
			})
		}
	}
}

func TestErrorPageWords(t *testing.T) {
	guest, user := views.Page{Known: true, Now: now}, views.Page{Known: true, LoggedIn: true}
	for name, tt := range map[string]struct {
		page  views.Page
		view  views.ErrorView
		wants []string
	}{
		"wait":             {guest, views.ErrorView{Status: 429, RetryAfter: 3*time.Minute + time.Second}, []string{"<strong>4 minutes</strong>", `<time datetime="2026-11-24T08:20:00Z">09:20</time>`}},
		"wait briefly":     {guest, views.ErrorView{Status: 429}, []string{"<strong>1 minute</strong>"}},
		"wait long":        {guest, views.ErrorView{Status: 429, RetryAfter: 100 * time.Minute}, []string{"<strong>2 hours</strong>"}},
		"wait in UTC":      {views.Page{Now: now.UTC()}, views.ErrorView{Status: 429, RetryAfter: time.Minute}, []string{"08:17\u00a0UTC"}},
		"wait, no clock":   {views.Page{}, views.ErrorView{Status: 429, RetryAfter: time.Minute}, []string{"1 minute", "!until"}},
		"from elsewhere":   {views.Page{}, views.ErrorView{Status: 403}, []string{"another site", `href="/">Home`, `!href="/login"`}},
		"not allowed":      {user, views.ErrorView{Status: 403, LoggedIn: true}, []string{"!another site", `href="/account">Account`}},
		"nothing, a guest": {guest, views.ErrorView{Status: 404}, []string{"somebody else", `href="/">Home`, `href="/login">Log in`}},
		"log in":           {guest, views.ErrorView{Status: 401}, []string{`class="button primary" href="/login"`}},
		"no number":        {guest, views.ErrorView{Status: 500}, []string{"!number", "our fault"}},
	} {
		t.Run(name, func(t *testing.T) { check(t, render(t, &tt.page, views.ErrorPage(tt.view)), tt.wants...) })
	}
}

func TestNothingThatThePolicyRefuses(t *testing.T) {
	p := &views.Page{Known: true, LoggedIn: true, Theme: "dark", Path: "/notes", Now: now, Flash: func() []string { return []string{"Hi"} }}
	in := views.Input{Name: "a", Label: "A", Hint: "h", Problem: "p", Type: "email", MaxLength: 9}
	menu := []views.Link{{Href: "/notes", Label: "Notes"}}
	parts := map[string]templ.Component{
		"layout": with(views.Layout("T", "narrow")), "tag": with(views.Tag("T")), "area": with(views.Area("A", menu)),
		"summary": views.ErrorSummary(map[string]string{"": "a", "b": "c"}, "b"),
		"field":   views.Field(in), "password": views.Password(views.Input{Name: "a", Label: "A", Autocomplete: "new-password"}), "text area": views.TextArea(in, 3),
		"check": views.Check("a", "b", "c", "d", true), "hidden": views.Hidden("a", "b"), "submit": views.Submit("a"), "end": views.EndButton("/a", "b", "c"),
		"pager": views.Pager("/a", 2, 3), "empty": views.Empty("a", "b", "/c", "d"), "time": views.Time(now),
		"computer": views.Icon("computer"), "phone": views.Icon("phone"), "note": views.Icon("note"),
	}
	for name, part := range parts {
		html := render(t, p, part)
		if m := forbidden.FindString(html); m != "" {
			t.Errorf("%s holds %q", name, m)
		}
		if html == "" {
			t.Errorf("%s is empty", name)
		}
	}
	for _, bad := range []string{`<p style="a">`, "<style>", `<a onclick="x()">`, "<script>x()</script>", `<script src="a">x</script>`} {
		if !forbidden.MatchString(bad) {
			t.Errorf("the check lets %s pass", bad)
		}
	}
}
