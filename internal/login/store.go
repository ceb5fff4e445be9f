package login

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/web"
)

// newID returns a UUIDv7: unique, and sorted by the time of its making (RFC 9562).
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// find returns the standing of whoever presents a token with this hash: the authority of each request.
// Nobody logged in is no error.
func (m *Module) find(ctx context.Context, tokenHash string) (standing, error) {
	var st standing
	var created, seen, expires, remembered, proven, since, changed, verified, disabled int64
	l, u := &st.login, &st.user
	err := m.DB.QueryRowContext(ctx, `
		SELECT l.id, l.session_id, l.user_id, l.created_at, l.seen_at, l.expires_at, l.remembered, l.fresh_at, l.ip, l.user_agent,
		       u.email, u.name, u.timezone, u.role, u.created_at, u.password_changed_at, u.verified_at, u.disabled_at
		  FROM sessions s
		  JOIN logins l ON l.session_id = s.id
		  JOIN users  u ON u.id = l.user_id
		 WHERE s.token_hash = $1`, tokenHash).
		Scan(&l.ID, &l.SessionID, &l.UserID, &created, &seen, &expires, &remembered, &proven, &l.Network, &l.UserAgent,
			&u.Email, &u.Name, &u.Timezone, &u.Role, &since, &changed, &verified, &disabled)
	if errors.Is(err, sql.ErrNoRows) {
		return standing{}, nil
	}
	u.ID, u.Created, u.Changed, u.Proven = l.UserID, database.Time(since), database.Time(changed), database.Time(verified)
	u.Disabled = database.Time(disabled)
	l.Created, l.Seen, l.Expires = database.Time(created), database.Time(seen), database.Time(expires)
	l.Remembered, l.Proven = remembered == 1, database.Time(proven)
	st.in = true
	return st, err
}

// An account is a user with what is needed to log in.
type account struct {
	User
	hash string // "" if nobody can log in with a password: none, or disabled
}

// accountByKey returns the account with this normalised address, or fault.NotFound.
func (m *Module) accountByKey(ctx context.Context, key string) (account, error) {
	var a account
	var created, changed, verified, disabled int64
	err := m.DB.QueryRowContext(ctx, `
		SELECT id, email, name, timezone, role, password_hash, created_at, password_changed_at, verified_at, disabled_at
		  FROM users
		 WHERE email_key = $1`, key).Scan(&a.ID, &a.Email, &a.Name, &a.Timezone, &a.Role, &a.hash, &created, &changed, &verified, &disabled)
	if errors.Is(err, sql.ErrNoRows) {
		return account{}, fmt.Errorf("user: %w", fault.NotFound)
	}
	a.Created, a.Changed, a.Proven = database.Time(created), database.Time(changed), database.Time(verified)
	if disabled != 0 {
		a.hash = ""
	}
	return a, err
}

func (m *Module) passwordHash(ctx context.Context, userID string) (hash string, err error) {
	err = m.DB.QueryRowContext(ctx, `SELECT password_hash FROM users WHERE id = $1 AND disabled_at = 0`, userID).Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("user %s: %w", userID, fault.SessionEnded)
	}
	return hash, err
}

// insertUser makes an account. It returns ErrTaken if there is one with this address.
func (m *Module) insertUser(ctx context.Context, u User, hash, registeredBy string) error {
	_, err := m.DB.ExecContext(ctx, `
		INSERT INTO users (id, email, email_key, name, timezone, role, password_hash, password_changed_at, created_at, disabled_at, verified_at, registered_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11)`,
		u.ID, u.Email, NormalizeEmail(u.Email), u.Name, u.Timezone, u.Role, hash, u.Changed.UnixMilli(), u.Created.UnixMilli(),
		database.Millis(u.Proven), registeredBy)
	if database.IsTaken(err) {
		return ErrTaken
	}
	if err != nil {
		return err
	}
	// Asked after the row is there: a change of address that is committed meanwhile has freed it only then.
	held, err := m.heldByOther(ctx, NormalizeEmail(u.Email), u.ID)
	if err == nil && held {
		err = ErrTaken
	}
	return err
}

// lockUser holds the user's row until the transaction ends. It returns fault.NotFound if the account is disabled, or its
// password was changed since u was read: what was checked counts no more. Log in meets here whatever changes the
// password or disables the account, so that neither misses the other.
func (m *Module) lockUser(ctx context.Context, u User) error {
	res, err := m.DB.ExecContext(ctx, `
		UPDATE users SET disabled_at = disabled_at
		 WHERE id = $1 AND password_changed_at = $2 AND disabled_at = 0`, u.ID, database.Millis(u.Changed))
	return database.OneRow(res, err, fmt.Errorf("user %s: %w", u.ID, fault.NotFound))
}

