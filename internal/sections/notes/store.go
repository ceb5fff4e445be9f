package notes

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/value"
)

// perPage is the number of notes on one page of the list.
const perPage = 20

// A Note is a note that only its owner can read.
type Note struct {
	ID      string
	Title   string    // never blank, at most MaxTitle characters, one line
	Body    string    // may be empty, at most MaxBody characters
	Version int64     // grows with every change
	Created time.Time // UTC
	Changed time.Time // UTC
}

// searched returns the text that a search looks into.
func (note Note) searched() string { return value.Fold(note.Title, note.Body) }

// Store keeps notes. Every query names the owner.
type Store struct {
	db  *database.DB
	now func() time.Time
}

// NewStore returns a store on the database. now is its clock.
func NewStore(db *database.DB, now func() time.Time) *Store { return &Store{db, now} }

// Create stores a new note under its ID, which is a new one by default, and returns that. If it is there already, because
// its form was sent twice, it stays as it is.
func (s *Store) Create(ctx context.Context, ownerID string, note Note) (string, error) {
	id, now := cmp.Or(note.ID, database.NewID()), s.now().UnixMilli()
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO notes (id, owner_id, title, body, search, version, created_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, 1, $6, $6)
		ON CONFLICT (id) DO NOTHING`,
		id, ownerID, note.Title, note.Body, note.searched(), now)
	return id, err
}

// columns are what scan reads, and what Exports names.
const columns = `id, title, body, version, created_at, changed_at`

func scan(scan func(dest ...any) error) (note Note, err error) {
	var created, changed int64
	err = scan(&note.ID, &note.Title, &note.Body, &note.Version, &created, &changed)
	note.Created, note.Changed = database.Time(created), database.Time(changed)
	return note, err
}

// Note returns one note of its owner.
// It returns fault.NotFound if there is none, or if it is someone else's.
func (s *Store) Note(ctx context.Context, ownerID, id string) (Note, error) {
	note, err := scan(s.db.QueryRowContext(ctx, `SELECT `+columns+` FROM notes WHERE id = $1 AND owner_id = $2`, id, ownerID).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Note{}, fmt.Errorf("note %s: %w", id, fault.NotFound)
	}
	return note, err
}

// sorts has the columns that a list can be sorted by, under their names in addresses (?sort=).
var sorts = map[string]string{
	"title": "title" + database.Alphabetical + ", id", "-title": "title" + database.Alphabetical + " DESC, id DESC",
	"changed": "changed_at, id", "-changed": "changed_at DESC, id DESC",
}

// List returns a page of the owner's notes that contain the search, or of all if it is "". An unknown
// order means the last changed first. Pages count from 1; a number out of range means the nearest page.
func (s *Store) List(ctx context.Context, ownerID, search, sort string, number int) (notes []Note, page database.Page, err error) {
	by, ok := sorts[sort]
	if !ok {
		by = sorts["-changed"]
	}
	const which = `
		  FROM notes
		 WHERE owner_id = $1 AND ($2 = '' OR search LIKE $2 ESCAPE '\')`
	pattern := database.Containing(value.Fold(search))
	var total int
	if err := s.db.QueryRowContext(ctx, `SELECT count(*)`+which, ownerID, pattern).Scan(&total); err != nil {
		return nil, page, err
	}
	page = database.PageOf(total, perPage, number)
	rows, err := s.db.QueryContext(ctx, `SELECT `+columns+which+` ORDER BY `+by+` LIMIT $3 OFFSET $4`,
		ownerID, pattern, page.Limit, page.Offset)
	if err != nil {
		return nil, page, err
	}
	defer rows.Close()
	for rows.Next() {
		note, err := scan(rows.Scan)
		if err != nil {
			return nil, page, err
		}
		notes = append(notes, note)
	}
	return notes, page, rows.Err()
}

// Update changes a note that still has this version.
// It returns fault.Conflict if it was changed since, fault.NotFound if the owner has no such note.
func (s *Store) Update(ctx context.Context, ownerID string, note Note) error {
	res, err := s.db.ExecContext(ctx, `
		UPDATE notes
		   SET title = $1, body = $2, search = $3, version = version + 1, changed_at = $4
		 WHERE id = $5 AND owner_id = $6 AND version = $7`,
		note.Title, note.Body, note.searched(), s.now().UnixMilli(), note.ID, ownerID, note.Version)
	err = database.OneRow(res, err, fmt.Errorf("note %s: %w", note.ID, fault.Conflict))
	if errors.Is(err, fault.Conflict) {
		if _, gone := s.Note(ctx, ownerID, note.ID); gone != nil {
			return gone
		}
	}
	return err
}

// Delete deletes a note, whatever its version. That it is gone already is no error. It returns fault.NotFound if it is
// someone else's.
func (s *Store) Delete(ctx context.Context, ownerID, id string) error {
	res, err := s.db.ExecContext(ctx, `DELETE FROM notes WHERE id = $1 AND owner_id = $2`, id, ownerID)
	err = database.OneRow(res, err, fmt.Errorf("note %s: %w", id, fault.NotFound))
	return s.db.GoneAlready(ctx, err, `SELECT 1 FROM notes WHERE id = $1`, id)
}
