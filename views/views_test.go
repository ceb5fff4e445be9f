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
			views.Page{Path: "/", CanJoin: true, Menu: notes},
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
			views.Page{Path: "/notes/7", Known: true, LoggedIn: true, Name: "Ada Lovelace", Email: "ada@example.org", CanJoin: true, Menu: notes, Theme: "dark"},
			"reading",
			[]string{`<a href="/notes" aria-current="page">Notes</a>`, `data-theme="dark"`, `value="dark" aria-pressed="true"`, `value="auto" aria-pressed="false"`, `name="next" value="/notes/7"`, "!/login", "!/register"},
		},
		"a longer name is another place": {
			views.Page{Path: "/notesabout", Known: true, Menu: notes},
			"",
			[]string{`<a href="/notes">Notes</a>`},
		},
		"hashed files": {
			views.Page{Asset: func(name string) string { return "/static/h-" + name }},
			"",
			[]string{`href="/static/h-app.css"`, `href="/static/h-icon.svg"`, `src="/static/h-app.js" defer`, `<link rel="preload" href="/static/h-inter.woff2" as="font" type="font/woff2" crossorigin>`},
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

func TestAMessageIsSaidOnce(t *testing.T) {
	inputs := func() []views.Input {
		return []views.Input{{Name: "name", Label: "Name"}, {Name: "email", ID: "e", Label: "E-mail <address>"}, {Name: "password", Label: "Password", Type: "password"}}
	}
	form := func(problems map[string]string) string {
		in := views.Checked(problems, inputs()...)
		return render(t, &views.Page{}, views.ErrorSummary(in)) + render(t, &views.Page{}, views.FormError(problems[""])) + render(t, &views.Page{}, views.Fields(in))
	}
	two := form(map[string]string{"password": "Too short.", "email": "No <address>."})
	check(t, two, `<section class="errors" tabindex="-1" autofocus aria-labelledby="errors"><h2 id="errors">Two fields need another look</h2>`,
		`<a class="act" href="#e">E-mail &lt;address&gt;</a>`, `<a class="act" href="#password">Password</a>`, "!#name", "!form-error")
	one := form(map[string]string{"email": "No <address>."})
	check(t, one, "!errors", `aria-describedby="e-error" aria-invalid="true" autofocus>`)
	all := form(map[string]string{"": "They do not match."})
	check(t, all, "!errors", `<p class="error" id="form-error">They do not match.</p>`, `type="password" spellcheck="false" autocapitalize="none" autocorrect="off" required aria-describedby="form-error" aria-invalid="true" autofocus>`)
	for form, message := range map[string]string{two: "No &lt;address&gt;.", one: "No &lt;address&gt;.", all: "They do not match."} {
		if n := strings.Count(form, message); n != 1 {
			t.Errorf("%q is said %d times", message, n)
		}
		if n := strings.Count(form, "autofocus"); n != 1 {
			t.Errorf("%d elements take the cursor: %s", n, form)
		}
	}
	check(t, form(nil), "!error", "!autofocus", "!aria-invalid")
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
			views.Field(views.Input{Type: "password", Name: "password", Label: "Password", Value: "secret", Autocomplete: "new-password", Problem: "Too short."}),
			[]string{`type="password"`, "!secret", `autocomplete="new-password"`, `autocorrect="off"`, `spellcheck="false"`, `autocapitalize="none"`, `type="button" hidden`, `aria-controls="password"`, `Show<span class="sr"> password</span>`, `aria-describedby="password-error password-says"`, `<meter hidden data-strength="password"`, `aria-label="Strength of the password"`, `<output class="hint" id="password-says" for="password"></output>`},
		},
		"old password": {
			views.Field(views.Input{Type: "password", Name: "password", Label: "Password", Autocomplete: "current-password"}),
			[]string{"!meter", "!says", "!describedby"},
		},
		"text area": {
			views.Field(views.Input{Name: "body", Label: "Text", Value: "\nOne\n</textarea>", Problem: "Too long.", Rows: 8}),
			[]string{`rows="8"`, ">\n\nOne\n&lt;/textarea&gt;</textarea>", `aria-describedby="body-error"`, " required"},
		},
		"check":          {views.Check("remember", "Keep me", "For 30 days.", "", true), []string{" checked", `value="1"`, `aria-describedby="remember-hint"`, `for="remember"`}},
		"bare check":     {views.Check("remember", "Keep me", "", "", false), []string{"! checked", "!aria-describedby", "!hint"}},
		"check, problem": {views.Check("sure", "Yes", "For good.", "Tick <it>.", false), []string{" autofocus", `aria-describedby="sure-hint sure-error"`, `aria-invalid="true"`, `id="sure-error">Tick &lt;it&gt;.`}},
		"submit":         {views.Submit("Log in"), []string{`<button class="primary block">Log in</button>`}},
		"row button":     {views.RowButton("/a/b2/end", "Log out", "Safari <on> iPhone"), []string{`method="post" action="/a/b2/end"`, `Log out<span class="sr"> Safari &lt;on&gt; iPhone</span>`}},
		"badge":          {views.Badge("good", "Verified"), []string{`<span class="badge good">Verified</span>`}},
		"hidden":         {views.Hidden("next", `"/x`), []string{`type="hidden" name="next" value="&#34;/x"`}},
		"first page":     {views.Pager("/notes", 1, 2), []string{"!Newer", "Page 1 of 2", `href="/notes?page=2" rel="next">Older`}},
		"one page":       {views.Pager("/notes", 1, 1), []string{"!<nav"}},
		"empty":          {views.Empty("note", "No notes", "Yours alone.", "/notes/new", "Write"), []string{"<svg", "<h2>No notes</h2>", `href="/notes/new">Write`}},
		"no button":      {views.Empty("note", "No notes", "Yours alone.", "", ""), []string{"!<a"}},
		"no icon":        {views.Icon("none"), []string{"!<svg"}},
		"bad address":    {views.Empty("", "", "", "javascript:alert(1)", "Go"), []string{"!javascript"}},
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
	menu := []views.Link{{Href: "/account", Label: "Profile", Icon: "person", Also: []string{"/account/email"}}, {Href: "/account/devices", Label: "Devices"}}
	check(t, render(t, &views.Page{Path: "/account/email/undo"}, with(views.Area("Account", menu))),
		`aria-label="Account"`, `<a href="/account" aria-current="page"><svg`, `<a href="/account/devices">Devices`, "<p>The content.</p>")
	check(t, render(t, &views.Page{Path: "/account/emails"}, with(views.Area("Account", menu))), "!aria-current")
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
		{time.Date(2026, 11, 25, 8, 12, 0, 0, time.UTC), now, "Tomorrow, 09:12"},
		{time.Date(2026, 11, 26, 8, 12, 0, 0, time.UTC), now, "26 November, 09:12"},
		{now, time.Time{}, "24 November 2026, 08:16 UTC"},
	} {
		if got := views.When(tt.at, tt.now); got != tt.want {
			t.Errorf("When(%v) = %q, want %q", tt.at, got, tt.want)
		}
	}
	check(t, render(t, &views.Page{Now: now}, views.Time(now)), `<time datetime="2026-11-24T08:16:00Z">Today, 09:16</time>`)
}

