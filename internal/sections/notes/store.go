package notes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

// perPage is the number of notes on one page of the list.
const perPage = 20

// A Note is a short text that only its owner can read. The names in JSON are those of the owner's download.
type Note struct {
	ID      string    `json:"id"`
	Title   string    `json:"title"`      // never blank, at most MaxTitle characters, one line
	Body    string    `json:"body"`       // may be empty, at most MaxBody characters
	Version int64     `json:"version"`    // grows with every change
	Created time.Time `json:"created_at"` // UTC
	Changed time.Time `json:"changed_at"` // UTC
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
	id, now := uuid.Must(uuid.NewV7()).String(), s.now().UnixMilli()
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO notes (id, owner_id, title, body, version, created_at, changed_at)
		VALUES ($1, $2, $3, $4, 1, $5, $5)`, id, ownerID, title, body, now)
	return id, err
}

// Note returns one note of its owner.
// It returns fault.NotFound if there is none, or if it is someone else's.
func (s *Store) Note(ctx context.Context, ownerID, id string) (Note, error) {
	var n Note
	var created, changed int64
	err := s.db.QueryRowContext(ctx, `
		SELECT id, title, body, version, created_at, changed_at
		  FROM notes
		 WHERE id = $1 AND owner_id = $2`, id, ownerID).
		Scan(&n.ID, &n.Title, &n.Body, &n.Version, &created, &changed)
	if errors.Is(err, sql.ErrNoRows) {
		return Note{}, fmt.Errorf("note %s: %w", id, fault.NotFound)
	}
	n.Created, n.Changed = database.Time(created), database.Time(changed)
	return n, err
}

// List returns a page of the owner's notes, the last changed first. Pages count from 1; a page that is not there
// is the nearest one that is. It returns the page's number and how many there are.
func (s *Store) List(ctx context.Context, ownerID string, page int) (notes []Note, number, pages int, err error) {
	var total int
	if err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM notes WHERE owner_id = $1`, ownerID).Scan(&total); err != nil {
		return nil, 0, 0, err
	}
	pages = max(1, (total+perPage-1)/perPage)
	number = min(max(page, 1), pages)
	notes, err = s.query(ctx, `
		SELECT id, title, body, version, created_at, changed_at
		  FROM notes
		 WHERE owner_id = $1
		 ORDER BY changed_at DESC, id DESC
		 LIMIT $2 OFFSET $3`, ownerID, perPage, (number-1)*perPage)
	return notes, number, pages, err
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

// Export yields all notes of their owner, the oldest first, for their download.
func (s *Store) Export(ctx context.Context, ownerID string) iter.Seq2[any, error] {
	return s.db.ByKey(ctx, `
		SELECT id, title, body, version, created_at, changed_at
		  FROM notes
		 WHERE owner_id = $1 AND id > $2
		 ORDER BY id
		 LIMIT $3`, ownerID, func(rows *database.Rows) (any, string, error) {
		n, err := scan(rows)
		return n, n.ID, err
	})
}

func (s *Store) query(ctx context.Context, query string, args ...any) ([]Note, error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var notes []Note
	for rows.Next() {
		n, err := scan(rows)
		if err != nil {
			return nil, err
		}
		notes = append(notes, n)
	}
	return notes, rows.Err()
}

func scan(rows *database.Rows) (n Note, err error) {
	var created, changed int64
	err = rows.Scan(&n.ID, &n.Title, &n.Body, &n.Version, &created, &changed)
	n.Created, n.Changed = database.Time(created), database.Time(changed)
	return n, err
}
