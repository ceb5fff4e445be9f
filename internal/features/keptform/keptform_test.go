package keptform_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/features/keptform"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/web"
)

const keptSays = "What you sent is kept for an hour"

// TestEveryNewFormSaysWhatItTakes holds that each form of a section for something new can be shown again.
func TestEveryNewFormSaysWhatItTakes(t *testing.T) {
	for _, rt := range testkit.Start(t).App.Map() {
		if rt.Method() == http.MethodPost && rt.Access == web.Private && rt.Section != "" && strings.Count(rt.Path(), "/") == 1 && len(rt.Fields) == 0 {
			t.Errorf("%s does not say what its form takes", rt.Pattern)
		}
	}
}

// nobody empties the site, for the next story.
func nobody(k *testkit.Kit) *testkit.Kit {
	k.Exec(`DELETE FROM sessions`)
	k.Exec(`DELETE FROM users`)
	return k
}

func keptForms(k *testkit.Kit) int { return k.Count(`SELECT count(*) FROM kept_forms`) }

// postLate posts a form when the login has run out, and expects it to be kept.
func postLate(t *testing.T, k *testkit.Kit, b *testkit.Browser, path string, fields ...string) {
	t.Helper()
	if p := b.Post(path, fields...); p.Status != http.StatusSeeOther || p.To != "/login" {
		t.Fatalf("the form is answered by %s", p)
	}
	if p := b.Get("/login"); !p.Says(keptSays) || p.Says("row 7") {
		t.Errorf("the log-in page does not say that the form is kept, or shows it: %s", p)
	}
	if keptForms(k) != 1 {
		t.Fatalf("%d forms kept", keptForms(k))
	}
}

// enter logs in and returns where that leads, and the page.
func enter(b *testkit.Browser, email string) (to string, page testkit.Page) {
	p := b.Post("/login", "email", email, "password", testkit.Password, "next", testkit.Private)
	return p.To, b.Follow(p)
}

var (
	fieldTag  = regexp.MustCompile(`(?s)<input ([^>]*)>|<textarea ([^>]*)>(.*?)</textarea>`)
	attribute = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
)

// fieldsOf returns the fields of the kept form as a browser would send them, names and values in turn.
func fieldsOf(p testkit.Page) (action, enctype string, fields []string) {
	_, form, _ := strings.Cut(p.Body, "<h1>Your form was not sent yet</h1>")
	form, _, _ = strings.Cut(form, `id="drop"`)
	_, form, _ = strings.Cut(form, "<form ")
	attributes := func(tag string) map[string]string {
		found := map[string]string{}
		for _, a := range attribute.FindAllStringSubmatch(tag, -1) {
			found[a[1]] = html.UnescapeString(a[2])
		}
		return found
	}
	opening, rest, _ := strings.Cut(form, ">")
	of := attributes(opening)
	for _, tag := range fieldTag.FindAllStringSubmatch(rest, -1) {
		if tag[2] == "" {
			a := attributes(tag[1])
			fields = append(fields, a["name"], a["value"])
			continue
		}
		fields = append(fields, attributes(tag[2])["name"], strings.TrimPrefix(html.UnescapeString(tag[3]), "\n"))
	}
	for i := range fields { // as browsers send line ends
		fields[i] = strings.ReplaceAll(strings.ReplaceAll(fields[i], "\r\n", "\n"), "\n", "\r\n")
	}
	return of["action"], of["enctype"], fields
}

// TestAKeptFormIsShownAsItsPageShowedIt holds that its fields are in their order, under their labels, that what the page
// hid stays hidden, and that what is changed before it is sent is what is saved.
func TestAKeptFormIsShownAsItsPageShowedIt(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		testkit.Idle(k)
		r, err := http.NewRequest(http.MethodPost, k.URL+testkit.Private, strings.NewReader("version=0&title=Garden&zone=south&body=thyme"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		b.Do(r)
		_, p := enter(b, ada)
		if !regexp.MustCompile(`(?s)name="version" value="0".*>Title ?<.*value="Garden".*>Zone ?<.*value="south".*>Text ?<.*<textarea [^>]*rows="12".*thyme`).MatchString(p.Body) {
			t.Errorf("not in their order, or without their labels: %s", p.Body)
		}
		form := p.Body[strings.Index(p.Body, "<h1>"):strings.Index(p.Body, "</main>")]
		if strings.Contains(form, "readonly") || strings.Contains(form, ">Version") || strings.Contains(form, "(optional)") || !p.Says("in “Texts”") {
			t.Errorf("shown: %s", form)
		}
		action, _, fields := fieldsOf(p)
		for i := range fields {
			fields[i] = strings.Replace(fields[i], "thyme", "sage", 1)
		}
		if p := b.Follow(b.Post(action, fields...)); !p.Says("sage") || keptForms(k) != 0 {
			t.Errorf("%d forms are still kept after it was changed and sent: %s", keptForms(k), p.Body)
		}
		// The mark belongs to that form alone: another one, sent with it, leaves what is kept now.
		testkit.Idle(k)
		postLate(t, k, b, testkit.Private, "title", "Kitchen", "body", "thyme")
		enter(b, ada)
		b.Post(action, fields...)
		if keptForms(k) != 1 {
			t.Error("an old form took a new one away")
		}
	})
}

