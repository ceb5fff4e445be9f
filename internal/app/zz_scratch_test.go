package app_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

func TestZZPictures(t *testing.T) {
	folder := os.Getenv("PICS")
	if folder == "" {
		t.Skip()
	}
	k := testkit.Start(t, "LIMIT_LOGIN_KNOWN_BROWSER=1000", "LIMIT_MAIL_ADDRESS=1000", "LIMIT_LINK_ADDRESS=1000", "LIMIT_NOTES_WRITE=5000")
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
	users[ben].Post("/account/profile", "name", "Benjamin Bartholomew Alexander Featherstonehaugh-Cholmondeley the Third of Somewhere", "timezone", "America/Argentina/Buenos_Aires")
	users[ada].Post("/account/profile", "name", "عبد الرحمن بن محمد الخوارزمي", "timezone", "Asia/Riyadh")
	users[ben].Post("/notes", "title", strings.Repeat("Donaudampfschiff", 5), "body", strings.Repeat("x", 500)+"\n\n"+strings.Repeat("long words ", 80))
	for i := range 500 {
		users[ada].Post("/notes", "title", fmt.Sprintf("ملاحظة رقم %d and Latin", i), "body", "نص قصير. Short text.")
	}
	guest := k.Browser()
	guest.Post("/password/forgot", "email", ben)
	k.Browser().LogIn(ben)
	dan := testkit.Verified(t, k, "dan@example.org")
	dan.Post("/account/email", "email", "dan@example.com")
	testkit.Press(t, dan, k.Mail("dan@example.com"))
	var links []string
	for _, m := range k.Mails() {
		if link := testkit.Link(m); link != "" {
			links = append(links, link)
		}
	}
	guest.Get("/")
	users[ada].Post("/account/email", "email", "another.address.that.waits@example.com")
	for _, v := range []struct {
		w    int64
		name string
		o    []chrome.Option
	}{{1280, "light", nil}, {390, "dark", []chrome.Option{chrome.Dark()}}} {
		for who, u := range map[string]*testkit.Browser{"guest": guest, "ada": users[ada], "ben": users[ben], "carol": users[carol]} {
			b := chrome.NewFor(t, 15*time.Minute, append(v.o, chrome.Size(v.w, 800), chrome.ReducedMotion())...)
			b.Open(k.URL + "/robots.txt")
			b.Eval(fmt.Sprintf(`document.cookie = "latchkey=%s; path=/"`, u.Cookie("latchkey")))
			var todo []string
			for _, rt := range k.App.Map() {
				if path := strings.TrimSuffix(rt.Path(), "{$}"); rt.Method() == http.MethodGet && !strings.Contains(path, "{") && !rt.NoSession {
					todo = append(todo, path)
				}
			}
			if who == "guest" {
				todo = append(todo, links...)
				todo = append(todo, "/nowhere", "/dev/views/error/500", "/dev/views/error/429")
			} else {
				todo = append(todo, "/notes?q=zzz", "/notes?page=3", "/confirm?next=/account/delete")
			}
			seen, done := map[string]bool{}, map[string]bool{}
			for len(todo) > 0 {
				p := todo[0]
				todo = todo[1:]
				if done[p] {
					continue
				}
				done[p] = true
				b.Open(k.URL + p)
				loc := strings.TrimPrefix(b.Location(), k.URL)
				title := b.Title()
				if seen[loc] || (who != "guest" && strings.HasPrefix(loc, "/dev") && who != "ada") {
					continue
				}
				seen[loc] = true
				if who != "guest" && strings.HasPrefix(loc, "/notes/") {
				}
				if os.Getenv("NOBAR") != "" {
					b.Eval(`document.querySelector(".devbar")?.remove()`)
				}
				name := strings.NewReplacer("/", "_", "?", "~", "=", "-", "&", "+").Replace(loc)
				if len(name) > 60 {
					name = name[:60]
				}
				b.Screenshot(filepath.Join(folder, fmt.Sprintf("%s-%d-%s%s.png", v.name, v.w, who, name)))
				t.Log(who, loc, title)
				if who == "guest" {
					continue
				}
				n := 0
				for _, l := range b.Eval(`[...document.querySelectorAll("main a")].filter((a) => a.origin === location.origin).map((a) => a.pathname)`).([]any) {
					if s := l.(string); (strings.HasPrefix(s, "/notes/") || strings.HasPrefix(s, "/account/security/")) && !done[s] && n < 3 && (strings.Count(loc, "/") < 5) && len(todo) < 60 {
						todo = append(todo, s)
						n++
					}
				}
			}
		}
	}
}
