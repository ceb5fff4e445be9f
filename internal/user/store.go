package user

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
)

// Store reads and writes the tables users and reserved_emails.
type Store struct {
	Dotted bool // the domain of an address needs a dot: of the public network, as in production

	db  *database.DB
	now func() time.Time
}

// NewStore returns a store on the database, with the clock that it goes by.
func NewStore(db *database.DB, now func() time.Time) *Store { return &Store{db: db, now: now} }

// ByID returns an account, disabled or not, or fault.NotFound.
func (s *Store) ByID(ctx context.Context, id string) (User, error) {
	return s.one(ctx, `SELECT `+Columns+` FROM users WHERE id = $1`, id)
}

// Enabled returns an account that is not disabled, or fault.NotFound.
func (s *Store) Enabled(ctx context.Context, id string) (User, error) {
	return s.one(ctx, `SELECT `+Columns+` FROM users WHERE id = $1 AND disabled_at = 0`, id)
}

// ByEmail returns the account with this address, disabled or not, or fault.NotFound.
func (s *Store) ByEmail(ctx context.Context, email string) (User, error) {
	return s.one(ctx, `SELECT `+Columns+` FROM users WHERE email_key = $1`, NormalizeEmail(email))
}

// List returns up to n accounts in the order of their creation, after the one with this id ("" from the first).
func (s *Store) List(ctx context.Context, after string, n int) ([]User, error) {
	return database.All(ctx, s.db, (*User).Into, `SELECT `+Columns+` FROM users WHERE id > $1 ORDER BY id LIMIT $2`, after, n)
}

// HighestCost returns the highest bcrypt cost of any stored password, 0 if there is none. It reads the whole table, so it
// is asked once, at the start. The hash is the last 60 characters, whatever stands before it: $2a$12$…
func (s *Store) HighestCost(ctx context.Context) (cost int, err error) {
	err = s.db.QueryRowContext(ctx, `
		SELECT CAST(coalesce(max(cost), '0') AS BIGINT)
		  FROM (SELECT substr(password_hash, length(password_hash) - 55, 2) AS cost FROM users WHERE length(password_hash) >= 60) AS stored
		 WHERE cost BETWEEN '04' AND '31'`).Scan(&cost)
	return cost, err
}

func (s *Store) one(ctx context.Context, query string, args ...any) (u User, err error) {
	err = s.db.QueryRowContext(ctx, query, args...).Scan(u.Into()...)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, fmt.Errorf("user: %w", fault.NotFound)
	}
	return u, err
}

// Lock locks the account until the transaction ends, and returns it. It returns fault.NotFound if there is no such
// account, or it is disabled.
func (s *Store) Lock(ctx context.Context, id string) (User, error) {
	return s.one(ctx, `UPDATE users SET disabled_at = disabled_at WHERE id = $1 AND disabled_at = 0 RETURNING `+Columns, id)
}

// LockByEmail locks the account with this address until the transaction ends, disabled or not, and returns it.
// It returns fault.NotFound if there is none.
func (s *Store) LockByEmail(ctx context.Context, email string) (User, error) {
	return s.one(ctx, `UPDATE users SET disabled_at = disabled_at WHERE email_key = $1 RETURNING `+Columns, NormalizeEmail(email))
}

// LockUnchanged locks the account until the transaction ends. It returns fault.NotFound if the account is disabled, or its
// password was changed since u was read: what was checked then no longer counts. Log in meets here whatever changes the
// password or disables the account, so that neither misses the other.
func (s *Store) LockUnchanged(ctx context.Context, u User) error {
	res, err := s.db.ExecContext(ctx, `
		UPDATE users SET disabled_at = disabled_at
		 WHERE id = $1 AND password_changed_at = $2 AND disabled_at = 0`, u.ID, database.Millis(u.PasswordChangedAt))
	return database.OneRow(res, err, missing(u.ID))
}

// Insert creates an account. It returns ErrTaken if another account has its address, ErrReserved if one can take it back.
func (s *Store) Insert(ctx context.Context, u User) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO users (id, email, email_key, name, timezone, role, created_at, verified_at, disabled_at,
		                   password_hash, password_changed_at, registered_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		u.ID, u.Email, NormalizeEmail(u.Email), u.Name, u.Timezone, u.Role, database.Millis(u.CreatedAt), database.Millis(u.VerifiedAt),
		database.Millis(u.DisabledAt), u.PasswordHash, database.Millis(u.PasswordChangedAt), u.RegisteredBy)
	if database.IsTaken(err) {
		return ErrTaken
	}
	if err != nil {
		return err
	}
	// Asked after the row is there: a change of address that is committed meanwhile has released the address only then.
	return s.checkReserved(ctx, u.Email, u.ID)
}