func TestAFormIsNotLostWhenALoginRanOut(t *testing.T) {
	ways := map[string]func(t *testing.T, k *testkit.Kit, b *testkit.Browser){
		"idle": func(_ *testing.T, k *testkit.Kit, _ *testkit.Browser) { testkit.Idle(k) },
		"idle, judged by what waits to be written": func(_ *testing.T, k *testkit.Kit, _ *testkit.Browser) {
			k.Clock.Advance(61 * time.Minute)
		},
		"at its absolute limit": func(t *testing.T, k *testkit.Kit, b *testkit.Browser) {
			for range 28 {
				k.Clock.Advance(50 * time.Minute)
				if !testkit.LoggedIn(b) {
					t.Fatal("over too early")
				}
			}
			k.Clock.Advance(50 * time.Minute)
		},
		"swept by the janitor": func(t *testing.T, k *testkit.Kit, _ *testkit.Browser) {
			k.Flush()
			k.Clock.Advance(3 * time.Hour)
			testkit.Sweep(t, k)
			testkit.Sweep(t, k)
		},
		"seen by another tab first": func(t *testing.T, k *testkit.Kit, b *testkit.Browser) {
			testkit.Idle(k)
			if testkit.LoggedIn(b) {
				t.Fatal("not over")
			}
		},
	}
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		for name, runOut := range ways {
			t.Run(name, func(t *testing.T) {
				nobody(k).Browser().Register(ada)
				b := k.Browser().LogIn(ada)
				b.Get(testkit.Private + "/new")
				runOut(t, k, b)
				postLate(t, k, b, testkit.Private, "title", "Garden, row 7", "body", "thyme\nand sage", "version", "0")
				to, p := enter(b, ada)
				if to != "/kept-form" || p.Status != http.StatusOK || !p.Says("Garden, row 7") || !p.Says("thyme\nand sage") || !p.Says("nothing was done with it") {
					t.Fatalf("%s %s", to, p)
				}
				if got := k.Count(`SELECT count(*) FROM expired_logins o JOIN logins l ON l.session_id = o.session_id`); got != 0 {
					t.Error("a log in leaves the note of the login before")
				}
				if got := k.Count(`SELECT count(*) FROM testkit_texts`); got != 0 {
					t.Error("it was sent without a click")
				}
				action, _, fields := fieldsOf(p)
				sent := b.Post(action, fields...)
				if page := b.Follow(sent); sent.Status != http.StatusSeeOther || !page.Says("Garden, row 7") || !page.Says("and sage") {
					t.Errorf("sent: %d %s", sent.Status, sent.To)
				}
				if p := b.Get("/kept-form"); keptForms(k) != 0 || p.Status != http.StatusNotFound || !p.Says("No form waits for you") {
					t.Errorf("after it was sent: %s", p)
				}
				if log := k.Log.String(); strings.Contains(log, "Garden, row 7") || strings.Contains(log, "thyme") {
					t.Error("the form is in the log")
				}
			})
		}
	})
}

