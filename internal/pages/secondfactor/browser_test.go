package secondfactor_test

import (
	"testing"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

// TestPagesAreForEverybody comes to the pages that only somebody sees who has a second factor, or has lost it.
func TestPagesAreForEverybody(t *testing.T) {
	chrome.NeedsAxe(t)
	k := testkit.Start(t)
	owner(t, k)
	b := chrome.New(t)
	firstStep := func() {
		b.Open(k.URL + "/login")
		b.Fill("email", testkit.Ada)
		b.Fill("password", testkit.Password)
		b.Click("main button.primary")
		b.WaitPath(step)
	}
	firstStep()
	b.ForEverybody(`GET /login/second-factor`)
	b.Fill("word", "sesame")
	b.Click("main button.primary")
	b.WaitText("does not match")
	b.ForEverybody("a wrong word") // opens what stands behind a line, too
	b.ClickText("Ask to have it removed")
	b.WaitText("We have written to you")
	b.ForEverybody("a lost factor")
	b.Open(k.URL + testkit.Link(k.Mail(testkit.Ada)))
	b.WaitText("Keep your second factor")
	b.ForEverybody(`GET /second-factor/keep`)
	for range 3 {
		wait(t, k, day)
	}
	b.Open(k.URL + testkit.Link(k.Mail(testkit.Ada)))
	b.WaitPath("/second-factor/remove")
	b.ForEverybody(`GET /second-factor/remove`)
	firstStep()
	b.Fill("word", testkit.Word)
	b.ClickText("Trust this browser")
	b.Click("main button.primary")
	b.WaitPath("/account")
	b.Open(k.URL + setUp)
	b.WaitText("Browsers that you trust")
	b.ForEverybody("a browser that is trusted")
}
