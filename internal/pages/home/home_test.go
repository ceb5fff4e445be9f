package home_test

import (
	"regexp"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// TestPrivacyIsInWords holds that the page begins with its button, names the last ten pages by their titles, and keeps the
// rest behind a link.
func TestPrivacyIsInWords(t *testing.T) {
	k := testkit.Start(t)
	guest := k.Browser()
	if p := guest.Get("/privacy"); !p.Says("Nothing. Your browser has no cookie of ours") || p.Says("/privacy/erase") {
		t.Errorf("whoever was never here: %s", p.Body)
	}
	ann := k.Browser().Register("ann@example.org")
	for range 6 {
		ann.Get("/")
		ann.Get("/account/devices")
	}
	ann.Get("/nowhere")
	ann.Post(testkit.Private, "title", "Garden")
	rows := regexp.MustCompile(`<tr><th scope="row">([^<]*)</th>`)
	p := ann.Get("/privacy")
	main := p.Body[strings.Index(p.Body, "<main"):strings.Index(p.Body, "</main>")]
	if erase, kept := strings.Index(main, "Erase all of it"), strings.Index(main, "What is kept"); erase < 0 || kept < erase {
		t.Errorf("the button comes too late: %s", main)
	}
	shown := rows.FindAllStringSubmatch(main, -1)
	if len(shown) != 10 || shown[0][1] != "Login &amp; security" || shown[1][1] != "Home" {
		t.Errorf("%q", shown)
	}
	for _, never := range []string{"/account/devices", "/{", "GET", "200", "303", "404"} {
		if _, table, _ := strings.Cut(main, "<table"); strings.Contains(table, never) {
			t.Errorf("it says %s: %s", never, table)
		}
	}
	if !strings.Contains(main, `href="/privacy?all=1#visits">Show all 14<`) || !strings.Contains(main, "Home page: seen 6 times.") || !strings.Contains(main, "127.0.0.x") {
		t.Errorf("%s", main)
	}
	all := ann.Get("/privacy?all=1")
	if n := len(rows.FindAllString(all.Body, -1)); n != 15 || !all.Says("A button or form on “Texts”") {
		t.Errorf("%d rows: %s", n, all.Body)
	}
}

// TestHomeKnowsNoSection holds that its buttons are those of the menu.
func TestHomeKnowsNoSection(t *testing.T) {
	k := testkit.Start(t)
	if p := k.Browser().Get("/"); p.Says("Texts") || !p.Says(`class="button primary" href="/register"`) {
		t.Errorf("a guest: %s", p.Body)
	}
	if p := k.Browser().Register("ann@example.org").Get("/"); !p.Says(`href="/testkit/page">Go to Texts</a>`) || !p.Says(`<a class="button" href="/account">`) {
		t.Errorf("a user: %s", p.Body)
	}
}