func TestNoFormIsKeptOfALoginThatWasEnded(t *testing.T) {
	ends := map[string]func(t *testing.T, k *testkit.Kit, b, other *testkit.Browser){
		"logged out": func(_ *testing.T, _ *testkit.Kit, b, _ *testkit.Browser) { b.Post("/logout") },
		"logged out after it ran out": func(_ *testing.T, k *testkit.Kit, b, _ *testkit.Browser) {
			testkit.Idle(k)
			b.Post("/logout")
		},
		"logged out after it was swept": func(t *testing.T, k *testkit.Kit, b, _ *testkit.Browser) {
			testkit.Idle(k)
			k.Clock.Advance(time.Hour)
			testkit.Sweep(t, k)
			b.Post("/logout")
		},
		"ended on another device": func(_ *testing.T, k *testkit.Kit, _, other *testkit.Browser) {
			other.Post("/account/devices/" + k.Text(`SELECT min(id) FROM logins`) + "/end")
		},
		"all others ended": func(_ *testing.T, _ *testkit.Kit, _, other *testkit.Browser) {
			other.Post("/account/devices/end-others")
		},
		"all others ended after it ran out": func(t *testing.T, k *testkit.Kit, b, other *testkit.Browser) {
			testkit.Idle(k)
			if testkit.LoggedIn(b) {
				t.Fatal("not over")
			}
			other.LogIn(ada).Post("/account/devices/end-others")
		},
		"password changed after it was swept": func(t *testing.T, k *testkit.Kit, _, other *testkit.Browser) {
			testkit.Idle(k)
			k.Clock.Advance(time.Hour)
			testkit.Sweep(t, k)
			p := other.LogIn(ada).Post("/account/password", "current", testkit.Password, "password", testkit.Password+" too")
			if p.Status != http.StatusSeeOther {
				t.Fatal(p)
			}
		},
		"password changed": func(_ *testing.T, _ *testkit.Kit, _, other *testkit.Browser) {
			other.Post("/account/password", "current", testkit.Password, "password", testkit.Password+" too")
		},
		"disabled, then idle": func(_ *testing.T, k *testkit.Kit, _, _ *testkit.Browser) {
			k.Exec(`UPDATE users SET disabled_at = 1`)
			testkit.Idle(k)
		},
		"disabled, then swept": func(t *testing.T, k *testkit.Kit, _, _ *testkit.Browser) {
			k.Exec(`UPDATE users SET disabled_at = 1`)
			testkit.Idle(k)
			k.Clock.Advance(time.Hour)
			testkit.Sweep(t, k)
			k.Exec(`UPDATE users SET disabled_at = 0`)
		},
		"disabled after it ran out": func(_ *testing.T, k *testkit.Kit, b, _ *testkit.Browser) {
			testkit.Idle(k)
			b.Get(testkit.Private)
			k.Exec(`UPDATE users SET disabled_at = 1`)
		},
		"disabled by an operator after it ran out, and enabled": func(t *testing.T, k *testkit.Kit, b, _ *testkit.Browser) {
			testkit.Idle(k)
			b.Get(testkit.Private)
			id, ctx := k.Text(`SELECT id FROM users`), context.Background()
			if err := errors.Join(k.App.Operator.Disable(ctx, id), k.App.Operator.Enable(ctx, id)); err != nil {
				t.Fatal(err)
			}
		},
		"erased": func(_ *testing.T, k *testkit.Kit, b, _ *testkit.Browser) {
			testkit.Idle(k)
			b.Get(testkit.Private)
			b.Post("/privacy/erase")
		},
		"account deleted": func(_ *testing.T, k *testkit.Kit, b, _ *testkit.Browser) {
			testkit.Idle(k)
			b.Get(testkit.Private)
			k.Exec(`DELETE FROM users`)
		},
	}
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		for name, end := range ends {
			t.Run(name, func(t *testing.T) {
				nobody(k).Browser().Register(ada).Post("/logout")
				b := k.Browser().LogIn(ada)
				other := k.Browser().LogIn(ada)
				b.Get(testkit.Private)
				tab := b.Copy() // has not heard of what follows
				end(t, k, b, other)
				b.Post(testkit.Private, "title", "Garden, row 7")
				tab.Post(testkit.Private, "title", "Garden, row 7")
				k.Clock.Advance(2 * time.Minute) // the ended token is not known any more
				b.Post(testkit.Private, "title", "Garden, row 7")
				tab.Post(testkit.Private, "title", "Garden, row 7")
				if keptForms(k) != 0 {
					t.Error("a form is kept")
				}
				if b.Get("/login").Says(keptSays) {
					t.Error("the log-in page says that a form is kept")
				}
			})
		}
	})
}

