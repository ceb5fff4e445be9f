package notes_test

import (
	"testing"

	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/sections/notes"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/user"
)

func TestSeedFillsTwoPagesOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		ann := k.Browser().LogInAs("ann@example.org")
		u := user.User{ID: k.Text(`SELECT id FROM users`)}
		for range 2 {
			if err := notes.New(&feature.Core{DB: k.App.DB, Now: k.Clock.Now}).Seed(t.Context(), u); err != nil {
				t.Fatal(err)
			}
		}
		if n := k.Count(`SELECT count(*) FROM notes`); n != 24 {
			t.Errorf("%d notes", n)
		}
		ann.Get("/notes").ExpectText(t, 200, "Page 1 of 2")
	})
}
