package app_test

import (
	"cmp"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
	"example.com/latchkey/internal/web"
)

// TestPagesAreForEverybody opens every page of the map in Chromium, as each kind of visitor who may open it, and holds that
// axe-core finds nothing in either theme, and that nothing is lost on a phone of 320 px or at a zoom of 200 % (WCAG 2.2 AA).
// A new page is found by its line of the map; the address of one with a wildcard by a link from another page. So are the
// states: without anything in them and full of what features seed, details open, each form sent with mistakes.
func TestPagesAreForEverybody(t *testing.T) {
	chrome.NeedsAxe(t)
	k := testkit.Start(t, "LIMIT_LOGIN_KNOWN_BROWSER=1000", "LIMIT_MAIL_ADDRESS=1000", "LIMIT_LINK_ADDRESS=1000")
	const ada, ben, carol = "ada@example.org", "ben.with.a.rather.long.address.for.a.phone@example.org", "carol@example.org"
	users := map[string]*testkit.Browser{}
	for _, email := range []string{ada, ben, carol} {
		users[email] = k.Browser().Register(email)
	}
	k.Exec(`UPDATE users SET role = 'admin' WHERE email = $1`, ada)
	for _, f := range k.App.Features() {
		if f.Seed == nil {
			continue
		}
		for _, email := range []string{ada, ben} {
			u, err := k.App.Users.ByEmail(t.Context(), email)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Seed(t.Context(), u); err != nil {
				t.Fatal(err)
			}
		}
	}
	long := strings.Repeat("Wort", 20) // without a place to break it
	users[ben].Post("/account/profile", "name", long).Expect(t, http.StatusSeeOther)
	for _, f := range k.App.Features() {
		for _, e := range f.Exports {
			if slices.Contains(strings.Split(e.Columns, ", "), "title") {
				k.Exec(`UPDATE `+e.Table+` SET title = $1 WHERE `+e.Owner+` = (SELECT id FROM users WHERE email = $2)`, long, ben)
			}
		}
	}
	guest := k.Browser()
	guest.Post("/password/forgot", "email", ben)
	k.Browser().LogIn(ben) // a mail asks whether that was they
	dan := testkit.Verified(t, k, "dan@example.org")
	dan.Post("/account/email", "email", "dan@example.com")
	testkit.Press(t, dan, k.Mail("dan@example.com")) // and one to the old address leads to the way back
	text := users[ben].Post(testkit.Private, "title", long, "body", "Thyme.").To
	var links []string
	for _, m := range k.Mails() {
		if link := testkit.Link(m); link != "" {
			links = append(links, link)
		}
	}
	shown := make(chan string, 1000)
	t.Run("walk", func(t *testing.T) {
		for name, w := range map[string]walk{
			"guest":           {as: guest, access: []web.Access{web.Public, web.Guest}, more: append(links, "/nowhere"), forms: true},
			"user":            {as: users[ben], access: []web.Access{web.Public, web.Private, web.Fresh}, more: []string{text}, forms: true},
			"user who is new": {as: users[carol], access: []web.Access{web.Private, web.Fresh}},
			"admin":           {as: users[ada], access: []web.Access{web.Admin}, forms: true},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w.t, w.k, w.shown = t, k, shown
				w.run()
			})
		}
	})
	close(shown)
	seen := map[string]bool{}
	for pattern := range shown {
		seen[pattern] = true
	}
	elsewhere := looks(t)
	for _, rt := range k.App.Map() {
		if rt.Title != "" && rt.Method() == http.MethodGet && !seen[rt.Pattern] && !strings.Contains(elsewhere, "ForEverybody(`"+rt.Pattern+"`)") {
			t.Errorf("nobody came to %[1]s: let a page link to it, let the feature's Seed make one, or call ForEverybody(`%[1]s`) in a story that comes there", rt.Pattern)
		}
	}
}

// TestARightToLeftNameIsReadFromItsBeginning holds that what people type keeps its own direction: where a long name is cut off,
// its beginning is still there, and a title in two scripts begins with its first word.
func TestARightToLeftNameIsReadFromItsBeginning(t *testing.T) {
	k, b := testkit.Start(t), chrome.New(t, chrome.Size(700, 800))
	ada := k.Browser().Register(testkit.Ada)
	ada.Post("/account/profile", "name", "عبد الرحمن بن محمد بن خلدون الحضرمي الإشبيلي").Expect(t, http.StatusSeeOther)
	b.Open(k.URL + "/robots.txt")
	b.Eval(fmt.Sprintf(`document.cookie = "latchkey=%s; path=/"`, ada.Cookie("latchkey")))
	b.Open(k.URL + "/account/profile")
	b.Eval(`document.querySelector("main").insertAdjacentHTML("afterbegin", "<h2 id=title>عنوان Latin</h2>"),
		window.letter = (e, n) => {
			const range = document.createRange();
			range.setStart(e.firstChild, n), range.setEnd(e.firstChild, n + 1);
			return range.getBoundingClientRect();
		}`)
	for what, js := range map[string]string{
		"the name's first letter is cut off":      `(e => letter(e, 0).right <= e.getBoundingClientRect().right + 1)(document.querySelector(".who summary b"))`,
		"the title's first word is not its first": `(e => letter(e, 0).left > letter(e, 6).left)(document.getElementById("title"))`,
		"the title leaves its edge":               `(e => letter(e, 6).left - e.getBoundingClientRect().left < 2)(document.getElementById("title"))`,
		"a field does not turn round":             `getComputedStyle(document.querySelector("input[name=name]")).unicodeBidi === "plaintext"`,
	} {
		if b.Eval(js) != true {
			t.Error(what)
		}
	}
}

