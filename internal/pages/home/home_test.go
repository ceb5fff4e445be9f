package home_test

import (
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// TestPrivacyIsInWords holds that the page begins with its button, and says what is kept as a person would.
func TestPrivacyIsInWords(t *testing.T) {
	k := testkit.Start(t)
	guest := k.Browser()
	if p := guest.Get("/privacy"); !p.Says("Nothing. Your browser has no cookie of ours") || p.Says("/privacy/erase") {
		t.Errorf("whoever was never here: %s", p.Body)
	}
	ann := k.Browser().Register("ann@example.org")
	for range 6 {
		ann.Get("/")
	}
	p := ann.Get("/privacy")
	if erase, kept := strings.Index(p.Body, "Erase all of it"), strings.Index(p.Body, "What is kept"); erase < 0 || kept < erase {
		t.Errorf("the button comes too late: %s", p)
	}
	if !p.Says("Home page: seen 6 times.") || !p.Says("127.0.0.x") {
		t.Errorf("%s", p)
	}
}

// TestHomeKnowsNoSection holds that its buttons are those of the menu.
func TestHomeKnowsNoSection(t *testing.T) {
	k := testkit.Start(t)
	if p := k.Browser().Get("/"); p.Says("Go to Texts") || !p.Says(`class="button primary" href="/register"`) {
		t.Errorf("a guest: %s", p.Body)
	}
	if p := k.Browser().Register("ann@example.org").Get("/"); !p.Says(`href="/testkit/page">Go to Texts</a>`) || !p.Says(`<a class="button" href="/account">`) {
		t.Errorf("a user: %s", p.Body)
	}
}
