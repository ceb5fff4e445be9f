package auth_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

type status struct {
	In, Keeps bool
	User, At  string
	Ends      int
}

func decode(t *testing.T, p testkit.Page) (s status) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.Body), &s); err != nil || p.Status != 200 || p.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%s %q %v", p, p.Body, err)
	}
	return s
}

// TestAskingForTheStatusIsNoVisit holds that a page which is left open keeps no login alive, and starts no session.
func TestAskingForTheStatusIsNoVisit(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn)
		guest := k.Browser().Get("/login/status")
		if s := decode(t, guest); s != (status{}) || len(guest.Header.Values("Set-Cookie")) > 0 || k.Count(`SELECT count(*) FROM sessions`) != 0 {
			t.Errorf("a guest: %+v, cookies %v", s, guest.Header.Values("Set-Cookie"))
		}
		ann, ben := k.Browser().Register("ann@example.org"), k.Browser().Register("ben@example.org")
		ann.Post("/account/profile", "name", "Ann", "timezone", "Asia/Kathmandu")
		begun := k.Clock.Now()
		k.Clock.Advance(40 * time.Minute)
		s := decode(t, ann.Get("/login/status"))
		if !s.In || !s.Keeps || s.User == "" || s.Ends != 20*60 || s.At != begun.Add(time.Hour).In(time.FixedZone("", 5*3600+45*60)).Format("15:04") {
			t.Errorf("after 40 minutes: %+v", s)
		}
		if other := decode(t, ben.Get("/login/status")); other.User == s.User {
			t.Error("two users are one")
		}
		k.Flush()
		if n := k.Count(`SELECT count(*) FROM sessions WHERE seen_at > $1`, begun.UnixMilli()); n != 0 {
			t.Errorf("it counts as a visit of %d", n)
		}
		k.Clock.Advance(30 * time.Minute)
		if s := decode(t, ann.Get("/login/status")); s.In {
			t.Errorf("after 70 minutes: %+v", s)
		}
		ann.Get("/account").Expect(t, 303)
	})
}

func TestKeepingTheLoginIsAVisit(t *testing.T) {
	k := testkit.Start(t)
	ann := k.Browser().Register("ann@example.org")
	for range 25 { // to its absolute limit, 24 hours
		k.Clock.Advance(57 * time.Minute)
		s := decode(t, ann.Post("/login/keep"))
		if !s.In || s.Ends > 3600 || s.Keeps != (s.Ends > 59*60) { // the clock runs meanwhile
			t.Fatalf("%+v", s)
		}
	}
	if s := decode(t, ann.Get("/login/status")); s.Keeps || s.Ends > 15*60 || s.Ends < 14*60 {
		t.Errorf("a quarter of an hour before the end: %+v", s)
	}
	k.Clock.Advance(15 * time.Minute)
	if s := decode(t, ann.Post("/login/keep")); s.In {
		t.Errorf("it lasts beyond its limit: %+v", s)
	}
}

// open registers in a real browser, and opens a form with something private in it.
func open(t *testing.T) (*chrome.Browser, *testkit.Kit) {
	b, k := chrome.New(t), testkit.Start(t)
	b.Open(k.URL + "/register")
	b.Fill("name", "Ada Lovelace")
	b.Fill("email", "ada@example.org")
	b.Fill("password", testkit.Password)
	b.Click("main button.primary")
	b.WaitPath("/account")
	b.Open(k.URL + testkit.Private)
	b.Fill("title", "Only mine")
	return b, k
}

// look is what a browser does when its tab comes to the front.
func look(b *chrome.Browser) {
	b.Eval(`document.dispatchEvent(new Event("visibilitychange", { bubbles: true })) && null`)
}