func TestOnlySectionsKeepForms(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		guest := k.Browser()
		guest.Get("/")
		for _, b := range []*testkit.Browser{guest, k.Browser()} {
			if p := b.Post(testkit.Private, "title", "Garden, row 7"); p.To != "/login" {
				t.Errorf("a guest's form: %s", p)
			}
		}
		b := k.Browser().Register(ada)
		testkit.Idle(k)
		for _, path := range []string{
			"/account/profile", "/account/password", "/account/devices/end-others", "/confirm", "/kept-form/drop",
			"/theme", "/login", "/register", "/nowhere", "/healthz",
		} {
			b.Post(path, "name", "Garden, row 7", "body", "thyme")
		}
		refused := func(what string, header http.Header, body string) {
			t.Helper()
			r, err := http.NewRequest(http.MethodPost, k.URL+testkit.Private, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = header
			if p := b.Do(r); p.Status >= 500 || keptForms(k) != 0 {
				t.Errorf("%s: %s, %d forms kept", what, p, keptForms(k))
			}
		}
		const form = "application/x-www-form-urlencoded"
		refused("a program's", http.Header{"Content-Type": {form}, "Accept": {"application/json"}}, "title=Garden")
		refused("JSON", http.Header{"Content-Type": {"application/json"}}, `{"title":"Garden, row 7"}`)
		refused("nothing", http.Header{"Content-Type": {form}}, "")
		refused("nothing but secrets", http.Header{"Content-Type": {form}}, "password=Garden&token=thyme")
		refused("another site's", http.Header{"Content-Type": {form}, "Origin": {"https://evil.example"}}, "title=Garden")
		refused("too many fields", http.Header{"Content-Type": {form}}, strings.Repeat("a=1&", 1001))
		refused("larger than 64 KiB", http.Header{"Content-Type": {form}}, "title="+strings.Repeat("x", 64<<10))
		kind, body := filled(t, true, "title", "Garden, row 7")
		refused("with a file", http.Header{"Content-Type": {kind}}, body)
		postLate(t, k, b, testkit.Private, "title", "Garden, row 7") // it was not for another reason that nothing was kept
	})
}

// filled returns a form as multipart/form-data.
func filled(t *testing.T, file bool, fields ...string) (contentType, body string) {
	t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if file {
		part, err := w.CreateFormFile("photo", "garden.png")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(part, "a picture")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), buf.String()
}

func TestAKeptFormHasAllValuesButSecrets(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		testkit.Idle(k)
		long := strings.Repeat("thyme and sage ", 4000) + "“herbs” & <b>\r\n\r\n</textarea>"
		fields := []string{
			"title", "Garden, row 7", "body", "\r\nstarts with an empty line", "tag", "herbs", "tag", "", "tag", "herbs", "draft", long,
			"Straße.Nr", "Ünter 7", "line_2", " blanks ", "agree", "1", `quo"te`, `'"><script>`, "empty", "", "dueDate", "2026-02-29",
			"newPassword", "hunter2", "api-token", "s3cr3t", "PIN2", "0000", "current", "4711", "code", "",
		}
		postLate(t, k, b, testkit.Private+"?from=list&token=s3cr3t", fields...)
		stored := k.Text(`SELECT path || form FROM kept_forms`)
		_, p := enter(b, ada)
		for _, secret := range []string{"hunter2", "s3cr3t", "0000", "4711"} {
			if strings.Contains(stored, secret) || p.Says(secret) {
				t.Errorf("the secret %q is kept", secret)
			}
		}
		for _, label := range []string{"Title", "Straße nr", "Line 2", "Due date", "New password", "Api token"} {
			if !p.Says(">\n"+label) && !p.Says(">"+label) {
				t.Errorf("no field is called %q", label)
			}
		}
		action, _, shown := fieldsOf(p)
		want, got := url.Values{}, url.Values{}
		for i := 0; i < len(fields); i += 2 {
			if value := fields[i+1]; value == "hunter2" || value == "s3cr3t" || value == "0000" || value == "4711" {
				fields[i+1] = "" // asked for again
			}
			want.Add(fields[i], fields[i+1])
		}
		for i := 0; i < len(shown); i += 2 {
			if shown[i] != "kept-form" { // which form it is
				got.Add(shown[i], shown[i+1])
			}
		}
		if action != testkit.Private+"?from=list" || got.Encode() != want.Encode() {
			t.Errorf("to %s\n got %.2000s\nwant %.2000s", action, got.Encode(), want.Encode())
		}
		if strings.Contains(p.Body, "<script>'") || strings.Contains(p.Body, `"><script>`) {
			t.Error("a value is not escaped")
		}
		if sent := b.Post(action, shown...); sent.Status != http.StatusSeeOther || keptForms(k) != 0 {
			t.Errorf("sent: %d, %d forms kept", sent.Status, keptForms(k))
		}
	})
}

