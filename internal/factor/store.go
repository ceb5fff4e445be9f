package factor

import (
	"context"
	"database/sql"
	"errors"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

// Exports are the tables of this package in a user's download.
var Exports = []database.Export{
	{Table: "half_logins", About: "Log ins that wait for a second factor", Key: "session_id", Columns: `session_id, remember AS "remember?", detail, next, expires_at`},
	{Table: "factor_recoveries", About: "A lost second factor that is to be removed", Key: "user_id", Columns: "asked_at, due_at, mail_at"},
}

// insert stores a log in that is half done, in the context's transaction, in place of one that this browser had.
func (s *Service) insert(ctx context.Context, h Half) error {
	remember := 0
	if h.Remember {
		remember = 1
	}
	_, err := s.DB.ExecContext(ctx, `
		INSERT INTO half_logins (session_id, user_id, remember, detail, next, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (session_id) DO UPDATE
		   SET user_id = excluded.user_id, remember = excluded.remember, detail = excluded.detail, next = excluded.next,
		       expires_at = excluded.expires_at`,
		h.sessionID, h.User.ID, remember, h.Detail, h.Next, s.Now().Add(halfFor).UnixMilli())
	return err
}

// half returns the log in that is half done on the session whose token has this hash, with the id of its user. It returns
// fault.NotFound.
func (s *Service) half(ctx context.Context, tokenHash string) (h Half, err error) {
	var remember int
	err = s.DB.QueryRowContext(ctx, `
		SELECT h.session_id, h.user_id, h.remember, h.detail, h.next
		  FROM sessions s JOIN half_logins h ON h.session_id = s.id
		 WHERE s.token_hash = $1 AND h.expires_at > $2`, tokenHash, s.Now().UnixMilli()).
		Scan(&h.sessionID, &h.User.ID, &remember, &h.Detail, &h.Next)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.NotFound
	}
	h.Remember = remember == 1
	return h, err
}

// end ends a log in that is half done, in the transaction that finishes it. It returns ErrOver if that was done or undone
// meanwhile.
func (s *Service) end(ctx context.Context, h Half) error {
	res, err := s.DB.ExecContext(ctx, `DELETE FROM half_logins WHERE session_id = $1 AND user_id = $2 AND expires_at > $3`,
		h.sessionID, h.User.ID, s.Now().UnixMilli())
	return database.OneRow(res, err, ErrOver)
}

// endOn ends what is half done on a session.
func (s *Service) endOn(ctx context.Context, sessionID string) error {
	_, err := s.DB.ExecContext(ctx, `DELETE FROM half_logins WHERE session_id = $1`, sessionID)
	return err
}

// endAll ends what is half done by anybody to log in to the account.
func (s *Service) endAll(ctx context.Context, userID string) error {
	_, err := s.DB.ExecContext(ctx, `DELETE FROM half_logins WHERE user_id = $1`, userID)
	return err
}

// Sweep deletes at most 200 log ins that stayed half done, and returns how many.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	return s.DB.DeleteSome(ctx, "half_logins", "session_id", "expires_at", "expires_at <= $1", s.Now().UnixMilli())
}
