// Package notes is a private section: notes that only their owner can read. It knows its own table and pages, and
// nothing of other sections. It was written by:
//
//	make section NAME=notes FIELDS="title:text! body:long?"
//
// docs/how-to/add-a-section.md explains it, and how to go on.
package notes

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/once"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/value"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

const (
	// MaxTitle limits the title, in characters.
	MaxTitle = 200
	// MaxBody limits the body, in characters.
	MaxBody = 20_000
	// maxForm limits the form, in bytes: a character has at most four bytes, and each of these is sent as three.
	maxForm = 64<<10 + 12*MaxBody
)

// fields are those of the form, for a page that shows what was sent.
var fields = []web.Field{
	once.Field,
	{Name: "version", Hidden: true},
	{Name: "title", Label: "Title"},
	{Name: "body", Label: "Body", Rows: 12},
}

// Section has the notes of all users. Each of them sees their own.
type Section struct{ store *Store }

// New returns the section. A new page is one line here.
func New(core *feature.Core) feature.Feature {
	s := &Section{NewStore(core.DB, core.Now)}
	return feature.Feature{
		Name: "notes",
		Routes: []web.Route{
			web.Private.At("GET /notes", s.list).Titled("Notes").InMenu("Notes"),
			web.Private.At("POST /notes", s.create).Takes(fields...).TakesUpTo(maxForm).Limited("notes.write"),
			web.Private.At("GET /notes/new", s.add).Titled("Add a note"),
			web.Private.At("GET /notes/{id}", s.show).Titled("A note"),
			web.Private.At("POST /notes/{id}", s.update).Takes(fields...).TakesUpTo(maxForm).Limited("notes.write"),
			web.Private.At("GET /notes/{id}/edit", s.edit).Titled("Edit the note"),
			web.Private.At("GET /notes/{id}/delete", s.askDelete).Titled("Delete the note"),
			web.Private.At("POST /notes/{id}/delete", s.delete).Limited("notes.write"),
		},
		Limits: []ratelimit.Named{
			{Name: "notes.write", Act: "save or delete a note", By: "account", Setting: "LIMIT_NOTES_WRITE", Tries: 300},
		},
		Exports: []database.Export{{Table: "notes", About: "Your notes", Owner: "owner_id", Columns: columns}},
		Seed:    s.seed,
	}
}

func (s *Section) list(w http.ResponseWriter, r *http.Request) error {
	list := web.ListOf(r, "-changed")
	notes, page, err := s.store.List(r.Context(), login.Current(r).ID, list.Search, list.Sort, list.Page)
	if err != nil {
		return err
	}
	list.Page, list.Pages = page.Number, page.Pages
	return web.Render(w, r, http.StatusOK, listPage(notes, list))
}

// A Form is what was typed plus what is wrong with it. A new field of a note begins here.
type Form struct {
	ID       string // "" for a new note
	Title    string
	Body     string
	Version  int64
	Problems web.Problems
}

func readForm(r *http.Request) *Form {
	version, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		version = 0 // no note has it: the change is a conflict, and nothing is overwritten
	}
	return &Form{
		ID: r.PathValue("id"), Version: version,
		Title: strings.TrimSpace(r.PostFormValue("title")),
		Body:  strings.ReplaceAll(r.PostFormValue("body"), "\r\n", "\n"), // as browsers send line ends (HTML, 4.10.22.4)
	}
}

// Valid fills Problems, and reports whether there are none.
func (f *Form) Valid() bool {
	f.Problems = web.Problems{}
	f.Problems.Check(f.Title != "", "title", "Give the note a title.")
	f.Problems.Add("title", value.LineProblem(f.Title, MaxTitle))
	f.Problems.Add("body", value.TextProblem(f.Body, MaxBody))
	return len(f.Problems) == 0
}

// note returns the note that a valid form describes.
func (f *Form) note() Note {
	return Note{
		ID: f.ID, Version: f.Version,
		Title: f.Title,
		Body:  f.Body,
	}
}

func formOf(note Note) *Form {
	return &Form{
		ID: note.ID, Version: note.Version,
		Title: note.Title,
		Body:  note.Body,
	}
}

// inputs are the fields of the form, as its page asks for them.
func (f *Form) inputs() []views.Input {
	return views.Checked(f.Problems,
		views.Input{Name: "title", Label: "Title", Value: f.Title, Autocomplete: "off", MaxLength: MaxTitle},
		views.Input{Name: "body", Label: "Body", Value: f.Body, Optional: true, Rows: 12},
	)
}

func (s *Section) add(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, editPage(&Form{}))
}

func (s *Section) create(w http.ResponseWriter, r *http.Request) error {
	form := readForm(r)
	if !form.Valid() {
		return web.Render(w, r, http.StatusUnprocessableEntity, editPage(form))
	}
	note := form.note()
	note.ID = once.ID(r)
	id, err := s.store.Create(r.Context(), login.Current(r).ID, note)
	if err != nil {
		return err
	}
	return s.saved(w, r, id)
}

func (s *Section) saved(w http.ResponseWriter, r *http.Request, id string) error {
	session.Flash(r.Context(), "The note was saved.")
	return web.SeeOther(w, r, "/notes/"+id)
}

func (s *Section) show(w http.ResponseWriter, r *http.Request) error {
	note, err := s.store.Note(r.Context(), login.Current(r).ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, showPage(note))
}

func (s *Section) edit(w http.ResponseWriter, r *http.Request) error {
	note, err := s.store.Note(r.Context(), login.Current(r).ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, editPage(formOf(note)))
}

func (s *Section) update(w http.ResponseWriter, r *http.Request) error {
	form, owner := readForm(r), login.Current(r).ID
	saved, err := s.store.Note(r.Context(), owner, form.ID)
	if err != nil {
		return err
	}
	if !form.Valid() {
		return web.Render(w, r, http.StatusUnprocessableEntity, editPage(form))
	}
	err = s.store.Update(r.Context(), owner, form.note())
	if errors.Is(err, fault.Conflict) {
		return s.conflict(w, r, form, saved)
	}
	if err != nil {
		return err
	}
	return s.saved(w, r, form.ID)
}

// conflict shows both versions. The form now has the number of the saved version, so whoever saves again overwrites it knowingly.
// If they say the same, the form was sent twice, and it is saved.
func (s *Section) conflict(w http.ResponseWriter, r *http.Request, form *Form, saved Note) error {
	if fresh, err := s.store.Note(r.Context(), login.Current(r).ID, form.ID); err == nil {
		saved = fresh
	}
	if once.Same(formOf(form.note()).inputs(), formOf(saved).inputs()) {
		return s.saved(w, r, form.ID)
	}
	form.Version = saved.Version
	return web.Render(w, r, http.StatusConflict, conflictPage(form, saved))
}

func (s *Section) askDelete(w http.ResponseWriter, r *http.Request) error {
	note, err := s.store.Note(r.Context(), login.Current(r).ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, deletePage(note))
}

func (s *Section) delete(w http.ResponseWriter, r *http.Request) error {
	if err := s.store.Delete(r.Context(), login.Current(r).ID, r.PathValue("id")); err != nil {
		return err
	}
	session.Flash(r.Context(), "The note was deleted.")
	return web.SeeOther(w, r, "/notes")
}