// Text that is not Latin is three times as long in a form of the ordinary kind: sent so, it might be too large.
func TestAKeptMultipartFormIsSentAsOne(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser().Register(ada)
	testkit.Idle(k)
	post := func(path string, fields ...string) testkit.Page {
		t.Helper()
		kind, body := filled(t, false, fields...)
		r, err := http.NewRequest(http.MethodPost, k.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		return b.Do(r)
	}
	text := strings.Repeat("чабрец и шалфей ", 1000)
	post(testkit.Private, "title", "Сад", "body", text)
	_, p := enter(b, ada)
	action, enctype, fields := fieldsOf(p)
	if enctype != "multipart/form-data" || !p.Says(text) {
		t.Fatalf("%q %s", enctype, p)
	}
	if sent := post(action, fields...); sent.Status != http.StatusSeeOther || keptForms(k) != 0 {
		t.Errorf("sent: %d, %d forms kept", sent.Status, keptForms(k))
	}
}

func TestAKeptFormIsForItsUserAlone(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ben)
		k.Browser().Register(ada)
		for name, other := range map[string]func(b *testkit.Browser){
			"another user logs in":        func(b *testkit.Browser) { b.LogIn(ben) },
			"another user registers":      func(b *testkit.Browser) { b.Register("eve@example.org") },
			"log out":                     func(b *testkit.Browser) { b.Post("/logout") },
			"the browser is erased":       func(b *testkit.Browser) { b.Post("/privacy/erase") },
			"its user deletes it":         func(b *testkit.Browser) { b.LogIn(ada).Post("/kept-form/drop") },
			"its user logs in, and out":   func(b *testkit.Browser) { b.LogIn(ada).Post("/logout") },
			"the account goes, elsewhere": func(*testkit.Browser) { k.Exec(`DELETE FROM users WHERE email = $1`, ada); k.Browser().Register(ada) },
		} {
			b := k.Browser().LogIn(ada)
			thief := b.Copy()
			testkit.Idle(k)
			postLate(t, k, b, testkit.Private, "title", "Garden, row 7", "body", "thyme in row 7")
			for who, b := range map[string]*testkit.Browser{
				"a guest in this browser": b, "the dead cookie": thief, "another browser": k.Browser().LogIn(ada), "another user": k.Browser().LogIn(ben),
			} {
				for _, path := range []string{"/kept-form", "/privacy", "/", "/login", "/account"} {
					if p := b.Get(path); p.Says("row 7") || path == "/kept-form" && p.Status == http.StatusOK {
						t.Errorf("%s: %s shows it to %s: %s", name, path, who, p)
					}
				}
				if who != "a guest in this browser" {
					b.Post("/kept-form/drop")
				}
			}
			if keptForms(k) != 1 {
				t.Fatalf("%s: somebody else deletes it", name)
			}
			if p := b.Get("/privacy"); !p.Says("Kept form") || strings.Contains(p.Body, "@views") {
				t.Errorf("%s: /privacy hides that there is one", name)
			}
			other(b)
			if keptForms(k) != 0 {
				t.Errorf("%s: it is still kept", name)
			}
			b.Post("/logout")
			if to, p := enter(b, ada); to != testkit.Private || p.Says("Garden, row 7") {
				t.Errorf("%s: afterwards its user is sent to %s", name, to)
			}
			b.Post("/logout")
		}
		b := k.Browser().LogIn(ada)
		testkit.Idle(k)
		postLate(t, k, b, testkit.Private, "title", "Garden, row 7")
		b.LogIn(ada)
		k.Exec(`UPDATE kept_forms SET user_id = (SELECT id FROM users WHERE email = $1)`, ben)
		b.Get("/kept-form").Expect(t, http.StatusNotFound)
	})
}

