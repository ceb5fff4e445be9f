package views_test

import (
	"context"
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
			views.Page{Path: "/", Menu: notes},
			"",
			[]string{"<title>Hello · " + html.EscapeString(views.Site) + "</title>", `<html lang="en">`, `<main id="main" tabindex="-1">`, "<p>The content.</p>", `href="/privacy"`, `href="/static/app.css"`, "!<nav", "!/theme"},
		},
		"in a section": {
			views.Page{Path: "/notes/7", Known: true, Menu: notes, Theme: "dark"},
			"reading",
			[]string{`<a href="/notes" aria-current="page">Notes</a>`, `class="reading"`, `data-theme="dark"`, `value="dark" aria-pressed="true"`, `value="auto" aria-pressed="false"`, `name="next" value="/notes/7"`},
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
		"first page":     {views.Pager(views.List{Path: "/notes", Page: 1, Pages: 2}), []string{"!Previous", "Page 1 of 2", `href="/notes?page=2" rel="next">Next`}},
		"one page":       {views.Pager(views.List{Path: "/notes", Page: 1, Pages: 1}), []string{"!<nav"}},
		"searched": {
			views.Pager(views.List{Path: "/notes", Search: "a&b", Sort: "title", Usual: "-changed", Page: 2, Pages: 3}),
			[]string{`href="/notes?q=a%26b&amp;sort=title" rel="prev"`, `href="/notes?page=3&amp;q=a%26b&amp;sort=title" rel="next"`},
		},
		"search":      {views.Search(views.List{Path: "/notes", Search: `"x`, Sort: "title", Usual: "-changed"}, "notes"), []string{`action="/notes"`, `value="&#34;x"`, `for="q">Search the notes`, `name="sort" value="title"`}},
		"as usual":    {views.Search(views.List{Path: "/notes", Sort: "-changed", Usual: "-changed"}, "notes"), []string{`!name="sort"`}},
		"sorted":      {views.SortBy(views.List{Path: "/notes", Sort: "title", Usual: "-changed"}, "title", "Title"), []string{`aria-sort="ascending"`, `href="/notes?sort=-title">Title`}},
		"sorted down": {views.SortBy(views.List{Path: "/notes", Sort: "-title", Search: "x"}, "title", "Title"), []string{`aria-sort="descending"`, `href="/notes?q=x&amp;sort=title"`}},
		"by number":   {views.SortByNumber(views.List{Path: "/notes", Sort: "size"}, "size", "Size"), []string{`class="num"`, `aria-sort="ascending"`, `href="/notes?sort=-size">Size`}},
		"not sorted":  {views.SortBy(views.List{Path: "/notes", Sort: "title", Usual: "title"}, "changed", "Changed"), []string{"!aria-sort", `href="/notes?sort=changed"`}},
		"choices": {
			views.Field(views.Input{Name: "stage", Label: "Stage", Choices: choices, Value: "b", Problem: "No.", Hint: "h"}),
			[]string{`<select id="stage" name="stage" required`, `aria-invalid="true"`, `aria-describedby="stage-hint stage-error"`, `<option value=""></option>`, `<option value="a">A&lt;</option>`, `<option value="b" selected>B</option>`},
		},
		"box among fields": {views.Field(views.Input{Name: "paid", Label: "Paid", Type: "checkbox", Value: "1"}), []string{`type="checkbox"`, " checked", `for="paid"`}},
		"saved choice":     {views.Field(views.Input{Name: "stage", Label: "Stage", Choices: choices, Value: "b"}.Saved()), []string{`id="saved-stage"`, `value="B"`, " readonly", "!name=", "Saved: Stage"}},
		"saved box":        {views.Field(views.Input{Name: "paid", Label: "Paid", Type: "checkbox"}.Saved()), []string{`value="No"`, " readonly"}},
		"saved text":       {views.Field(views.Input{Name: "body", Label: "Body", Rows: 3, Value: "One"}.Saved()), []string{"<textarea", " readonly", "!name=", "One"}},
		"empty":            {views.Empty("note", "No notes", "Yours alone.", "/notes/new", "Write"), []string{"<svg", "<h2>No notes</h2>", `href="/notes/new">Write`}},
		"no button":        {views.Empty("note", "No notes", "Yours alone.", "", ""), []string{"!<a"}},
		"no icon":          {views.Icon("none"), []string{"!<svg"}},
		"bad address":      {views.Empty("", "", "", "javascript:alert(1)", "Go"), []string{"!javascript"}},
	} {
		t.Run(name, func(t *testing.T) { check(t, render(t, &views.Page{}, tt.part), tt.wants...) })
	}
}

