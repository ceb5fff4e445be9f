package testkit

import (
	"testing"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/user"
)

// User adds a user with an address of its own, and returns its id: the owner of what a store keeps. To log somebody in,
// see [Browser.LogInAs].
func User(t testing.TB, db *database.DB) (id string) {
	t.Helper()
	id = database.NewID()
	if err := user.NewStore(db, time.Now).Insert(t.Context(), user.User{ID: id, Email: id + "@example.org"}); err != nil {
		t.Fatal(err)
	}
	return id
}