func TestAKeptFormStaysUntilItWasTaken(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		note := b.Post(testkit.Private, "title", "Garden, row 7", "body", "sage").To
		testkit.Idle(k)
		postLate(t, k, b, note, "title", "Garden, row 7", "body", "thyme", "version", "1")
		_, p := enter(b, ada)
		action, _, fields := fieldsOf(p)

		k.Browser().LogIn(ada).Post(note, "title", "Garden, row 7", "body", "rosemary", "version", "1")
		if p := b.Post(action, fields...); p.Status != http.StatusConflict || !p.Says("thyme") || !p.Says("rosemary") {
			t.Errorf("the note was changed meanwhile: %s", p)
		}
		k.Exec(`ALTER TABLE testkit_texts RENAME TO mislaid`)
		b.Post(action, fields...).Expect(t, http.StatusInternalServerError)
		k.Exec(`ALTER TABLE mislaid RENAME TO testkit_texts`)
		b.Post(testkit.Private, "title", "Another form")
		b.Post(note, "title", "", "version", "2")
		if p := b.Post(note, "title", "Garden, row 7", "body", "mint", "version", "2"); p.Status != http.StatusSeeOther {
			t.Fatalf("another form to the same address: %s", p)
		}
		if b.Get("/kept-form"); keptForms(k) != 1 {
			t.Fatal("the form is gone, and was not taken")
		}
		k.Exec(`UPDATE testkit_texts SET version = 1`)
		if p := b.Post(action, fields...); p.Status != http.StatusSeeOther || keptForms(k) != 0 {
			t.Errorf("taken: %s, %d forms kept", p, keptForms(k))
		}
	})
}

func TestDiscardingAKeptForm(t *testing.T) {
	k := testkit.Start(t)
	b := k.Browser().Register(ada)
	testkit.Idle(k)
	postLate(t, k, b, testkit.Private, "title", "Garden, row 7")
	enter(b, ada)
	if p := b.Post("/kept-form/drop"); p.To != testkit.Private || !b.Get(testkit.Private).Says("was discarded") || keptForms(k) != 0 {
		t.Error(p)
	}
	if p := b.Post("/kept-form/drop"); p.To != "/account" {
		t.Errorf("without one: %s", p)
	}
}

func TestAKeptFormLastsAnHour(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		testkit.Idle(k)
		postLate(t, k, b, testkit.Private, "title", "Garden, row 7")
		k.Clock.Advance(59 * time.Minute)
		testkit.Sweep(t, k)
		if to, p := enter(b, ada); to != "/kept-form" || !p.Says("Garden, row 7") {
			t.Fatalf("after 59 minutes: %s", to)
		}
		k.Clock.Advance(time.Minute)
		if p := b.Get("/kept-form"); p.Status != http.StatusNotFound || keptForms(k) != 1 {
			t.Errorf("after an hour: %s", p)
		}
		if b.Get("/privacy").Says("Kept form") {
			t.Error("/privacy still tells of it")
		}
		testkit.Sweep(t, k)
		if keptForms(k) != 0 {
			t.Error("the janitor leaves it")
		}
		testkit.Idle(k)
		postLate(t, k, b, testkit.Private, "title", "Garden, row 7")
		k.Clock.Advance(time.Hour)
		if to, _ := enter(b, ada); to != testkit.Private || keptForms(k) != 0 {
			t.Errorf("too late, a log in leads to %s", to)
		}
	})
}

func TestTheJanitorTakesKeptFormsInSmallBites(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		sweep := keptform.New(k.App.Core).Sweep
		k.Browser().Register(ada)
		user := k.Text(`SELECT id FROM users`)
		for i := range 450 {
			id := fmt.Sprintf("s%d", i)
			k.Exec(`INSERT INTO sessions (id, token_hash, data, created_at, seen_at, expires_at, hits, ip, user_agent)
				VALUES ($1, $1, '{}', 1, 1, 9000000000000, 1, '', '')`, id)
			k.Exec(`INSERT INTO kept_forms (session_id, user_id, path, form, created_at, expires_at) VALUES ($1, $2, '/testkit/page', '{}', 1, 2)`, id, user)
		}
		for _, want := range []int64{200, 200, 50, 0} {
			if got, err := sweep(t.Context()); got != want || err != nil {
				t.Errorf("%d %v, not %d", got, err, want)
			}
		}
	})
}

