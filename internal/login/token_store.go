package login

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"example.com/latchkey/internal/database"
)

func (m *Module) insertToken(ctx context.Context, t token, live int) error {
	user := sql.NullString{String: t.userID, Valid: t.userID != ""}
	if _, err := m.DB.ExecContext(ctx, `
		INSERT INTO tokens (hash, purpose, subject, user_id, payload, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		t.hash, string(t.purpose), t.subject, user, encodePayload(t.payload), t.created.UnixMilli(), t.expires.UnixMilli()); err != nil {
		return err
	}
	if live == 0 {
		return nil
	}
	_, err := m.DB.ExecContext(ctx, `
		DELETE FROM tokens
		 WHERE purpose = $1 AND subject = $2 AND hash <> $3 AND used_at IS NULL
		   AND hash NOT IN (SELECT hash FROM tokens
		                     WHERE purpose = $1 AND subject = $2 AND hash <> $3 AND used_at IS NULL
		                     ORDER BY created_at DESC, hash LIMIT $4)`,
		string(t.purpose), t.subject, t.hash, live-1)
	return err
}

// tokenByHash returns a token that works for the purpose now, or ErrLink.
func (m *Module) tokenByHash(ctx context.Context, hash string, purpose Purpose) (token, error) {
	t := token{hash: hash, purpose: purpose}
	var user sql.NullString
	var text string
	var created, expires int64
	err := m.DB.QueryRowContext(ctx, `
		SELECT subject, user_id, payload, created_at, expires_at
		  FROM tokens
		 WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3`,
		hash, string(purpose), m.Now().UnixMilli()).Scan(&t.subject, &user, &text, &created, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return token{}, fmt.Errorf("%s: %w", purpose, ErrLink)
	}
	if err != nil {
		return token{}, err
	}
	t.userID, t.created, t.expires = user.String, database.Time(created), database.Time(expires)
	return t, json.Unmarshal([]byte(text), &t.payload)
}

// useToken marks a token as used: of any number of requests that come with it, one succeeds, the others get ErrLink.
// It ends the others of its purpose; of those that take back a change of address only the later ones, because the
// first address is the one that its owner proved before anybody else could have changed it.
func (m *Module) useToken(ctx context.Context, t token) error {
	res, err := m.DB.ExecContext(ctx, `
		UPDATE tokens SET used_at = $1, payload = '{}'
		 WHERE hash = $2 AND purpose = $3 AND used_at IS NULL AND expires_at > $1`, m.Now().UnixMilli(), t.hash, string(t.purpose))
	if err := database.OneRow(res, err, ErrLink); err != nil {
		return err
	}
	since := int64(0)
	if t.purpose == ForUndo {
		since = t.created.UnixMilli()
	}
	_, err = m.DB.ExecContext(ctx, `
		DELETE FROM tokens WHERE purpose = $1 AND subject = $2 AND hash <> $3 AND created_at >= $4`,
		string(t.purpose), t.subject, t.hash, since)
	return err
}

// undoTo returns the link by which the user can take this address back, or ErrLink if there is none.
func (m *Module) undoTo(ctx context.Context, userID, email string) (token, error) {
	rows, err := m.DB.QueryContext(ctx, `
		SELECT hash FROM tokens
		 WHERE subject = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
		 ORDER BY created_at`, userID, string(ForUndo), m.Now().UnixMilli())
	if err != nil {
		return token{}, err
	}
	defer rows.Close()
	var hashes []string
	for rows.Next() {
		var hash string
		if err := rows.Scan(&hash); err != nil {
			return token{}, err
		}
		hashes = append(hashes, hash)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return token{}, err
	}
	for _, hash := range hashes {
		t, err := m.tokenByHash(ctx, hash, ForUndo)
		if err != nil || NormalizeEmail(t.payload.Email) == NormalizeEmail(email) {
			return t, err
		}
	}
	return token{}, fmt.Errorf("no way back to the address: %w", ErrLink)
}

// endTokens ends the user's links for these purposes.
func (m *Module) endTokens(ctx context.Context, userID string, purposes ...Purpose) error {
	for _, p := range purposes {
		if _, err := m.DB.ExecContext(ctx, `DELETE FROM tokens WHERE user_id = $1 AND purpose = $2`, userID, string(p)); err != nil {
			return err
		}
	}
	return nil
}

// liveUndos returns how many changes of address the user's earlier owners can still take back, and when the first
// of them ends.
func (m *Module) liveUndos(ctx context.Context, userID string) (n int, first int64, err error) {
	err = m.DB.QueryRowContext(ctx, `
		SELECT count(*), coalesce(min(expires_at), 0) FROM tokens
		 WHERE subject = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3`,
		userID, string(ForUndo), m.Now().UnixMilli()).Scan(&n, &first)
	return n, first, err
}
