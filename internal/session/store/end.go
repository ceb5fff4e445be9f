package store

import (
	"context"
	"database/sql"
	"errors"

	"example.com/latchkey/internal/database"
)

// LogOut drops the keys of a row that end at log out. It returns fault.SessionEnded if there is no row.
func (s *Store) LogOut(ctx context.Context, id string) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		latest, err := s.LockID(ctx, id)
		if err != nil {
			return err
		}
		latest.Data.LogOut()
		return s.save(ctx, id, latest.Data)
	})
}

// End deletes a row and revokes its token. Without a row it does nothing.
func (s *Store) End(ctx context.Context, id string) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		var hash string
		err := s.db.QueryRowContext(ctx, `DELETE FROM sessions WHERE id = $1 RETURNING token_hash`, id).Scan(&hash)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		database.OnCommit(ctx, func() { s.forget(id) })
		return s.revoke(ctx, hash, "")
	})
}

// Drop deletes a row whose data cannot be read. Its token is not revoked, so the visitor gets a new session at once.
func (s *Store) Drop(ctx context.Context, id string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM sessions WHERE id = $1`, id)
	return err
}
