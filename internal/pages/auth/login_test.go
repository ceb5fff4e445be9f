package auth_test

import (
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// TestLogInSaysWhyOneIsAsked holds that whoever is sent to log in is told for which page, and so is whoever must confirm
// the password.
func TestLogInSaysWhyOneIsAsked(t *testing.T) {
	k := testkit.Start(t, "REMEMBER_IDLE=14d", "FRESH_FOR=10m")
	for next, says := range map[string]string{
		testkit.Private + "?page=2": "You need to log in for this page: <strong>Texts</strong>.",
		testkit.Private + "/x":      "You need to log in for this page: <strong>A text</strong>.",
		"/none":                     "You need to log in for the page that you asked for.",
	} {
		if p := k.Browser().Get("/login?next=" + next); !p.Says(says) {
			t.Errorf("%s: %s", next, p.Body)
		}
	}
	p := k.Browser().Get("/login")
	if p.Says("You need to log in") || !p.Says("For 14 days.") {
		t.Errorf("without a page: %s", p.Body)
	}
	ann := k.Browser().Register("ann@example.org")
	if p := ann.Get("/confirm?next=/account/delete"); !p.Says("This page asks for your password: <strong>Delete your account</strong>.") || !p.Says("for 10 minutes.") {
		t.Errorf("confirm: %s", p.Body)
	}
}

// TestAWrongPasswordIsSaidOnce holds that the message is there once, for the whole form, with the cursor in the password.
func TestAWrongPasswordIsSaidOnce(t *testing.T) {
	p := testkit.Start(t).Browser().Post("/login", "email", "ada@example.org", "password", "not it at all")
	if strings.Count(p.Body, "do not match") != 1 || strings.Contains(p.Body, `class="errors"`) || strings.Count(p.Body, `aria-describedby="form-error"`) != 2 ||
		strings.Count(p.Body, "autofocus") != 1 || !strings.Contains(p.Body, `value="ada@example.org"`) {
		t.Error(p)
	}
}
