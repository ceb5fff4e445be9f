package notes_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/sections/notes"
	"example.com/latchkey/internal/testkit"
)

// typed is the form as somebody fills it in, but for the changes: names and values in turn.
func typed(changes ...string) []string {
	return slices.Concat(changes, []string{ // of a name that is there twice, the first value counts
		"title", "Garden",
		"body", "line one\r\nline two",
	})
}

// Most of a section is tested as here: by what a browser gets from the running application.
func TestNotes(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		ann := k.Browser().LogInAs("ann@example.org")
		ann.Get("/notes").ExpectText(t, 200, "No notes yet")
		ann.Post("/notes", typed("title", "   ")...).ExpectText(t, 422, "Give the note a title.")

		at := ann.Post("/notes", typed("title", "<b>Garden</b>")...).Expect(t, 303).To
		ann.Get(at).ExpectText(t, 200, "The note was saved.", "<b>Garden</b>", "line one\nline two")
		if p := ann.Get(at); strings.Contains(p.Body, "<b>Garden") {
			t.Errorf("the title is not escaped: %s", p.Body)
		}
		ann.Get("/notes").ExpectText(t, 200, "<b>Garden</b>")
		for _, sort := range []string{"title", "-title", "changed", "-changed"} {
			ann.Get("/notes?sort="+sort).ExpectText(t, 200, "Notes", "!No notes yet")
		}

		first, second := "Meadow", "Orchard"
		ann.Post(at, typed("title", first, "version", "1")...).Expect(t, 303, at)
		for _, version := range []string{"1", "", "junk"} {
			ann.Post(at, typed("title", second, "version", version)...).
				ExpectText(t, 409, first, second, `name="version" value="2"`)
		}
		ann.Post(at, typed("title", second, "version", "2")...).Expect(t, 303, at)
		longest := strings.Repeat("😀", notes.MaxBody)
		ann.Post(at, typed("body", longest, "version", "3")...).Expect(t, 303, at)

		ann.Post(at+"/delete").Expect(t, 303, "/notes")
		ann.Post(at+"/delete").Expect(t, 303, "/notes") // the button was pressed twice
		ann.Get(at).Expect(t, 404)
	})
}

// TestWhatIsSentTwiceIsSavedOnce sends each form many times, as somebody does who is impatient and has no script.
func TestWhatIsSentTwiceIsSavedOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		ann := k.Browser().LogInAs("ann@example.org")
		send := func(to string, form []string) (at string) {
			answers := make([]testkit.Page, 10)
			var wg sync.WaitGroup
			for i := range answers {
				wg.Go(func() { answers[i] = ann.Post(to, form...) })
			}
			wg.Wait()
			for _, p := range answers {
				p.Expect(t, 303, answers[0].To)
			}
			return answers[0].To
		}
		once := ann.Get("/notes/new").Hidden("once")
		at := send("/notes", typed("once", once))
		send(at, typed("title", "Meadow", "version", "1"))
		if k.Count(`SELECT count(*) FROM notes`) != 1 || k.Count(`SELECT version FROM notes`) != 2 {
			t.Errorf("it was saved more than once: %s", ann.Get("/notes"))
		}
		if p := ann.Get(at); strings.Count(p.Body, "The note was saved.") != 1 {
			t.Errorf("that it was saved is not said once: %s", p)
		}
		ben := k.Browser().LogInAs("ben@example.org")
		ann.Post("/notes", typed("title", "Orchard", "once", once)...).Expect(t, 303)
		ben.Post("/notes", typed("once", once)...).Expect(t, 303)
		if n := k.Count(`SELECT count(*) FROM notes`); n != 3 {
			t.Errorf("%d notes, want 3: other words make another one, and so does another owner", n)
		}
	})
}

func TestOnlyTheOwnerReachesANote(t *testing.T) {
	k := testkit.Start(t)
	ann, ben := k.Browser().LogInAs("ann@example.org"), k.Browser().LogInAs("ben@example.org")
	at := ann.Post("/notes", typed()...).Expect(t, 303).To
	for _, path := range []string{at, at + "/edit", at + "/delete"} {
		ben.Get(path).Expect(t, 404)
	}
	ben.Post(at, typed("version", "1")...).Expect(t, 404)
	ben.Post(at+"/delete").Expect(t, 404)
	ben.Get("/notes").ExpectText(t, 200, "No notes yet")
	ann.Get(at).Expect(t, 200)
}

