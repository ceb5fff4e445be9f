package notes_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/sections/notes"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/migrations"
)

// open returns a store on an empty database with two users, ann and ben.
func open(t *testing.T, dsn string, clock *testkit.Clock) (*notes.Store, *database.DB) {
	t.Helper()
	db, err := database.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(t.Context(), migrations.Files); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"ann", "ben"} {
		if _, err := db.ExecContext(t.Context(), `
			INSERT INTO users (id, email, email_key, name, role, password_hash, password_changed_at, created_at, disabled_at)
			VALUES ($1, $1, $1, '', '', '', 0, 0, 0)`, id); err != nil {
			t.Fatal(err)
		}
	}
	return notes.NewStore(db, clock.Now), db
}

// export returns the titles that the owner downloads.
func export(t *testing.T, db *database.DB, ownerID string) (titles []string) {
	t.Helper()
	for row, err := range db.ExportRows(t.Context(), notes.New(&feature.Core{}).Exports[0], ownerID) {
		if err != nil {
			t.Fatal(err)
		}
		titles = append(titles, row.(map[string]any)["title"].(string))
	}
	return titles
}

func TestOnlyTheOwnerReachesANote(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s, db := open(t, dsn, &testkit.Clock{})
		ctx := t.Context()
		id, err := s.Create(ctx, "ann", "Mine", "secret")
		if err != nil {
			t.Fatal(err)
		}
		_, read := s.Note(ctx, "ben", id)
		for what, err := range map[string]error{
			"read": read, "update": s.Update(ctx, "ben", id, 1, "x", "x"), "delete": s.Delete(ctx, "ben", id),
			"unknown": s.Delete(ctx, "ann", "nothing"),
		} {
			if !errors.Is(err, fault.NotFound) {
				t.Errorf("%s: %v, want fault.NotFound", what, err)
			}
		}
		if list, _, err := s.List(ctx, "ben", 1); err != nil || len(list) != 0 {
			t.Errorf("ben's list: %v %v", list, err)
		}
		if all := export(t, db, "ben"); len(all) != 0 {
			t.Errorf("ben's export: %v", all)
		}
		if all := export(t, db, "ann"); len(all) != 1 || all[0] != "Mine" {
			t.Errorf("ann's export: %v", all)
		}
		if n, err := s.Note(ctx, "ann", id); err != nil || n.Body != "secret" {
			t.Errorf("ann's note: %v %v", n, err)
		}
	})
}

func TestOfManyChangesToOneVersionOneWins(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		s, _ := open(t, dsn, &testkit.Clock{})
		id, err := s.Create(t.Context(), "ann", "First", "")
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		results := make(chan error, 20)
		for i := range 20 {
			wg.Go(func() { results <- s.Update(context.Background(), "ann", id, 1, fmt.Sprint("Tab ", i), "") })
		}
		wg.Wait()
		close(results)
		won := 0
		for err := range results {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, fault.Conflict):
				t.Errorf("the loser got %v", err)
			}
		}
		if n, err := s.Note(t.Context(), "ann", id); won != 1 || err != nil || n.Version != 2 {
			t.Errorf("%d won, version %d, %v", won, n.Version, err)
		}
	})
}

func TestListPages(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		clock := &testkit.Clock{}
		s, db := open(t, dsn, clock)
		for i := range 45 {
			if _, err := s.Create(t.Context(), "ann", fmt.Sprint("Note ", i), ""); err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Second)
		}
		for _, c := range []struct {
			ask, number, length int
			first               string
		}{{1, 1, 20, "Note 44"}, {3, 3, 5, "Note 4"}, {0, 1, 20, "Note 44"}, {-7, 1, 20, "Note 44"}, {99, 3, 5, "Note 4"}} {
			list, page, err := s.List(t.Context(), "ann", c.ask)
			if err != nil || page.Number != c.number || page.Pages != 3 || len(list) != c.length || list[0].Title != c.first {
				t.Errorf("page %d: number %d of %d, %d notes, %v", c.ask, page.Number, page.Pages, len(list), err)
			}
		}
		if _, err := db.ExecContext(t.Context(), `DELETE FROM users WHERE id = $1`, "ann"); err != nil {
			t.Fatal(err)
		}
		if all := export(t, db, "ann"); len(all) != 0 {
			t.Errorf("notes outlive their owner: %v", all)
		}
	})
}

func TestForm(t *testing.T) {
	for _, c := range []struct {
		form  notes.Form
		field string // with a problem; "" for none
	}{
		{notes.Form{Title: "A"}, ""},
		{notes.Form{Title: ""}, "title"},
		{notes.Form{Title: strings.Repeat("é", notes.MaxTitle)}, ""},
		{notes.Form{Title: strings.Repeat("é", notes.MaxTitle+1)}, "title"},
		{notes.Form{Title: "A\r\nBcc: b@example.org"}, "title"},
		{notes.Form{Title: "A", Body: strings.Repeat("x", notes.MaxBody+1)}, "body"},
		{notes.Form{Title: "A", Body: "two\nlines"}, ""},
	} {
		if valid := c.form.Valid(); valid != (c.field == "") || !valid && c.form.Problems[c.field] == "" {
			t.Errorf("%.20q: %v", c.form.Title, c.form.Problems)
		}
	}
}

func TestNotesThroughTheFrontDoor(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn)
		ann, ben := k.Browser().LogInAs("ann@example.org"), k.Browser().LogInAs("ben@example.org")

		if p := ann.Get("/notes"); !p.Says("No notes yet") {
			t.Errorf("empty list: %d", p.Status)
		}
		if p := ann.Post("/notes", "title", "   ", "body", "kept"); p.Status != 422 || !p.Says("Give the note a title.") || !p.Says("kept") {
			t.Errorf("blank title: %d %s", p.Status, p.Body)
		}
		p := ann.Post("/notes", "title", "<b>Garden</b>", "body", "line one\r\nline two")
		if p.Status != 303 {
			t.Fatalf("create: %d %s", p.Status, p.Body)
		}
		at := p.To
		if p := ann.Get(at); !p.Says("The note was saved.") || !strings.Contains(p.Body, "&lt;b&gt;Garden") || !strings.Contains(p.Body, "line one\nline two") {
			t.Errorf("show: %s", p.Body)
		}
		for _, p := range []testkit.Page{ben.Get(at), ben.Get(at + "/edit"), ben.Get(at + "/delete"), ben.Post(at, "title", "x", "version", "1"), ben.Post(at + "/delete"), ann.Get("/notes/no-such-note")} {
			if p.Status != 404 {
				t.Errorf("somebody else's note: %d", p.Status)
			}
		}
		if p := ann.Post(at, "title", "Garden", "body", "first tab", "version", "1"); p.Status != 303 {
			t.Errorf("first tab: %d", p.Status)
		}
		for _, version := range []string{"1", "", "junk"} {
			p = ann.Post(at, "title", "Garden", "body", "second tab", "version", version)
			if p.Status != 409 || !p.Says("first tab") || !p.Says("second tab") || !strings.Contains(p.Body, `name="version" value="2"`) {
				t.Errorf("second tab, version %q: %d %s", version, p.Status, p.Body)
			}
		}
		if p := ann.Post(at, "title", "Garden", "body", "both", "version", "2"); p.Status != 303 {
			t.Errorf("deliberate save: %d", p.Status)
		}
		if p := ann.Post(at + "/delete"); p.To != "/notes" || ann.Get(at).Status != 404 {
			t.Errorf("delete: %d", p.Status)
		}
	})
}
