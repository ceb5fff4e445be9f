package session

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/web"
)

// A button that is pressed twice sends its form twice, both times with the token that the browser had. If the first of
// them rotated that token, the second comes too late: it would be refused, and the browser, which drops the answer to the
// first, would be left with a token that no longer counts.
//
// So a Rotation that is Repeatable remembers the form by a key, for as long as the token is remembered as revoked. Whoever
// sends the same form with the same token within that minute gets the session that the first one got, under a token of
// its own: Resume. That is safe because the form holds a password, and so the repetition proves what the first one proved.
// To know the old token alone, as somebody does who planted it, is worth nothing.

// Repeats reports whether this request is the second press of a button: the same form, from the same browser, that has
// just logged in, registered, or given the password. What it asks for has been done.
func Repeats(ctx context.Context) bool {
	v, ok := ctx.Value(visitKey{}).(*visit)
	return ok && v.repeats
}

// repeatKey tells a form with a token from every other. It is keyed by the token, which the table does not hold, so that
// nobody can try passwords on it. A safe request has none.
func (v *visit) repeatKey(token string) string {
	if web.Safe(v.r.Method) {
		return ""
	}
	mac := hmac.New(sha256.New, []byte(token))
	fmt.Fprintf(mac, "%s\x00%s\x00%s", v.r.Method, v.r.URL.Path, v.r.PostForm.Encode())
	return hex.EncodeToString(mac.Sum(nil))
}

// rememberRepeat notes for each token that the request came with which session the same form would lead to.
func (s *Sessions) rememberRepeat(ctx context.Context, v *visit, sessionID string, lasting bool) error {
	flag := 0
	if lasting {
		flag = 1
	}
	for _, token := range s.tokens(v.r) {
		if _, err := s.DB.ExecContext(ctx, `
			INSERT INTO revoked_tokens (token_hash, expires_at, repeat_key, repeat_session, repeat_lasting) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (token_hash) DO UPDATE
			   SET repeat_key = excluded.repeat_key, repeat_session = excluded.repeat_session, repeat_lasting = excluded.repeat_lasting`,
			secret.Hash(token), s.Now().Add(revokedFor).UnixMilli(), v.repeatKey(token), sessionID, flag); err != nil {
			return err
		}
	}
	return nil
}

// repeated returns the session that the same form led to, "" if this is no repetition or that session has ended.
func (s *Sessions) repeated(ctx context.Context, v *visit) (sessionID string, lasting bool, err error) {
	if web.Safe(v.r.Method) {
		return "", false, nil
	}
	now := s.Now()
	for _, token := range s.tokens(v.r) {
		var flag int
		err := s.DB.QueryRowContext(ctx, `
			SELECT s.id, t.repeat_lasting
			  FROM revoked_tokens t
			  JOIN sessions s ON s.id = t.repeat_session
			 WHERE t.token_hash = $1 AND t.repeat_key = $2 AND t.expires_at > $3 AND t.expires_at <= $4`,
			secret.Hash(token), v.repeatKey(token), now.UnixMilli(), now.Add(2*revokedFor).UnixMilli()).Scan(&sessionID, &flag)
		if !errors.Is(err, sql.ErrNoRows) {
			return sessionID, flag == 1, err
		}
	}
	return "", false, nil
}

// Resume makes the session that the same form led to a moment ago the session of this request, under a new token, and
// reports whether there is one. What the request has changed so far is dropped: see Repeats.
func (s *Sessions) Resume(ctx context.Context) (resumed bool, err error) {
	v := visitOf(ctx)
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		resumed = false
		id, lasting, err := s.repeated(ctx, v)
		if err != nil || id == "" {
			return err
		}
		d, hash, err := s.lock(ctx, byID, id)
		if errors.Is(err, fault.SessionEnded) {
			return nil
		}
		if err != nil {
			return err
		}
		r, _, err := s.find(ctx, hash)
		if err != nil {
			return err
		}
		token := secret.New()
		r.hash = secret.Hash(token)
		if _, err := s.DB.ExecContext(ctx, `UPDATE sessions SET token_hash = $1 WHERE token_hash = $2`, r.hash, hash); err != nil {
			return err
		}
		if err := s.revoke(ctx, hash, id); err != nil {
			return err
		}
		resumed = true
		database.OnCommit(ctx, func() {
			v.forget(ctx)
			v.become(r, token, lasting)
			v.repeats = true
			for key, raw := range d {
				s.engine.Put(ctx, key, raw)
			}
		})
		return nil
	})
	return resumed && err == nil, err
}
