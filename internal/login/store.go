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
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
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

// columns are what a row scans, of the table logins under the alias l.
const columns = `l.id, l.session_id, l.user_id, l.created_at, l.seen_at, l.expires_at, l.remembered, l.fresh_at, l.ip, l.user_agent`

// A row is a login as the table stores it.
type row struct {
	Login
	created, seen, expires, remembered, fresh int64
}

func (r *row) into() []any {
	return []any{&r.ID, &r.SessionID, &r.UserID, &r.created, &r.seen, &r.expires, &r.remembered, &r.fresh, &r.Network, &r.UserAgent}
}

func (r *row) login() Login {
	r.CreatedAt, r.SeenAt, r.ExpiresAt = database.Time(r.created), database.Time(r.seen), database.Time(r.expires)
	r.Remembered, r.ConfirmedAt = r.remembered == 1, database.Time(r.fresh)
	return r.Login
}

// joins lead from a session to the login on it and to its user.
const joins = `LEFT JOIN logins l ON l.session_id = s.id LEFT JOIN users u ON u.id = l.user_id`

// joined are a login and its user, as they were read with a session: both zero if nobody is logged in.
type joined struct {
	user  user.User
	login Login
}

var nobody = current{joined: &joined{}}

// scanJoined reads a *joined.
func scanJoined(scan func(dest ...any) error) (any, error) {
	var j joined
	var r row
	var err error
	j.user, err = user.Scan(scan, r.into()...)
	j.login = r.login()
	return &j, err
}

// find returns who is logged in on the session of this request, whose token has this hash: the authority of each request. It
// was read with the session.
func (s *Service) find(ctx context.Context, tokenHash string) (c current, in bool, err error) {
	j, ok := session.Joined(ctx).(*joined)
	if !ok { // the session has changed since
		if j, err = s.read(ctx, tokenHash); err != nil {
			return nobody, false, err
		}
	}
	now := s.Now()
	if j.login.SeenAt.After(now) { // the clock was put back
		if j.login.SeenAt.After(now.Add(skew)) {
			if err := s.Sessions.CountFromNow(ctx, j.login.SessionID, now); err != nil { // the janitor will
				s.Log.Warn("login of the future", "login", j.login.ID, "err", err)
			}
		}
		j = &joined{j.user, j.login.asOf(now)}
	}
	return current{joined: j}, j.login.ID != "", nil
}

// read returns who is logged in on the session whose token has this hash, nobody if nobody is.
func (s *Service) read(ctx context.Context, tokenHash string) (*joined, error) {
	found := s.DB.QueryRowContext(ctx, `SELECT `+user.Columns+`, `+columns+` FROM sessions s `+joins+` WHERE s.token_hash = $1`, tokenHash)
	j, err := scanJoined(func(dest ...any) error { return found.Scan(database.OrZero(dest...)...) })
	if errors.Is(err, sql.ErrNoRows) {
		return nobody.joined, nil
	}
	return j.(*joined), err
}

// asOf returns the login as it counts at this time. One that was seen in the future is from before the clock was put back:
// it lasts as long from now as it was to last then. When the password was given nobody knows any more, so it is not fresh;
// but the clocks of two instances may differ by a little.
func (l Login) asOf(now time.Time) Login {
	ahead := l.SeenAt.Sub(now)
	if ahead <= 0 {
		return l
	}
	l.CreatedAt, l.SeenAt, l.ExpiresAt, l.ConfirmedAt = l.CreatedAt.Add(-ahead), now, l.ExpiresAt.Add(-ahead), l.ConfirmedAt.Add(-ahead)
	if ahead > skew {
		l.ConfirmedAt = time.Time{}
	}
	return l
}

// skew is by how much the clocks of two instances may differ.
const skew = time.Minute

// clockBack stores what asOf says about the login of a session, in the transaction that does so for the session.
func (s *Service) clockBack(ctx context.Context, sessionID string, now time.Time) error {
	_, err := s.DB.ExecContext(ctx, `
		UPDATE logins
		   SET created_at = created_at - (seen_at - $1), expires_at = expires_at - (seen_at - $1),
		       fresh_at = CASE WHEN seen_at > $3 THEN 0 ELSE fresh_at - (seen_at - $1) END, seen_at = $1
		 WHERE session_id = $2 AND seen_at > $1`, now.UnixMilli(), sessionID, now.Add(skew).UnixMilli())
	return err
}

// insert creates a login and returns its id.
func (s *Service) insert(ctx context.Context, l Login) (id string, err error) {
	info := web.RequestOf(ctx)
	// There may still be one of a disabled account on this session.
	if _, err := s.DB.ExecContext(ctx, `DELETE FROM logins WHERE session_id = $1`, l.SessionID); err != nil {
		return "", err
	}
	id = database.NewID()
	_, err = s.DB.ExecContext(ctx, `
		INSERT INTO logins (id, session_id, user_id, created_at, seen_at, expires_at, remembered, fresh_at, ip, user_agent)
		VALUES ($1, $2, $3, $4, $4, $5, $6, $4, $7, $8)`,
		id, l.SessionID, l.UserID, l.CreatedAt.UnixMilli(), l.ExpiresAt.UnixMilli(), database.Bit(l.Remembered), info.Truncated(), info.UserAgent)
	return id, err
}

// setFresh notes that the password was just given. It returns fault.SessionEnded if the login was ended meanwhile.
func (s *Service) setFresh(ctx context.Context, loginID, sessionID string) error {
	res, err := s.DB.ExecContext(ctx, `UPDATE logins SET fresh_at = $1 WHERE id = $2 AND session_id = $3`, s.Now().UnixMilli(), loginID, sessionID)
	return database.OneRow(res, err, fault.SessionEnded)
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

func (s *Service) query(ctx context.Context, query string, args ...any) (logins []Login, err error) {
	rows, err := s.DB.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(r.into()...); err != nil {
			return nil, err
		}
		logins = append(logins, r.login().asOf(s.Now()))
	}
	return logins, rows.Err()
}

// sessionOf returns the session of one of the user's logins, or fault.NotFound.
func (s *Service) sessionOf(ctx context.Context, userID, loginID string) (sessionID string, err error) {
	err = s.DB.QueryRowContext(ctx, `SELECT session_id FROM logins WHERE id = $1 AND user_id = $2`, loginID, userID).Scan(&sessionID)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("login %s: %w", loginID, fault.NotFound)
	}
	return sessionID, err
}