func TestMomentsInSentences(t *testing.T) {
	for _, tt := range []struct {
		at              time.Time
		then, on, short string
	}{
		{now, "today, 09:16", "today, 09:16", "Today, 09:16"},
		{now.AddDate(0, 0, -1), "yesterday, 09:16", "yesterday, 09:16", "Yesterday"},
		{now.AddDate(0, 0, 1), "tomorrow, 09:16", "tomorrow, 09:16", "Tomorrow"},
		{now.AddDate(0, 0, -4), "20 November, 09:16", "on 20 November, 09:16", "20 Nov"},
		{now.AddDate(-1, 0, 0), "24 November 2025, 09:16", "on 24 November 2025, 09:16", "24 Nov 2025"},
	} {
		if then, on, short := views.Then(tt.at, now), views.On(tt.at, now), views.Short(tt.at, now); then != tt.then || on != tt.on || short != tt.short {
			t.Errorf("%v: %q, %q, %q; want %q, %q, %q", tt.at, then, on, short, tt.then, tt.on, tt.short)
		}
	}
	if got := views.On(now, time.Time{}); got != "on 24 November 2026, 08:16 UTC" {
		t.Error(got)
	}
	check(t, render(t, &views.Page{Now: now}, views.TimeOn(now)), `<time datetime="2026-11-24T08:16:00Z">today, 09:16</time>`)
}

