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

// TestNotesAreFoundByKeyboard searches and sorts the list, and touches no mouse, with scripts and without.
func TestNotesAreFoundByKeyboard(t *testing.T) {
	for name, options := range map[string][]chrome.Option{"script": nil, "no script": {chrome.NoScript()}} {
		t.Run(name, func(t *testing.T) {
			b, k := chrome.New(t, options...), testkit.Start(t)
			ada := k.Browser().LogInAs("ada@example.org")
			for _, title := range []string{"Herbs", "Apples"} {
				ada.Post("/notes", "title", title).Expect(t, 303)
			}
			b.Open(k.URL + "/login?next=/notes")
			b.TabTo("input#email")
			b.Type("ada@example.org")
			b.TabTo("input#password")
			b.Type(testkit.Password)
			b.Press("Enter")
			b.WaitPath("/notes")
			for _, order := range []string{"ascending Apples", "descending Herbs"} {
				b.TabTo(`a "Title`)
				b.Press("Enter")
				if got := b.Eval(`document.querySelector("[aria-sort]").ariaSort + " " + document.querySelector("tbody b").textContent`); got != order {
					t.Errorf("sorted: %v, want %s", got, order)
				}
			}
			b.TabTo("input#q")
			b.Type("thyme")
			b.Press("Enter")
			b.WaitText("No note contains “thyme”")
			b.TabTo("Clear the search")
			b.Press("Enter")
			b.TabTo("Apples")
			b.Press("Enter")
			b.WaitText("Edit the note")
		})
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

// TestASearchWithoutAHitIsForEverybody looks at the page of a search that found nothing.
func TestASearchWithoutAHitIsForEverybody(t *testing.T) {
	chrome.NeedsAxe(t)
	b, k := chrome.New(t), testkit.Start(t)
	k.Browser().LogInAs("ada@example.org").Post("/notes", "title", "Garden")
	b.Open(k.URL + "/login?next=/notes?q=thyme")
	b.Fill("email", "ada@example.org")
	b.Fill("password", testkit.Password)
	b.Click("main button.primary")
	b.WaitText("No note contains “thyme”")
	b.ForEverybody("a search without a hit")
}
