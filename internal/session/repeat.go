package session

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"example.com/latchkey/internal/cookie"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/session/store"
	"example.com/latchkey/internal/web"
)

// A button that is pressed twice sends its form twice, both times with the token that the browser had. If the first of
// them rotated that token, the second comes too late: it would be refused, and the browser, which drops the answer to the
// first, would be left with a token that no longer counts.
//
// So a Rotation that is Repeatable remembers the form by a key, for as long as the token is remembered as revoked. Whoever
// sends the same form with the same token within that minute gets the session that the first one got, under a token of
// its own: Resume. That is safe because the form holds a password, and whoever repeats it knows the password, too.
// To know the old token alone, as somebody does who planted it, is worth nothing.

// Repeats reports whether this request is the second press of a button: the same form, from the same browser, that has
// just logged in, registered, or given the password. What it asks for has been done.
func Repeats(ctx context.Context) bool {
	v, ok := ctx.Value(visitKey{}).(*visit)
	return ok && v.repeats
}

// repeatKey tells a form with a token from every other. It is keyed by the token, which the table does not hold, so that
// nobody can try passwords on it.
func (v *visit) repeatKey(token string) string {
	mac := hmac.New(sha256.New, []byte(token))
	fmt.Fprintf(mac, "%s\x00%s\x00%s", v.r.Method, v.r.URL.Path, v.r.PostForm.Encode())
	return hex.EncodeToString(mac.Sum(nil))
}

// rememberRepeat notes for each token that the request came with which session the same form would lead to.
func (s *Sessions) rememberRepeat(ctx context.Context, v *visit, sessionID string, lasting bool) error {
	for _, token := range cookie.Tokens(v.r, s.CookieName) {
		r := store.Repeat{Key: v.repeatKey(token), Session: sessionID, Lasting: lasting}
		if err := s.rows.RememberRepeat(ctx, secret.Hash(token), r); err != nil {
			return err
		}
	}
	return nil
}

// repeated returns the session that the same form led to. It returns fault.SessionEnded if this is no repetition, or that
// session has ended.
func (s *Sessions) repeated(ctx context.Context, v *visit) (r store.Repeat, err error) {
	if web.Safe(v.r.Method) {
		return r, fault.SessionEnded
	}
	err = fault.SessionEnded
	for _, token := range cookie.Tokens(v.r, s.CookieName) {
		if r, err = s.rows.Repeated(ctx, secret.Hash(token), v.repeatKey(token)); !errors.Is(err, fault.SessionEnded) {
			break
		}
	}
	return r, err
}

// Resume makes the session that the same form led to a moment ago the session of this request, under a new token, and
// reports whether there is one. What the request has changed so far is dropped: see Repeats.
func (s *Sessions) Resume(ctx context.Context) (resumed bool, err error) {
	v, token := visitOf(ctx), secret.New()
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		repeat, err := s.repeated(ctx, v)
		if err != nil {
			return err
		}
		latest, err := s.rows.LockID(ctx, repeat.Session)
		if err != nil {
			return err
		}
		r, _, err := s.rows.Find(ctx, latest.Hash)
		if err != nil {
			return err
		}
		r.Hash = secret.Hash(token)
		if err := s.rows.Move(ctx, latest.Hash, r, latest.Data, true); err != nil {
			return err
		}
		database.OnCommit(ctx, func() {
			v.goOn(ctx, r, token, repeat.Lasting, latest.Data)
			v.repeats = true
		})
		return nil
	})
	if errors.Is(err, fault.SessionEnded) {
		return false, nil
	}
	return err == nil, err
}
