package activity_test

import (
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/testkit"
)

const page = "/account/activity"

func TestActivity(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		ada := k.Browser().Register(testkit.Ada)
		k.Browser().Post("/login", "email", testkit.Ada, "password", testkit.Wrong)
		k.Browser().Register(testkit.Ben)
		ada.Post("/confirm", "password", testkit.Wrong)
		ada.Post("/account/password", "current", testkit.Password, "password", testkit.NewPassword)
		p := ada.Get(page).ExpectText(t, 200, "Account registered", "Logged in", "Somebody tried to log in with a wrong password",
			"Somebody who was logged in gave a wrong password", "Password changed", "Firefox on Linux", "127.0.0.x",
			`<a href="/account/activity" aria-current="page">`)
		if strings.Index(p.Body, "Password changed") > strings.Index(p.Body, "Account registered") {
			t.Errorf("not the latest first: %s", p)
		}
		if n := strings.Count(p.Body, "Account registered"); n != 1 {
			t.Errorf("%d registrations in one user's history: %s", n, p)
		}
	})
}

func TestActivityIsShownForNinetyDays(t *testing.T) {
	k := testkit.Start(t)
	ada := k.Browser().Register(testkit.Ada)
	for range 60 {
		ada.Post("/confirm", "password", testkit.Password)
	}
	ada.Get(page+"?page=2").ExpectText(t, 200, "Account registered", "Page 2 of 2")
	k.Clock.Advance(91 * 24 * time.Hour)
	ada.LogIn(testkit.Ada).Get(page).ExpectText(t, 200, "Logged in", "!Account registered", "!Password confirmed")
}
