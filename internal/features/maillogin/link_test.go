package maillogin_test

import (
	"net/http"
	"testing"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

func TestTheLinkLogsInWhereItWasAskedFor(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		b := asks(t, k.Browser(), testkit.Ada, "next", testkit.Private)
		m := k.Mail(testkit.Ada)
		before := b.Cookie("latchkey")
		for range 2 { // what scans mails uses nothing up
			k.Browser().Get(testkit.Link(m)).Expect(t, http.StatusSeeOther, linkPath)
		}
		b.Get(testkit.Link(m)+"%22)").Expect(t, http.StatusSeeOther, linkPath) // with what stuck to it
		if b.Cookie("latchkey") == before {
			t.Error("whoever knew the browser's token can press the button, too")
		}
		p := b.Get(linkPath).ExpectText(t, http.StatusOK, "You are about to log in as", testkit.Ada)
		if p.Header.Get("Cache-Control") != "no-store" {
			t.Error("the page can come from a cache")
		}
		pressed(t, b, p).Expect(t, http.StatusSeeOther, testkit.Private)
		if !testkit.LoggedIn(b) {
			t.Error("not logged in")
		}
		b.Post("/logout")
		b.Get(testkit.Link(m)).Expect(t, http.StatusSeeOther, linkPath)
		b.Get(linkPath).ExpectText(t, http.StatusNotFound, "This link does not work")
	})
}

// pressed presses the button of the page of a link.
func pressed(t *testing.T, b *testkit.Browser, p testkit.Page) testkit.Page {
	t.Helper()
	code := p.Hidden("code")
	if code == "" {
		t.Fatalf("no button: %s", p)
	}
	return b.Post(codePath, "code", code)
}

func TestTheLinkShowsTheCodeElsewhere(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		b := asks(t, k.Browser(), testkit.Ada)
		m := k.Mail(testkit.Ada)
		for _, phone := range []*testkit.Browser{k.Browser(), k.Browser().LogIn(testkit.Ada), k.Browser().Register(testkit.Ben)} {
			phone.Get(testkit.Link(m)).Expect(t, http.StatusSeeOther, linkPath)
			in := testkit.LoggedIn(phone)
			phone.Get(linkPath).ExpectText(t, http.StatusOK, "Type this code where you asked", codeIn(t, m), "Firefox on Linux, from 127.0.0.x", `!name="code"`)
			if p := phone.Post(codePath, "code", codeIn(t, m)); testkit.LoggedIn(phone) != in {
				t.Errorf("the code works in a browser that did not ask: %s", p)
			}
		}
		if p := k.Browser().Get(linkPath); p.Status != http.StatusNotFound || p.Says(codeIn(t, m)) {
			t.Errorf("a browser that has not opened the link: %s", p)
		}
		b.Post(codePath, "code", codeIn(t, m)).Expect(t, http.StatusSeeOther, "/account")
	})
}

// TestAnOpenedLinkIsNotShared holds that somebody who has planted a token in the browser that opens the link does not see
// the code.
func TestAnOpenedLinkIsNotShared(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	thief := asks(t, k.Browser(), testkit.Ada)
	phone := k.Browser()
	phone.Get("/login")
	planted := phone.Copy()
	phone.Get(testkit.Link(k.Mail(testkit.Ada)))
	phone.Get(linkPath).ExpectText(t, http.StatusOK, "Type this code")
	if p := planted.Get(linkPath); p.Status != http.StatusNotFound || codes.MatchString(p.Body) {
		t.Errorf("who planted the token sees %s", p)
	}
	if testkit.LoggedIn(thief) {
		t.Error("logged in")
	}
}

// TestTheLastLinkThatWasOpenedCounts opens several links in one browser.
func TestTheLastLinkThatWasOpenedCounts(t *testing.T) {
	k := testkit.Start(t)
	owner(t, k)
	b, phone := k.Browser(), k.Browser()
	var sent []mail.Mail
	for range 2 {
		asks(t, b, testkit.Ada)
		sent = append(sent, k.Mail(testkit.Ada))
		k.Clock.Advance(time.Second)
	}
	for _, m := range []mail.Mail{sent[0], sent[1], sent[0]} {
		phone.Get(testkit.Link(m))
		phone.Get(linkPath).ExpectText(t, http.StatusOK, codeIn(t, m))
	}
	phone.Get(linkPath+"?token=lost").Expect(t, http.StatusSeeOther, linkPath)
	phone.Get(linkPath).ExpectText(t, http.StatusNotFound, "This link does not work")
}
