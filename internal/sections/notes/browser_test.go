package notes_test

import (
	"testing"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

// TestANoteByKeyboard registers, writes a note, changes it and deletes it, logs out and in again, and touches no mouse.
func TestANoteByKeyboard(t *testing.T) {
	b, k := chrome.New(t), testkit.Start(t)
	b.Open(k.URL + "/")
	b.TabTo(`a "Register"`)
	b.Press("Enter")
	b.WaitPath("/register")
	b.TabTo("input#email")
	b.Type("ada@example.org")
	b.TabTo("input#password")
	b.Type(testkit.Password)
	b.Press("Enter")
	b.WaitPath("/account")
	b.TabTo(`a "Notes"`)
	b.Press("Enter")
	b.WaitText("No notes yet")
	b.TabTo("Add the first one")
	b.Press("Enter")
	b.TabTo("input#title")
	b.Type("Garden")
	b.TabTo("textarea#body")
	b.Type("Thyme.")
	b.TabTo("Save the note")
	b.Press("Enter")
	b.WaitText("The note was saved.")
	b.TabTo("Edit the note")
	b.Press("Enter")
	b.TabTo("textarea#body")
	b.Type("Sage. ")
	b.TabTo("Save the note")
	b.Press("Enter")
	b.WaitText("Sage.")
	b.TabTo("Delete the note")
	b.Press("Enter")
	b.WaitText("Keep the note")
	b.TabTo(`button "Delete the note"`)
	b.Press("Enter")
	b.WaitText("No notes yet")
	b.TabTo("your menu")
	b.Press("Enter")
	b.TabTo("Log out")
	b.Press("Enter")
	b.WaitPath("/")
	b.TabTo(`a "Log in"`)
	b.Press("Enter")
	b.TabTo("input#email")
	b.Type("ada@example.org")
	b.TabTo("input#password")
	b.Type(testkit.Password)
	b.Press("Enter")
	b.WaitPath("/account")
	if n := k.Count(`SELECT count(*) FROM notes`); n != 0 {
		t.Errorf("%d notes are left", n)
	}
}

// TestAConflictIsForEverybody looks at the page with both texts, which no link leads to.
func TestAConflictIsForEverybody(t *testing.T) {
	chrome.NeedsAxe(t)
	b, k := chrome.New(t), testkit.Start(t)
	k.Browser().Register("ada@example.org")
	b.Open(k.URL + "/login?next=/notes/new")
	b.Fill("email", "ada@example.org")
	b.Fill("password", testkit.Password)
	b.Click("main button.primary")
	b.WaitPath("/notes/new")
	b.Fill("title", "Garden")
	b.ClickText("Save the note")
	b.ClickText("Edit the note")
	k.Exec(`UPDATE notes SET version = version + 1, body = 'Of another tab'`)
	b.Fill("body", "Of this tab")
	b.ClickText("Save the note")
	b.WaitText("This note was changed in another tab")
	b.ForEverybody("a note that was changed in another tab")
}
