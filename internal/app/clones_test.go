package app_test

import (
	"testing"

	"example.com/latchkey/internal/testkit"
)

// TestTwoClonesInOneBrowser uses two projects on one machine in one browser, which shares its cookies among all ports of a
// host: neither takes the other's session away.
func TestTwoClonesInOneBrowser(t *testing.T) {
	one, other := testkit.Start(t, "PORT=8080"), testkit.Start(t, "PORT=8081")
	atOne := one.Browser().Register(testkit.Ada)
	atOther := atOne.At(other)
	if testkit.LoggedIn(atOther) {
		t.Fatal("one database for both")
	}
	atOther.Register(testkit.Ben)
	atOne.Get("/account").ExpectText(t, 200, testkit.Ada)
	atOther.Get("/account").ExpectText(t, 200, testkit.Ben)
	atOther.Post("/logout").Expect(t, 303)
	atOne.Get("/account").ExpectText(t, 200, testkit.Ada)
	atOne.Post("/logout").Expect(t, 303)
	atOther.Post("/login", "email", testkit.Ben, "password", testkit.Wrong)
	if n := other.Count(`SELECT count(*) FROM known_browsers`); n != 1 {
		t.Errorf("%d known browsers", n)
	}
}