func TestWords(t *testing.T) {
	for stored, want := range map[string]string{
		"203.0.113.0/24": "203.0.113.x", "10.0.0.0/24": "10.0.0.x", "2001:db8:1::/48": "2001:db8:1::", "": "an unknown network",
	} {
		if got := views.Network(stored); got != want {
			t.Errorf("Network(%q) = %q, want %q", stored, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		30 * 24 * time.Hour: "30 days", 24 * time.Hour: "1 day", time.Hour: "1 hour", 36 * time.Hour: "36 hours",
		15 * time.Minute: "15 minutes", 90 * time.Minute: "90 minutes", 30 * time.Second: "a moment", 0: "a moment",
	} {
		if got := views.Span(d); got != want {
			t.Errorf("Span(%v) = %q, want %q", d, got, want)
		}
	}
}

// forbidden is what the content security policy would refuse.
var forbidden = regexp.MustCompile(`(?i)\sstyle=|<style|\son[a-z]+=|<script(>|[^>]*[^>]>[^<])|javascript:`)

func TestErrorPages(t *testing.T) {
	for _, status := range []int{401, 403, 404, 405, 408, 409, 413, 418, 421, 422, 429, 500, 502, 503} {
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
	guest, unknown := views.Page{Known: true, Now: now}, views.Page{Now: now}
	user := views.Page{Known: true, LoggedIn: true, Menu: []views.Link{{Href: "/notes", Label: "Notes"}}}
	for name, tt := range map[string]struct {
		page  views.Page
		view  views.ErrorView
		wants []string
	}{
		"wait":                {guest, views.ErrorView{Status: 429, RetryAfter: 3*time.Minute + time.Second}, []string{"<strong>4 minutes</strong>", `<time datetime="2026-11-24T08:20:00Z">09:20</time>`, `primary" href="/login"`, `href="/password/forgot">Reset the password`}},
		"wait briefly":        {guest, views.ErrorView{Status: 429}, []string{"<strong>1 minute</strong>"}},
		"wait long":           {guest, views.ErrorView{Status: 429, RetryAfter: 100 * time.Minute}, []string{"<strong>2 hours</strong>"}},
		"wait in UTC":         {views.Page{Now: now.UTC()}, views.ErrorView{Status: 429, RetryAfter: time.Minute}, []string{"08:17\u00a0UTC"}},
		"wait, no clock":      {views.Page{}, views.ErrorView{Status: 429, RetryAfter: time.Minute}, []string{"1 minute", "!until"}},
		"from elsewhere":      {unknown, views.ErrorView{Status: 403}, []string{"another site", `primary" href="/">Go to the home page`, `!href="/login"`}},
		"back to a form":      {user, views.ErrorView{Status: 413, Again: "/notes/new"}, []string{`primary" href="/notes/new">Go back`, `href="/">Go to the home page`}},
		"nothing, a user":     {user, views.ErrorView{Status: 404, Again: "/none"}, []string{`primary" href="/notes">Go to Notes`, `href="/">Go to the home page`, "!Go back"}},
		"nothing, a guest":    {guest, views.ErrorView{Status: 404}, []string{"somebody else", `primary" href="/">Go to the home page`, `href="/login">Go to log in`}},
		"log in":              {guest, views.ErrorView{Status: 401}, []string{`primary" href="/login"`, `href="/">Go to the home page`}},
		"no number":           {guest, views.ErrorView{Status: 500}, []string{"!number", "our fault"}},
		"broken":              {user, views.ErrorView{Status: 500, Again: "/notes"}, []string{`primary" href="/notes">Try again`}},
		"broken at home":      {guest, views.ErrorView{Status: 503, Again: "/"}, []string{`primary" href="/">Try again`, "!home page"}},
		"another name":        {unknown, views.ErrorView{Status: 421, Again: "https://example.org/"}, []string{`primary" href="https://example.org/">Open ` + html.EscapeString(views.Site), "!home page"}},
		"a script's address":  {unknown, views.ErrorView{Status: 421, Again: "javascript:x()"}, []string{"!javascript"}},
		"the shell of a user": {user, views.ErrorView{Status: 403}, []string{`action="/logout"`, `action="/theme"`, `href="/notes"`}},
	} {
		t.Run(name, func(t *testing.T) { check(t, render(t, &tt.page, views.ErrorPage(tt.view)), tt.wants...) })
	}
}

func TestNothingThatThePolicyRefuses(t *testing.T) {
	p := &views.Page{Known: true, LoggedIn: true, User: "1a2b", Theme: "dark", Path: "/notes", Now: now, Flash: func() []string { return []string{"Hi"} }}
	in := views.Input{Name: "a", Label: "A", Hint: "h", Problem: "p", Type: "email", MaxLength: 9}
	menu := []views.Link{{Href: "/notes", Label: "Notes"}}
	parts := map[string]templ.Component{
		"layout": with(views.Layout("T", "narrow")), "tag": with(views.Tag("T")), "area": with(views.Area("A", menu)),
		"summary": views.ErrorSummary([]views.Input{in, in}), "form error": views.FormError("No."),
		"field": views.Field(in), "password": views.Field(views.Input{Type: "password", Name: "a", Label: "A", Autocomplete: "new-password"}), "text area": views.Field(views.Input{Name: "a", Rows: 3}),
		"check": views.Check("a", "b", "c", "d", true), "hidden": views.Hidden("a", "b"), "submit": views.Submit("a"), "row button": views.RowButton("/a", "b", "c"),
		"pager": views.Pager("/a", 2, 3), "empty": views.Empty("note", "a", "b", "/c", "d"), "time": views.Time(now), "badge": views.Badge("warn", "a"),
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