// SaveProfile changes what the user says about themselves. The profile has been checked.
func (m *Module) SaveProfile(ctx context.Context, userID string, p Profile) error {
	p = p.Clean()
	res, err := m.DB.ExecContext(ctx, `UPDATE users SET name = $1, timezone = $2 WHERE id = $3`, p.Name, p.Timezone, userID)
	return database.OneRow(res, err, fmt.Errorf("user %s: %w", userID, fault.NotFound))
}

func (m *Module) insertLogin(ctx context.Context, l Login) error {
	info := web.RequestOf(ctx)
	remembered := 0
	if l.Remembered {
		remembered = 1
	}
	// Of a disabled account there may still be one on this session.
	if _, err := m.DB.ExecContext(ctx, `DELETE FROM logins WHERE session_id = $1`, l.SessionID); err != nil {
		return err
	}
	_, err := m.DB.ExecContext(ctx, `
		INSERT INTO logins (id, session_id, user_id, created_at, seen_at, expires_at, remembered, fresh_at, ip, user_agent)
		VALUES ($1, $2, $3, $4, $4, $5, $6, $4, $7, $8)`,
		l.ID, l.SessionID, l.UserID, l.Created.UnixMilli(), l.Expires.UnixMilli(), remembered, info.Truncated(), info.UserAgent)
	return err
}

// saw notes when a session was last seen, if somebody is logged in on it.
func (m *Module) saw(ctx context.Context, sessionID string, at time.Time) error {
	_, err := m.DB.ExecContext(ctx, `UPDATE logins SET seen_at = $1 WHERE session_id = $2 AND seen_at < $1`, at.UnixMilli(), sessionID)
	return err
}

func (m *Module) loginsOf(ctx context.Context, userID string) ([]Login, error) {
	rows, err := m.DB.QueryContext(ctx, `
		SELECT id, session_id, created_at, seen_at, expires_at, remembered, fresh_at, ip, user_agent
		  FROM logins
		 WHERE user_id = $1
		 ORDER BY seen_at DESC, id DESC`, userID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var logins []Login
	for rows.Next() {
		l := Login{UserID: userID}
		var created, seen, expires, remembered, proven int64
		if err := rows.Scan(&l.ID, &l.SessionID, &created, &seen, &expires, &remembered, &proven, &l.Network, &l.UserAgent); err != nil {
			return nil, err
		}
		l.Created, l.Seen, l.Expires = database.Time(created), database.Time(seen), database.Time(expires)
		l.Remembered, l.Proven = remembered == 1, database.Time(proven)
		logins = append(logins, l)
	}
	return logins, rows.Err()
}

func (m *Module) sessionOf(ctx context.Context, userID, loginID string) (sessionID string, err error) {
	err = m.DB.QueryRowContext(ctx, `SELECT session_id FROM logins WHERE id = $1 AND user_id = $2`, loginID, userID).Scan(&sessionID)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("login %s: %w", loginID, fault.NotFound)
	}
	return sessionID, err
}

// maxLogins is how many logins one account may have at a time; the next one ends the one that was used least lately.
const maxLogins = 100

// endOldest ends what is more than maxLogins, and forgets browsers beyond as many, in the caller's transaction.
func (m *Module) endOldest(ctx context.Context, userID string) error {
	logins, err := m.loginsOf(ctx, userID)
	if err != nil || len(logins) <= maxLogins {
		return err
	}
	for _, l := range logins[maxLogins:] {
		if err := m.Sessions.End(ctx, l.SessionID); err != nil {
			return err
		}
	}
	_, err = m.DB.ExecContext(ctx, `
		DELETE FROM known_browsers
		 WHERE user_id = $1
		   AND token_hash NOT IN (SELECT token_hash FROM known_browsers WHERE user_id = $1 ORDER BY expires_at DESC LIMIT $2)`,
		userID, maxLogins)
	return err
}

// endLogins ends the user's logins but one ("" for all), with their sessions, in the caller's transaction.
func (m *Module) endLogins(ctx context.Context, userID, butLoginID string) error {
	logins, err := m.loginsOf(ctx, userID)
	if err != nil {
		return err
	}
	for _, l := range logins {
		if l.ID == butLoginID {
			continue
		}
		if err := m.Sessions.End(ctx, l.SessionID); err != nil {
			return err
		}
	}
	return m.forgetRanOut(ctx, userID)
}