// What pages do not show, such as a race, is tested on the store, with users to own the rows.
func TestOfManyChangesToOneVersionOneWins(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db := testkit.DB(t, dsn)
		s, ann := notes.NewStore(db, time.Now), testkit.User(t, db)
		id, err := s.Create(t.Context(), ann, notes.Note{})
		if err != nil {
			t.Fatal(err)
		}
		results := make([]error, 20)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() {
				results[i] = s.Update(context.Background(), ann, notes.Note{ID: id, Version: 1, Title: fmt.Sprint("Title ", i)})
			})
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
		if saved, err := s.Note(t.Context(), ann, id); won != 1 || err != nil || saved.Version != 2 {
			t.Errorf("%d won, version %d, %v", won, saved.Version, err)
		}
	})
}

func TestListIsSearchedAndSorted(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db, clock := testkit.DB(t, dsn), &testkit.Clock{}
		s, ann := notes.NewStore(db, clock.Now), testkit.User(t, db)
		for _, text := range []string{"pear", "Apple_1%", "fig", "Öl"} {
			if _, err := s.Create(t.Context(), ann, notes.Note{Title: text}); err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Second)
		}
		for _, c := range []struct{ search, sort, want string }{
			{"", "", "Öl fig Apple_1% pear"},
			{"", "changed", "pear Apple_1% fig Öl"},
			{"", "title", "Apple_1% fig Öl pear"},
			{"", "-title", "pear Öl fig Apple_1%"},
			{"", "no column", "Öl fig Apple_1% pear"},
			{"P", "title", "Apple_1% pear"},
			{"aPPle", "", "Apple_1%"},
			{"öL", "", "Öl"},
			{"%", "", "Apple_1%"},
			{"e_", "", "Apple_1%"},
			{"plum", "", ""},
		} {
			list, page, err := s.List(t.Context(), ann, c.search, c.sort, 1)
			var got []string
			for _, note := range list {
				got = append(got, note.Title)
			}
			if strings.Join(got, " ") != c.want || page.Pages != 1 || err != nil {
				t.Errorf("%q by %q: %v %v", c.search, c.sort, got, err)
			}
		}
	})
}

func TestListAndExport(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		db, clock := testkit.DB(t, dsn), &testkit.Clock{}
		s, ann, ben := notes.NewStore(db, clock.Now), testkit.User(t, db), testkit.User(t, db)
		var ids []string // the latest first, as the list has them
		for i := range 45 {
			id, err := s.Create(t.Context(), ann, notes.Note{Title: fmt.Sprint("Title ", i)})
			if err != nil {
				t.Fatal(err)
			}
			ids = slices.Insert(ids, 0, id)
			clock.Advance(time.Second)
		}
		for _, c := range []struct{ ask, number, first, length int }{{1, 1, 0, 20}, {3, 3, 40, 5}, {0, 1, 0, 20}, {-7, 1, 0, 20}, {99, 3, 40, 5}} {
			list, page, err := s.List(t.Context(), ann, "", "", c.ask)
			if err != nil || page.Number != c.number || page.Pages != 3 || len(list) != c.length || list[0].ID != ids[c.first] {
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
			t.Errorf("ann has %d notes and ben %d, want 45 and 0", count(ann), count(ben))
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
	for n, c := range []struct {
		change func(f *notes.Form)
		field  string // with a problem; "" for none
	}{
		{func(*notes.Form) {}, ""},
		{func(f *notes.Form) { f.Title = "" }, "title"},
		{func(f *notes.Form) { f.Title = strings.Repeat("é", notes.MaxTitle) }, ""},
		{func(f *notes.Form) { f.Title = strings.Repeat("é", notes.MaxTitle+1) }, "title"},
		{func(f *notes.Form) { f.Title = "A\r\nBcc: b@example.org" }, "title"},
		{func(f *notes.Form) { f.Body = "" }, ""},
		{func(f *notes.Form) { f.Body = "two\nlines" }, ""},
		{func(f *notes.Form) { f.Body = strings.Repeat("é", notes.MaxBody+1) }, "body"},
	} {
		f := &notes.Form{
			Title: "Garden",
			Body:  "line one\r\nline two",
		}
		c.change(f)
		if valid := f.Valid(); valid != (c.field == "") || !valid && f.Problems[c.field] == "" {
			t.Errorf("case %d, %q: %v", n, c.field, f.Problems)
		}
	}
}
