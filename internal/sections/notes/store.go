package notes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

// perPage is the number of notes on one page of the list.
const perPage = 20

// A Note is a short text that only its owner can read.
type Note struct {
	ID      string
	Title   string    // never blank, at most MaxTitle characters, one line
	Body    string    // may be empty, at most MaxBody characters
	Version int64     // grows with every change
	Created time.Time // UTC
	Changed time.Time // UTC
}

// Store keeps notes. Every query names the owner.
type Store struct {
	db  *database.DB
	now func() time.Time
}

// NewStore returns a store on the database, with the clock that it shall go by.
func NewStore(db *database.DB, now func() time.Time) *Store { return &Store{db, now} }

// Create makes a note and returns its id.
func (s *Store) Create(ctx context.Context, ownerID, title, body string) (string, error) {
	id, now := database.NewID(), s.now().UnixMilli()
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO notes (id, owner_id, title, body, version, created_at, changed_at)
		VALUES ($1, $2, $3, $4, 1, $5, $5)`, id, ownerID, title, body, now)
	return id, err
}

// columns are what scan reads, and what the owner downloads.
const columns = `id, title, body, version, created_at, changed_at`

func scan(scan func(dest ...any) error) (n Note, err error) {
	var created, changed int64
	err = scan(&n.ID, &n.Title, &n.Body, &n.Version, &created, &changed)
	n.Created, n.Changed = database.Time(created), database.Time(changed)
	return n, err
}

// Note returns one note of its owner.
// It returns fault.NotFound if there is none, or if it is someone else's.
func (s *Store) Note(ctx context.Context, ownerID, id string) (Note, error) {
	n, err := scan(s.db.QueryRowContext(ctx, `SELECT `+columns+` FROM notes WHERE id = $1 AND owner_id = $2`, id, ownerID).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Note{}, fmt.Errorf("note %s: %w", id, fault.NotFound)
	}
	return n, err
}

// List returns a page of the owner's notes, the last changed first. Pages count from 1; a page that is not there is the
// nearest one that is.
func (s *Store) List(ctx context.Context, ownerID string, number int) (notes []Note, page database.Page, err error) {
	var total int
	if err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM notes WHERE owner_id = $1`, ownerID).Scan(&total); err != nil {
		return nil, page, err
	}
	page = database.PageOf(total, perPage, number)
	rows, err := s.db.QueryContext(ctx, `
		SELECT `+columns+`
		  FROM notes
		 WHERE owner_id = $1
		 ORDER BY changed_at DESC, id DESC
		 LIMIT $2 OFFSET $3`, ownerID, page.Limit, page.Offset)
	if err != nil {
		return nil, page, err
	}
	defer rows.Close()
	for rows.Next() {
		n, err := scan(rows.Scan)
		if err != nil {
			return nil, page, err
		}
		notes = append(notes, n)
	}
	return notes, page, rows.Err()
}

// Update changes a note that still has this version.
// It returns fault.Conflict if it was changed since, fault.NotFound if the owner has no such note.
func (s *Store) Update(ctx context.Context, ownerID, id string, version int64, title, body string) error {
	res, err := s.db.ExecContext(ctx, `
		UPDATE notes
		   SET title = $1, body = $2, version = version + 1, changed_at = $3
		 WHERE id = $4 AND owner_id = $5 AND version = $6`, title, body, s.now().UnixMilli(), id, ownerID, version)
	err = database.OneRow(res, err, fmt.Errorf("note %s: %w", id, fault.Conflict))
	if errors.Is(err, fault.Conflict) {
		if _, gone := s.Note(ctx, ownerID, id); gone != nil {
			return gone
		}
	}
	return err
}

// Delete deletes a note, whatever its version. It returns fault.NotFound if the owner has no such note.
func (s *Store) Delete(ctx context.Context, ownerID, id string) error {
	res, err := s.db.ExecContext(ctx, `DELETE FROM notes WHERE id = $1 AND owner_id = $2`, id, ownerID)
	return database.OneRow(res, err, fmt.Errorf("note %s: %w", id, fault.NotFound))
}
