package login

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

// userByID returns an account that is not disabled, or fault.NotFound.
func (m *Module) userByID(ctx context.Context, id string) (User, error) {
	u, err := m.anyUser(ctx, id)
	if err == nil && !u.Disabled.IsZero() {
		return User{}, fmt.Errorf("user %s is disabled: %w", id, fault.NotFound)
	}
	return u, err
}

// holdUser keeps everybody else from changing the account until the transaction ends.
// It returns fault.NotFound if there is no such account, or it is disabled.
func (m *Module) holdUser(ctx context.Context, id string) error {
	res, err := m.DB.ExecContext(ctx, `UPDATE users SET disabled_at = disabled_at WHERE id = $1 AND disabled_at = 0`, id)
	return database.OneRow(res, err, fmt.Errorf("user %s: %w", id, fault.NotFound))
}

// holdUserByKey keeps everybody else from changing the account with this normalised address, and returns it, disabled or
// not. It returns fault.NotFound if there is none.
func (m *Module) holdUserByKey(ctx context.Context, key string) (User, error) {
	var id string
	err := m.DB.QueryRowContext(ctx, `
		UPDATE users SET disabled_at = disabled_at WHERE email_key = $1 RETURNING id`, key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, fmt.Errorf("user: %w", fault.NotFound)
	}
	if err != nil {
		return User{}, err
	}
	return m.anyUser(ctx, id)
}

// setPassword gives the account a stored password; with "" nobody can log in with one.
func (m *Module) setPassword(ctx context.Context, userID, hash string) error {
	// The time always grows: by it a log in sees that the password was changed meanwhile.
	res, err := m.DB.ExecContext(ctx, `
		UPDATE users
		   SET password_hash = $1,
		       password_changed_at = CASE WHEN password_changed_at < $2 THEN $2 ELSE password_changed_at + 1 END
		 WHERE id = $3`, hash, m.Now().UnixMilli(), userID)
	return database.OneRow(res, err, fmt.Errorf("user %s: %w", userID, fault.NotFound))
}

// replaceHash stores the same password in another form.
func (m *Module) replaceHash(ctx context.Context, userID, old, hash string) error {
	res, err := m.DB.ExecContext(ctx, `UPDATE users SET password_hash = $1 WHERE id = $2 AND password_hash = $3`, hash, userID, old)
	return database.OneRow(res, err, fmt.Errorf("user %s: %w", userID, fault.NotFound))
}

// setProven notes that the address was proven, if it was not yet.
func (m *Module) setProven(ctx context.Context, userID string) error {
	_, err := m.DB.ExecContext(ctx, `UPDATE users SET verified_at = $1 WHERE id = $2 AND verified_at = 0`, m.Now().UnixMilli(), userID)
	return err
}

// setEmail gives the account an address that was just proven. It returns ErrLink and ErrTaken if another account has it,
// or can take it back.
func (m *Module) setEmail(ctx context.Context, userID, email string) error {
	res, err := m.DB.ExecContext(ctx, `UPDATE users SET email = $1, email_key = $2, verified_at = $3 WHERE id = $4`,
		email, NormalizeEmail(email), m.Now().UnixMilli(), userID)
	if database.IsTaken(err) {
		return errors.Join(ErrLink, ErrTaken, err)
	}
	if err := database.OneRow(res, err, fmt.Errorf("user %s: %w", userID, fault.NotFound)); err != nil {
		return err
	}
	held, err := m.heldByOther(ctx, NormalizeEmail(email), userID)
	if err == nil && held {
		err = errors.Join(ErrLink, ErrTaken)
	}
	return err
}

// hold keeps an address that the user had from everybody else for as long as it can be taken back.
func (m *Module) hold(ctx context.Context, userID, email string, until time.Time) error {
	_, err := m.DB.ExecContext(ctx, `
		INSERT INTO reserved_emails (email_key, user_id, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (email_key, user_id) DO UPDATE SET expires_at = excluded.expires_at`, NormalizeEmail(email), userID, until.UnixMilli())
	return err
}

// heldByOther reports whether somebody else can take this address back. userID is "" for somebody without an account.
func (m *Module) heldByOther(ctx context.Context, key, userID string) (bool, error) {
	var n int
	err := m.DB.QueryRowContext(ctx, `SELECT count(*) FROM reserved_emails WHERE email_key = $1 AND user_id <> $2 AND expires_at > $3`,
		key, userID, m.Now().UnixMilli()).Scan(&n)
	return n > 0, err
}

// anyUser returns an account, disabled or not, or fault.NotFound.
func (m *Module) anyUser(ctx context.Context, id string) (User, error) {
	users, err := m.queryUsers(ctx, `WHERE id = $1`, id)
	if err == nil && len(users) == 0 {
		err = fmt.Errorf("user %s: %w", id, fault.NotFound)
	}
	if err != nil {
		return User{}, err
	}
	return users[0], nil
}

// Users returns up to n accounts in the order of their ids, which is that of their making, after the id ("" from the first).
func (m *Module) Users(ctx context.Context, after string, n int) ([]User, error) {
	return m.queryUsers(ctx, `WHERE id > $1 ORDER BY id LIMIT $2`, after, n)
}

func (m *Module) queryUsers(ctx context.Context, which string, args ...any) ([]User, error) {
	rows, err := m.DB.QueryContext(ctx, `
		SELECT id, email, name, timezone, role, created_at, password_changed_at, verified_at, disabled_at, registered_by
		  FROM users `+which, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var users []User
	for rows.Next() {
		var u User
		var created, changed, verified, disabled int64
		if err := rows.Scan(&u.ID, &u.Email, &u.Name, &u.Timezone, &u.Role, &created, &changed, &verified, &disabled, &u.registeredBy); err != nil {
			return nil, err
		}
		u.Created, u.Changed = database.Time(created), database.Time(changed)
		u.Proven, u.Disabled = database.Time(verified), database.Time(disabled)
		users = append(users, u)
	}
	return users, rows.Err()
}

// setDisabled disables the account at this time, or enables it with 0. It returns fault.NotFound if there is none.
func (m *Module) setDisabled(ctx context.Context, userID string, at int64) error {
	res, err := m.DB.ExecContext(ctx, `UPDATE users SET disabled_at = $1 WHERE id = $2`, at, userID)
	return database.OneRow(res, err, fmt.Errorf("user %s: %w", userID, fault.NotFound))
}

// deleteUser deletes the account; every row that names it goes with it, and so do links to its address from before it.
func (m *Module) deleteUser(ctx context.Context, userID, email string) error {
	if _, err := m.DB.ExecContext(ctx, `DELETE FROM tokens WHERE subject = $1`, NormalizeEmail(email)); err != nil {
		return err
	}
	res, err := m.DB.ExecContext(ctx, `DELETE FROM users WHERE id = $1`, userID)
	return database.OneRow(res, err, fmt.Errorf("user %s: %w", userID, fault.NotFound))
}