// SaveProfile changes what the user says about themselves. The profile has been checked.
func (s *Store) SaveProfile(ctx context.Context, id string, p Profile) error {
	p = p.Clean()
	return s.update(ctx, id, `UPDATE users SET name = $2, timezone = $3 WHERE id = $1`, p.Name, p.Timezone)
}

// SetRole gives the account a role: "" or RoleAdmin.
func (s *Store) SetRole(ctx context.Context, id, role string) error {
	return s.update(ctx, id, `UPDATE users SET role = $2 WHERE id = $1`, role)
}

// SetPassword gives the account a password's hash; with "" nobody can log in with a password.
// The time always grows: by it a log in sees that the password was changed meanwhile.
func (s *Store) SetPassword(ctx context.Context, id, hash string) error {
	return s.update(ctx, id, `
		UPDATE users
		   SET password_hash = $2,
		       password_changed_at = CASE WHEN password_changed_at < $3 THEN $3 ELSE password_changed_at + 1 END
		 WHERE id = $1`, hash, s.now().UnixMilli())
}

// ReplaceHash stores the same password under another hash, unless it was changed meanwhile.
func (s *Store) ReplaceHash(ctx context.Context, id, old, hash string) error {
	return s.update(ctx, id, `UPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3`, hash, old)
}

// SetVerified notes that the address was verified, if it was not yet.
func (s *Store) SetVerified(ctx context.Context, id string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE users SET verified_at = $1 WHERE id = $2 AND verified_at = 0`, s.now().UnixMilli(), id)
	return err
}

// SetEmail gives the account an address that has just been verified. It returns ErrTaken if another account has it, or
// can take it back.
func (s *Store) SetEmail(ctx context.Context, id, email string) error {
	err := s.update(ctx, id, `UPDATE users SET email = $2, email_key = $3, verified_at = $4 WHERE id = $1`,
		email, NormalizeEmail(email), s.now().UnixMilli())
	if database.IsTaken(err) {
		return errors.Join(ErrTaken, err)
	}
	if err != nil {
		return err
	}
	return s.checkReserved(ctx, email, id)
}

// SetDisabled disables the account, or enables it.
func (s *Store) SetDisabled(ctx context.Context, id string, disabled bool) error {
	at := int64(0)
	if disabled {
		at = s.now().UnixMilli()
	}
	return s.update(ctx, id, `UPDATE users SET disabled_at = $2 WHERE id = $1`, at)
}

// Delete deletes the account. Every row that names it goes with it.
func (s *Store) Delete(ctx context.Context, id string) error {
	return s.update(ctx, id, `DELETE FROM users WHERE id = $1`)
}

// ReplaceRegisteredBy gives the browser that registered another known-browser token, by the hashes of both.
func (s *Store) ReplaceRegisteredBy(ctx context.Context, old, hash string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE users SET registered_by = $1 WHERE registered_by = $2`, hash, old)
	return err
}

// update runs a statement about one account, whose id is $1. It returns fault.NotFound if it touches no row.
func (s *Store) update(ctx context.Context, id, query string, args ...any) error {
	res, err := s.db.ExecContext(ctx, query, append([]any{id}, args...)...)
	return database.OneRow(res, err, missing(id))
}

// Reserve keeps an address that the user had from everybody else for as long as it can be taken back.
func (s *Store) Reserve(ctx context.Context, userID, email string, until time.Time) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO reserved_emails (email_key, user_id, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (email_key, user_id) DO UPDATE SET expires_at = excluded.expires_at`, NormalizeEmail(email), userID, until.UnixMilli())
	return err
}

// Reserved reports whether somebody else can take this address back. userID is "" for somebody without an account.
func (s *Store) Reserved(ctx context.Context, email, userID string) (bool, error) {
	return s.db.Exists(ctx, `SELECT 1 FROM reserved_emails WHERE email_key = $1 AND user_id <> $2 AND expires_at > $3`,
		NormalizeEmail(email), userID, s.now().UnixMilli())
}

func (s *Store) checkReserved(ctx context.Context, email, userID string) error {
	reserved, err := s.Reserved(ctx, email, userID)
	if err == nil && reserved {
		err = ErrReserved
	}
	return err
}

// Sweep deletes at most 200 reservations that have expired, and returns how many.
func (s *Store) Sweep(ctx context.Context) (int64, error) {
	return s.db.DeleteSome(ctx, "reserved_emails", "email_key, user_id", "expires_at", "expires_at < $1", s.now().UnixMilli())
}

func missing(id string) error { return fmt.Errorf("user %s: %w", id, fault.NotFound) }
