package factor

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

// Exports are the tables of this package that hold something of a user.
var Exports = []database.Export{
	{Table: "half_logins", About: "Log ins that wait for a second factor", Key: "session_id", Columns: `session_id, remember AS "remember?", detail, next, expires_at`},
	{Table: "factor_recoveries", About: "A lost second factor that is to be removed", Key: "user_id", Columns: "asked_at, due_at, mail_at"},
	{Table: "second_steps", About: "That you want to be asked for what you have beside your password", Key: "user_id", Columns: "user_id"},
}

// insert stores a log in that is half done, in the context's transaction, in place of one that this browser had.
func (s *Service) insert(ctx context.Context, h Half) error {
	_, err := s.DB.ExecContext(ctx, `
		INSERT INTO half_logins (session_id, user_id, remember, detail, next, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (session_id) DO UPDATE
		   SET user_id = excluded.user_id, remember = excluded.remember, detail = excluded.detail, next = excluded.next,
		       expires_at = excluded.expires_at`,
		h.sessionID, h.User.ID, database.Bit(h.Remember), h.Detail, h.Next, s.Now().Add(halfFor).UnixMilli())
	return err
}

// half returns the log in that is half done on the session whose token has this hash, with the id of its user. It returns
// fault.NotFound.
func (s *Service) half(ctx context.Context, tokenHash string) (h Half, err error) {
	err = s.DB.QueryRowContext(ctx, `
		SELECT h.session_id, h.user_id, h.remember, h.detail, h.next
		  FROM sessions s JOIN half_logins h ON h.session_id = s.id
		 WHERE s.token_hash = $1 AND h.expires_at > $2`, tokenHash, s.Now().UnixMilli()).
		Scan(&h.sessionID, &h.User.ID, &h.Remember, &h.Detail, &h.Next)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.NotFound
	}
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

// Sweep deletes at most 200 log ins that stayed half done, and mails those who wait for the removal of a factor. It returns
// how many.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	mailed, err := s.remindDue(ctx)
	if err != nil {
		return mailed, err
	}
	n, err := s.DB.DeleteSome(ctx, "half_logins", "session_id", "expires_at", "expires_at <= $1", s.Now().UnixMilli())
	return mailed + n, err
}

// A recovery is the removal of lost factors that waits.
type recovery struct{ due, mail time.Time }

// recovery returns the user's, or fault.NotFound.
func (s *Service) recovery(ctx context.Context, userID string) (r recovery, err error) {
	err = s.DB.QueryRowContext(ctx, `SELECT due_at, mail_at FROM factor_recoveries WHERE user_id = $1`, userID).Scan(database.Moment(&r.due), database.Moment(&r.mail))
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.NotFound
	}
	return r, err
}

// askRecovery begins the waiting time, and reports whether it had not begun yet.
func (s *Service) askRecovery(ctx context.Context, userID string) (bool, error) {
	now := s.Now()
	res, err := s.DB.ExecContext(ctx, `
		INSERT INTO factor_recoveries (user_id, asked_at, due_at, mail_at) VALUES ($1, $2, $3, $2) ON CONFLICT (user_id) DO NOTHING`,
		userID, now.UnixMilli(), now.Add(s.RecoverAfter).UnixMilli())
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func (s *Service) setMailAt(ctx context.Context, userID string, at time.Time) error {
	_, err := s.DB.ExecContext(ctx, `UPDATE factor_recoveries SET mail_at = $1 WHERE user_id = $2`, at.UnixMilli(), userID)
	return err
}

// endRecovery ends the waiting time, and the links that were mailed.
func (s *Service) endRecovery(ctx context.Context, userID string) error {
	if _, err := s.DB.ExecContext(ctx, `DELETE FROM factor_recoveries WHERE user_id = $1`, userID); err != nil {
		return err
	}
	return s.Account.Links.End(ctx, userID, ForRemoval, ForKeeping)
}

// wishes reports whether the user wants to be asked for a factor that is only Offered.
func (s *Service) wishes(ctx context.Context, userID string) (bool, error) {
	return s.DB.Exists(ctx, `SELECT 1 FROM second_steps WHERE user_id = $1`, userID)
}

// setWish stores what the user wants.
func (s *Service) setWish(ctx context.Context, userID string, on bool) error {
	query := `DELETE FROM second_steps WHERE user_id = $1`
	if on {
		query = `INSERT INTO second_steps (user_id) VALUES ($1) ON CONFLICT (user_id) DO NOTHING`
	}
	_, err := s.DB.ExecContext(ctx, query, userID)
	return err
}
