package login

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/session"
)

// Exports are the tables with something of a user that this package answers for: its own, and what the session layer, which
// knows no users, keeps for the browsers where the user is logged in.
var Exports = []database.Export{
	{
		Table: "logins", About: "Where you are logged in",
		Columns: `id, session_id, created_at, seen_at, expires_at, remembered AS "remembered?", fresh_at, ip, user_agent`,
	},
	{
		Table: "sessions", About: "What is kept for those browsers", From: "logins l JOIN sessions s ON s.id = l.session_id",
		Owner: "l.user_id", Key: "s.id",
		Columns: `s.id, s.data AS "data{}", s.created_at, s.seen_at, s.expires_at, s.hits, s.ip, s.user_agent`,
	},
}

// clockBack stores what asOf says about the login of a session, in the transaction that does so for the session.
func (s *Service) clockBack(ctx context.Context, sessionID string, now time.Time) error {
	_, err := s.DB.ExecContext(ctx, `
		UPDATE logins
		   SET created_at = created_at - (seen_at - $1), expires_at = expires_at - (seen_at - $1),
		       fresh_at = CASE WHEN seen_at > $3 THEN 0 ELSE fresh_at - (seen_at - $1) END, seen_at = $1
		 WHERE session_id = $2 AND seen_at > $1`, now.UnixMilli(), sessionID, now.Add(skew).UnixMilli())
	return err
}

// seen notes when a session was last seen, if somebody is logged in on it.
func (s *Service) seen(ctx context.Context, sessionID string, a session.Activity) error {
	_, err := s.DB.ExecContext(ctx, `UPDATE logins SET seen_at = $1 WHERE session_id = $2 AND seen_at < $1`, a.Seen.UnixMilli(), sessionID)
	return err
}

// all returns every login of the user, expired ones too, the most recently seen first.
func (s *Service) all(ctx context.Context, userID string) ([]Login, error) {
	return s.query(ctx, `SELECT `+columns+` FROM logins l WHERE l.user_id = $1 ORDER BY l.seen_at DESC, l.id DESC`, userID)
}

func (s *Service) query(ctx context.Context, query string, args ...any) ([]Login, error) {
	logins, err := database.All(ctx, s.DB, (*Login).into, query, args...)
	for i, l := range logins {
		logins[i] = l.asOf(s.Now())
	}
	return logins, err
}

// sessionOf returns the session of one of the user's logins, or fault.NotFound.
func (s *Service) sessionOf(ctx context.Context, userID, loginID string) (sessionID string, err error) {
	err = s.DB.QueryRowContext(ctx, `SELECT session_id FROM logins WHERE id = $1 AND user_id = $2`, loginID, userID).Scan(&sessionID)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("login %s: %w", loginID, fault.NotFound)
	}
	return sessionID, err
}