// looks returns the text of all tests of the project: stories that come to a page which needs more than a link look at it
// themselves, and name it.
func looks(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(filepath.Join("..", ".."), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "vendor" || d.Name() == ".git") {
			return cmp.Or(err, filepath.SkipDir)
		}
		if strings.HasSuffix(file, "_test.go") {
			all.WriteString(read(t, file))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// A walk is one visitor's way through the site.
type walk struct {
	as     *testkit.Browser
	access []web.Access // of the pages to open
	more   []string     // addresses to open besides
	forms  bool         // send each form with mistakes, too

	t     *testing.T
	k     *testkit.Kit
	shown chan<- string // the patterns of pages that were shown
	b     *chrome.Browser
	mux   *http.ServeMux // finds the pattern of an address
	done  map[string]bool
	queue []string
}

func (w *walk) run() {
	w.mux, w.done = http.NewServeMux(), map[string]bool{}
	may := map[string]bool{}
	for _, rt := range w.k.App.Map() {
		w.mux.Handle(rt.Pattern, http.NotFoundHandler())
		for _, access := range w.access {
			may[rt.Pattern] = may[rt.Pattern] || rt.Access == access
		}
		if path := strings.TrimSuffix(rt.Path(), "{$}"); rt.Method() == http.MethodGet && may[rt.Pattern] && !strings.Contains(path, "{") && !rt.NoSession {
			w.queue = append(w.queue, path)
		}
	}
	w.queue = append(w.queue, w.more...)
	w.as.Get("/")                                                    // a guest gets the cookie that the browser is given
	w.b = chrome.NewFor(w.t, 15*time.Minute, chrome.ReducedMotion()) // there may be many sections
	w.b.Open(w.k.URL + "/robots.txt")
	w.b.Eval(fmt.Sprintf(`document.cookie = "latchkey=%s; path=/"`, w.as.Cookie("latchkey")))
	for len(w.queue) > 0 {
		address := w.queue[0]
		w.queue = w.queue[1:]
		pattern := w.pattern(address)
		key := pattern
		if !strings.Contains(pattern, "{") || pattern == "GET /{$}" {
			key = address
		}
		if w.done[key] || pattern != "" && !may[pattern] {
			continue
		}
		w.done[key] = true
		w.open(address, pattern)
	}
}

func (w *walk) pattern(address string) string {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return ""
	}
	_, pattern := w.mux.Handler(r)
	return pattern
}

// open looks at one page, if it is one, and at what becomes of its forms.
func (w *walk) open(address, pattern string) {
	p := w.as.Get(address)
	for range 3 { // a link from a mail leads to its page
		if !strings.HasPrefix(p.To, "/") || !strings.Contains(address, "token=") {
			break
		}
		p = w.as.Get(p.To)
	}
	if p.Status >= 300 && p.Status < 400 || !strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") || strings.Contains(p.Header.Get("Content-Security-Policy"), "sandbox") {
		return
	}
	w.b.Open(w.k.URL + address)
	if p.Status < 300 {
		w.shown <- pattern
	}
	w.b.ForEverybody(cmp.Or(pattern, address))
	const texts = `:is(input:not([type=hidden], [type=checkbox], [type=radio], [type=file], [type=submit]), textarea):not([readonly])`
	links := w.b.Eval(`[...document.links].filter((a) => a.origin === location.origin).map((a) => a.pathname + a.search)`)
	for _, link := range links.([]any) {
		if pattern := w.pattern(link.(string)); strings.Contains(pattern, "{") && pattern != "GET /{$}" {
			w.queue = append(w.queue, link.(string))
		}
	}
	if !w.forms {
		return
	}
	count := w.b.Eval(`[...document.querySelectorAll("main form[method=post]")].filter((f) => f.querySelector("` + texts + `")).length`)
	for n := range int(count.(float64)) {
		if n > 0 {
			w.b.Open(w.k.URL + address)
		}
		w.b.Eval(fmt.Sprintf(`((form) => {
			form.noValidate = true;
			for (const field of form.querySelectorAll("%s")) field.value = "";
			form.requestSubmit();
		})([...document.querySelectorAll("main form[method=post]")].filter((f) => f.querySelector("%s"))[%d])`, texts, texts, n))
		w.b.ForEverybody(fmt.Sprintf("%s, form %d sent empty", pattern, n+1))
	}
}