var choices = []views.Choice{{Value: "a", Label: "A<"}, {Value: "b", Label: "B"}}

func TestChoices(t *testing.T) {
	for value, problem := range map[string]string{"": "", "a": "", "c": "Choose one of the list."} {
		if got := views.ChoiceProblem(choices, value); got != problem {
			t.Errorf("%q: %q", value, got)
		}
	}
	if got := views.Chosen(choices, "b") + views.Chosen(choices, "c"); got != "B" {
		t.Errorf("called %q", got)
	}
}

func TestFieldOrder(t *testing.T) {
	html := render(t, &views.Page{}, views.Field(views.Input{Name: "a", Label: "A", Hint: "h", Problem: "p"}))
	if !regexp.MustCompile(`<label.*class="hint".*class="error".*<input`).MatchString(html) {
		t.Errorf("label, hint, error, input: %s", html)
	}
}

func TestArea(t *testing.T) {
	menu := []views.Link{{Href: "/books", Label: "Titles", Icon: "person", Also: []string{"/books/page"}}, {Href: "/books/authors", Label: "Authors"}}
	check(t, render(t, &views.Page{Path: "/books/page/undo"}, with(views.Area("Books", menu))),
		`aria-label="Books"`, `<a href="/books" aria-current="page"><svg`, `<a href="/books/authors">Authors`, "<p>The content.</p>")
	for path, current := range map[string]string{"/books": "Titles", "/books/delete": "Titles", "/books/pages": "Titles", "/books/authors/7": "Authors", "/bookshelf": ""} {
		html := render(t, &views.Page{Path: path}, with(views.Area("Books", menu)))
		if found := regexp.MustCompile(`aria-current="page">(?:<svg.*?</svg>)?(\w+)`).FindAllStringSubmatch(html, -1); len(found) > 1 || (len(found) == 1 && found[0][1] != current) || (len(found) == 0 && current != "") {
			t.Errorf("on %s: %q is current, not %q", path, found, current)
		}
	}
}

// TestOneLineOfTheMenuIsCurrent holds that of two sections, one below the other, only the nearer one is.
func TestOneLineOfTheMenuIsCurrent(t *testing.T) {
	menu := []views.Link{{Href: "/shop", Label: "Shop"}, {Href: "/shop/orders", Label: "Orders"}}
	check(t, render(t, &views.Page{Known: true, Path: "/shop/orders/7", Menu: menu}, with(views.Layout("T", ""))), `<a href="/shop">Shop`, `<a href="/shop/orders" aria-current="page">Orders`)
	check(t, render(t, &views.Page{Known: true, Path: "/shop/basket", Menu: menu}, with(views.Layout("T", ""))), `<a href="/shop" aria-current="page">Shop`, `<a href="/shop/orders">Orders`)
}

// forbidden is what the content security policy would refuse.
var forbidden = regexp.MustCompile(`(?i)\sstyle=|<style|\son[a-z]+=|<script(>|[^>]*[^>]>[^<])|javascript:`)

func TestNothingThatThePolicyRefuses(t *testing.T) {
	p := &views.Page{Known: true, LoggedIn: true, User: "1a2b", Theme: "dark", Path: "/notes", Now: now, Flash: func() []string { return []string{"Hi"} }}
	in := views.Input{Name: "a", Label: "A", Hint: "h", Problem: "p", Type: "email", MaxLength: 9}
	menu := []views.Link{{Href: "/notes", Label: "Notes"}}
	parts := map[string]templ.Component{
		"layout": with(views.Layout("T", "narrow")), "tag": with(views.Tag("T")), "area": with(views.Area("A", menu)),
		"summary": views.ErrorSummary([]views.Input{in, in}), "form error": views.FormError("No."),
		"field": views.Field(in), "password": views.Field(views.Input{Type: "password", Name: "a", Label: "A", Autocomplete: "new-password"}), "text area": views.Field(views.Input{Name: "a", Rows: 3}),
		"check": views.Check("a", "b", "c", "d", true), "hidden": views.Hidden("a", "b"), "submit": views.Submit("a"), "row button": views.RowButton("/a", "b", "c"),
		"choices": views.Field(views.Input{Name: "a", Choices: choices}), "search": views.Search(views.List{Path: "/a"}, "b"), "sort": views.SortBy(views.List{Path: "/a"}, "b", "c"),
		"pager": views.Pager(views.List{Path: "/a", Page: 2, Pages: 3}), "empty": views.Empty("note", "a", "b", "/c", "d"), "time": views.Time(now), "badge": views.Badge("warn", "a"),
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