func TestAnOpenPageHidesItselfWhenItsLoginHasEnded(t *testing.T) {
	b, k := open(t)
	k.Browser().LogIn("ada@example.org").Post("/account/devices/end-others")
	look(b)
	b.WaitText("You have been logged out")
	if text := b.Text(); strings.Contains(text, "Texts") || strings.Contains(text, "Ada") {
		t.Errorf("it still shows %s", text)
	}
	if got := b.Eval(`document.getElementById("title").checkVisibility()`); got != false {
		t.Error("what was typed is still there to see")
	}
	if got := b.Focused(); !strings.HasPrefix(got, "h1") {
		t.Errorf("the focus is on %s", got)
	}
	if got := b.Eval(`document.querySelector(".cover a").getAttribute("href")`); got != "/login?next=%2Ftestkit%2Fpage" {
		t.Errorf("it leads to %v", got)
	}

	// Another tab logs in again: what was typed is back.
	b.Eval(`fetch("/login", { method: "POST", body: new URLSearchParams({ email: "ada@example.org", password: "` + testkit.Password + `" }) }).then(() => null)`)
	look(b)
	b.WaitText("Texts")
	if got := b.Eval(`document.getElementById("title").value`); got != "Only mine" {
		t.Errorf("what was typed is %q", got)
	}
	// Somebody else does: it is not theirs to see.
	k.Browser().Register("ben@example.org")
	b.Eval(`fetch("/logout", { method: "POST" }).then(() => fetch("/login", { method: "POST", body: new URLSearchParams({ email: "ben@example.org", password: "` + testkit.Password + `" }) })).then(() => null)`)
	look(b)
	b.WaitText("You have been logged out")
	if errors := b.ConsoleErrors(); len(errors) > 0 {
		t.Errorf("console: %v", errors)
	}
}

func TestAnOpenPageWarnsBeforeItsLoginEnds(t *testing.T) {
	b, k := open(t)
	k.Clock.Advance(57 * time.Minute)
	look(b)
	b.Eval(`new Promise((done) => setTimeout(done, 50)).then(() => null)`)
	if strings.Contains(b.Text(), "logged out soon") {
		t.Error("three minutes before, it warns already")
	}
	k.Clock.Advance(90 * time.Second)
	now := k.Clock.Now().UTC()
	look(b)
	const warning = "You will be logged out soon, at "
	b.WaitText(warning)
	_, says, _ := strings.Cut(b.Text(), warning)
	ends := false // within the two minutes that are left at most, whatever time the test has taken
	for at := now; !at.After(k.Clock.Now().Add(2 * time.Minute)); at = at.Add(time.Second) {
		ends = ends || strings.HasPrefix(says, at.Format("15:04"))
	}
	if !ends {
		t.Errorf("at %s it says that the login ends at %.5s", now.Format("15:04"), says)
	}
	b.ClickText("Stay logged in")
	for strings.Contains(b.Text(), "logged out soon") { //nolint:revive // the test's time limit ends it
	}
	k.Clock.Advance(57 * time.Minute)
	look(b)
	b.ClickText("Save")
	b.WaitText("The text was saved.")
}

// TestPressedTwiceIsSentOnce holds that a form waits until its page is shown again.
func TestPressedTwiceIsSentOnce(t *testing.T) {
	b, k := open(t)
	sent := b.Eval(`(() => {
		let sent = 0;
		addEventListener("submit", (event) => { if (!event.defaultPrevented) sent++; });
		const form = document.querySelector("main form");
		form.requestSubmit();
		form.requestSubmit();
		return sent;
	})()`)
	if sent != 1.0 {
		t.Errorf("sent %v times", sent)
	}
	b.WaitText("The text was saved.")
	if n := k.Count(`SELECT count(*) FROM testkit_texts`); n != 1 {
		t.Errorf("%d texts", n)
	}
	b.Back()
	b.Fill("title", "Another")
	b.ClickText("Save")
	b.WaitText("Another")
	if n := k.Count(`SELECT count(*) FROM testkit_texts`); n != 2 {
		t.Errorf("%d texts after another", n)
	}
}
