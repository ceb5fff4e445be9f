package notes_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/sections/notes"
	"example.com/latchkey/internal/testkit"
)

// Most of a section is tested as here: by what a browser gets from the running application.
func TestNotes(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		ann := testkit.Start(t, "DATABASE_URL="+dsn).Browser().LogInAs("ann@example.org")
		ann.Get("/notes").ExpectText(t, 200, "No notes yet")
		ann.Post("/notes", "title", "   ", "body", "what I typed").ExpectText(t, 422, "Give the note a title.", "what I typed")

		at := ann.Post("/notes", "title", "<b>Garden</b>", "body", "line one\r\nline two").Expect(t, 303).To
		ann.Get(at).ExpectText(t, 200, "The note was saved.", "<b>Garden</b>", "line one\nline two")
		if p := ann.Get(at); strings.Contains(p.Body, "<b>Garden") {
			t.Errorf("the title is not escaped: %s", p.Body)
		}
		ann.Get("/notes").ExpectText(t, 200, "<b>Garden</b>")

		ann.Post(at, "title", "Garden", "body", "of the first tab", "version", "1").Expect(t, 303, at)
		for _, version := range []string{"1", "", "junk"} {
			ann.Post(at, "title", "Garden", "body", "of the second tab", "version", version).
				ExpectText(t, 409, "of the first tab", "of the second tab", `name="version" value="2"`)
		}
		ann.Post(at, "title", "Garden", "body", "of both", "version", "2").Expect(t, 303, at)

		ann.Post(at+"/delete").Expect(t, 303, "/notes")
		ann.Get(at).Expect(t, 404)
	})
}

func TestOnlyTheOwnerReachesANote(t *testing.T) {
	k := testkit.Start(t)
	ann, ben := k.Browser().LogInAs("ann@example.org"), k.Browser().LogInAs("ben@example.org")
	at := ann.Post("/notes", "title", "Mine", "body", "secret").Expect(t, 303).To
	for _, path := range []string{at, at + "/edit", at + "/delete"} {
		ben.Get(path).Expect(t, 404)
	}
	ben.Post(at, "title", "x", "version", "1").Expect(t, 404)
	ben.Post(at+"/delete").Expect(t, 404)
	ben.Get("/notes").ExpectText(t, 200, "No notes yet")
	ann.Get(at).ExpectText(t, 200, "secret")
}

// What pages do not show, such as a race, is tested on the store: on every database, with users to own the rows.
func TestOfManyChangesToOneVersionOneWins(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db := testkit.DB(t, dsn)
		s, ann := notes.NewStore(db, time.Now), testkit.User(t, db)
		id, err := s.Create(t.Context(), ann, "First", "")
		if err != nil {
			t.Fatal(err)
		}
		results := make([]error, 20)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() { results[i] = s.Update(context.Background(), ann, id, 1, fmt.Sprint("Tab ", i), "") })
		}
		wg.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			} else if !errors.Is(err, fault.Conflict) {
				t.Errorf("a loser got %v, want fault.Conflict", err)
			}
		}
		if n, err := s.Note(t.Context(), ann, id); won != 1 || err != nil || n.Version != 2 {
			t.Errorf("%d won, version %d, %v", won, n.Version, err)
		}
	})
}

func TestListAndExport(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db, clock := testkit.DB(t, dsn), &testkit.Clock{}
		s, ann, ben := notes.NewStore(db, clock.Now), testkit.User(t, db), testkit.User(t, db)
		for i := range 45 {
			if _, err := s.Create(t.Context(), ann, fmt.Sprint("Note ", i), ""); err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Second)
		}
		for _, c := range []struct {
			ask, number, length int
			first               string
		}{{1, 1, 20, "Note 44"}, {3, 3, 5, "Note 4"}, {0, 1, 20, "Note 44"}, {-7, 1, 20, "Note 44"}, {99, 3, 5, "Note 4"}} {
			list, page, err := s.List(t.Context(), ann, c.ask)
			if err != nil || page.Number != c.number || page.Pages != 3 || len(list) != c.length || list[0].Title != c.first {
				t.Errorf("page %d: %+v, %d notes, %v", c.ask, page, len(list), err)
			}
		}
		count := func(owner string) int {
			n, err := db.ExportCount(t.Context(), notes.New(&feature.Core{}).Exports[0], owner)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if count(ann) != 45 || count(ben) != 0 {
			t.Errorf("ann downloads %d notes and ben %d, want 45 and 0", count(ann), count(ben))
		}
		if _, err := db.ExecContext(t.Context(), `DELETE FROM users WHERE id = $1`, ann); err != nil {
			t.Fatal(err)
		}
		if n := count(ann); n != 0 {
			t.Errorf("%d notes outlive their owner", n)
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
