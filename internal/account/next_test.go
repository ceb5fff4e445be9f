package account_test

import (
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// TestThePageThatWasAskedForIsReachedInTheEnd follows next through every way that ends with a log in.
func TestThePageThatWasAskedForIsReachedInTheEnd(t *testing.T) {
	const asked, query = testkit.Private + "?page=2", "?next=%2Ftestkit%2Fpage%3Fpage%3D2"
	k := testkit.Start(t)
	b := k.Browser()
	if p := b.Get("/login" + query); !strings.Contains(p.Body, `href="/register`+query) || !strings.Contains(p.Body, `href="/password/forgot`+query) {
		t.Error("log in does not lead on with it")
	}
	if p := b.Get("/register" + query); !strings.Contains(p.Body, `name="next" value="`+asked+`"`) || !strings.Contains(p.Body, `href="/login`+query) {
		t.Error("the form to register does not carry it")
	}
	if p := b.Post("/register", "email", ada, "password", "short", "next", asked); !strings.Contains(p.Body, `name="next" value="`+asked+`"`) {
		t.Error("a mistake loses it")
	}
	if p := b.Post("/register", "email", ada, "password", testkit.Password, "next", asked); p.To != asked {
		t.Errorf("register: %s", p)
	}
	if p := testkit.Press(t, b, k.Mail(ada)); p.To != asked {
		t.Errorf("its mail: %s", p)
	}
	for _, evil := range []string{"//evil.example", "https://evil.example/", `/\evil.example`} {
		if p := k.Browser().Post("/register", "email", "x"+evil[:1]+"@example.org", "password", testkit.Password, "next", evil); p.Status == 303 && p.To != "/account" {
			t.Errorf("%q: %s", evil, p)
		}
	}

	out := k.Browser()
	if p := out.Get("/password/forgot" + query); !strings.Contains(p.Body, `name="next" value="`+asked+`"`) {
		t.Error("the form of a forgotten password does not carry it")
	}
	out.Post("/password/forgot", "email", ada, "next", asked)
	p := testkit.Press(t, out, k.Mail(ada), "password", password)
	if p.To != "/login"+query {
		t.Errorf("a new password: %s", p)
	}
	if in := out.Get(p.To); !strings.Contains(in.Body, `value="`+ada+`"`) || !in.Says("was changed") {
		t.Error("the address is not filled in")
	}
	if p := out.Post("/login", "email", ada, "password", password, "next", asked); p.To != asked {
		t.Error(p)
	}
	if p := k.Browser().Get("/login"); strings.Contains(p.Body, ada) {
		t.Error("it is filled in for others")
	}

	k = testkit.Start(t, "REGISTRATION=verify")
	b = k.Browser()
	b.Post("/register", "email", ada, "password", testkit.Password, "next", asked)
	if p := testkit.Press(t, b, k.Mail(ada)); p.To != asked || !testkit.LoggedIn(b) {
		t.Errorf("the mail of a registration: %s", p)
	}
	k.Browser().Post("/register", "email", ben, "password", testkit.Password, "next", asked)
	phone := k.Browser()
	if p := testkit.Press(t, phone, k.Mail(ben), "choose", "1"); p.To != "/password/reset" {
		t.Error(p)
	}
	if p := phone.Post("/password/reset", "password", password); p.To != "/login"+query {
		t.Errorf("on a phone: %s", p)
	}

	k = testkit.Start(t, "REGISTRATION=invite")
	link, err := k.App.Operator.Invite(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	b = k.Browser()
	p = b.Get(strings.TrimPrefix(link, k.URL) + "&next=%2Ftestkit%2Fpage%3Fpage%3D2")
	if p.To != "/register"+query || !strings.Contains(b.Get(p.To).Body, `name="next" value="`+asked+`"`) {
		t.Errorf("an invitation: %s", p)
	}
	if p := b.Post("/register", "email", ada, "password", testkit.Password, "next", asked); p.To != asked {
		t.Error(p)
	}
}

func TestAnInvitationForSomebodyElse(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		testkit.Add(t, k, ada)
		b := k.Browser().LogIn(ada)
		for invited, says := range map[string]string{ben: "this invitation is for " + ben, "": "somebody who has no account yet"} {
			link, err := k.App.Operator.Invite(t.Context(), invited)
			if err != nil {
				t.Fatal(err)
			}
			path := strings.TrimPrefix(link, k.URL)
			if p := b.Get(path); p.Status != 200 || !p.Says("You are logged in as "+ada) || !p.Says(says) || !strings.Contains(p.Body, `action="/logout"`) || p.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%q: %s", invited, p)
			}
			b.Post("/logout")
			if p := b.Get(path); p.To != "/register" || b.Get(p.To).Status != 200 {
				t.Errorf("after a log out: %s", p)
			}
			b.LogIn(ada)
		}
		if p := b.Get("/register?invite=" + strings.Repeat("A", 43)); !testkit.BrokenLink(p) {
			t.Errorf("one that does not work: %s", p)
		}
		if p := b.Post("/register", "email", ben, "password", testkit.Password); p.Status != 303 || !b.Follow(p).Says("You are logged in as "+ada) || k.Count(`SELECT count(*) FROM users`) != 1 {
			t.Errorf("registering while logged in: %s", p)
		}
	}, "REGISTRATION=invite")
}