func TestOneFormIsKeptForASession(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		testkit.Idle(k)
		postLate(t, k, b, testkit.Private, "title", "Garden, row 7")
		postLate(t, k, b, testkit.Private+"/n1", "title", "Kitchen")
		if _, p := enter(b, ada); !p.Says("Kitchen") || !p.Says(testkit.Private+"/n1") || p.Says("Garden, row 7") {
			t.Error("the newer form does not take the place of the older")
		}
		if b.Post(testkit.Private+"/n1", "title", "Kitchen").Status != http.StatusNotFound || keptForms(k) != 1 {
			t.Error("a form to nowhere is lost")
		}
	})
}

// With short logins its user may be away again before the form is sent: it goes along to the next session.
func TestAKeptFormOutlivesASecondLogin(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		k.Clock.Advance(11 * time.Minute)
		postLate(t, k, b, testkit.Private, "title", "Garden, row 7")
		for range 2 {
			if to, _ := enter(b, ada); to != "/kept-form" {
				t.Fatalf("a log in leads to %s", to)
			}
			k.Clock.Advance(11 * time.Minute)
			if testkit.LoggedIn(b) {
				t.Fatal("not over")
			}
		}
		if to, p := enter(b, ada); to != "/kept-form" || !p.Says("Garden, row 7") || keptForms(k) != 1 {
			t.Errorf("a log in leads to %s", to)
		}
		for range 6 {
			k.Clock.Advance(8 * time.Minute)
			b.Get("/account")
		}
		b.Get("/kept-form").Expect(t, http.StatusNotFound)
	}, "LOGIN_IDLE=10m")
}

// Two tabs find at once that the login ran out: one of them has the new cookie, the other is told to send again.
func TestNoFormIsLostBetweenTwoTabs(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		for range 8 {
			b := k.Browser().LogIn(ada)
			k.Flush()
			k.Clock.Advance(61 * time.Minute)
			tab := b.Copy()
			var wg sync.WaitGroup
			var p testkit.Page
			wg.Go(func() { b.Get(testkit.Private) })
			wg.Go(func() { p = tab.Post(testkit.Private, "title", "Garden, row 7") })
			wg.Wait()
			switch {
			case p.Status == http.StatusSeeOther && keptForms(k) == 1: // and its answer carries the cookie
				b = tab
			case p.Status == http.StatusConflict && keptForms(k) == 0: // the browser still has the form
				b.Post(testkit.Private, "title", "Garden, row 7")
			default:
				t.Fatalf("%s, %d forms kept", p, keptForms(k))
			}
			if to, _ := enter(b, ada); to != "/kept-form" {
				t.Fatalf("a log in leads to %s", to)
			}
			b.Post("/logout")
		}
	})
}

// The same, where the other tab is sure to come first: after this request's session was loaded, before its login is.
func TestAFormWhoseSessionWasJustReplacedIsNotSentAway(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		b := k.Browser().Register(ada)
		testkit.Idle(k)
		token := b.Cookie("latchkey")
		inner := k.App.Login.Handler(keptform.New(k.App.Core).Guard(http.NotFoundHandler()))
		h := k.App.Sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b.Get(testkit.Private)
			inner.ServeHTTP(w, r)
		}))
		r := post("title=Garden")
		r.AddCookie(&http.Cookie{Name: "latchkey", Value: token})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusConflict {
			t.Errorf("%d", w.Code)
		}
	})
}

// post is a request to a private page of a section, as the edge hands it on.
func post(form string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, testkit.Private, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	route := web.Within(testkit.Private, web.Private, []web.Route{web.Private.At("POST "+testkit.Private, nil)})[0]
	r = r.WithContext(web.WithRequest(r.Context(), &web.Request{Route: &route, Log: slog.New(slog.DiscardHandler)}))
	if err := r.ParseForm(); err != nil {
		panic(err)
	}
	return r
}

// Whatever comes first, no form of one user is left on a session where another has logged in.
func TestKeepingAndLoggingInAtOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		k.Browser().Register(ben)
		for range 12 {
			b := k.Browser().LogIn(ada)
			testkit.Idle(k)
			b.Get(testkit.Private)
			tab := b.Copy()
			var wg sync.WaitGroup
			wg.Go(func() { b.LogIn(ben) })
			wg.Go(func() { tab.Post(testkit.Private, "title", "Garden, row 7") })
			wg.Wait()
			if got := k.Count(`SELECT count(*) FROM kept_forms k JOIN logins l ON l.session_id = k.session_id AND l.user_id <> k.user_id`); got != 0 {
				t.Fatal("a form of another user is on the session")
			}
			b.Post("/logout")
			tab.Post("/logout")
		}
	})
}
