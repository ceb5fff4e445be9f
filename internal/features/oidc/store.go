package oidc

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/features/oidc/provider"
	"example.com/latchkey/internal/secret"
)

// errTaken means that an identity is linked already, to this account or another.
var errTaken = errors.New("the identity is linked already")

// A Link is an identity that logs in to an account.
type Link struct {
	ID, UserID        string
	Issuer, Subject   string
	Email             string // as the provider said when it was linked, "" for none
	CreatedAt, UsedAt time.Time
}

// all returns the user's links, the oldest first.
func (s *Sites) all(ctx context.Context, userID string) ([]Link, error) {
	return database.All(ctx, s.DB, func(l *Link) []any {
		return []any{&l.ID, &l.UserID, &l.Issuer, &l.Subject, &l.Email, database.Moment(&l.CreatedAt), database.Moment(&l.UsedAt)}
	}, `SELECT id, user_id, issuer, subject, email, created_at, used_at FROM identities WHERE user_id = $1 ORDER BY id`, userID)
}

// find returns one of the user's links, or fault.NotFound.
func (s *Sites) find(ctx context.Context, userID, id string) (Link, error) {
	all, err := s.all(ctx, userID)
	for _, l := range all {
		if l.ID == id {
			return l, nil
		}
	}
	return Link{}, errors.Join(err, fmt.Errorf("identity %s: %w", id, fault.NotFound))
}

// count returns how many links the user has.
func (s *Sites) count(ctx context.Context, userID string) (n int, err error) {
	err = s.DB.QueryRowContext(ctx, `SELECT count(*) FROM identities WHERE user_id = $1`, userID).Scan(&n)
	return n, err
}

// ownerOf returns the id of the account that an identity logs in to, or fault.NotFound.
func (s *Sites) ownerOf(ctx context.Context, id provider.Identity) (userID string, err error) {
	err = s.DB.QueryRowContext(ctx, `SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2`, id.Issuer, id.Subject).Scan(&userID)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("identity: %w", fault.NotFound)
	}
	return userID, err
}

// insert links an identity to an account. It returns errTaken if it is linked already.
func (s *Sites) insert(ctx context.Context, userID string, id provider.Identity, used bool) error {
	now := s.Now().UnixMilli()
	usedAt := int64(0)
	if used {
		usedAt = now
	}
	_, err := s.DB.ExecContext(ctx, `
		INSERT INTO identities (id, user_id, issuer, subject, email, created_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		database.NewID(), userID, id.Issuer, id.Subject, id.Email, now, usedAt)
	if database.IsTaken(err) {
		return errTaken
	}
	return err
}

// setUsed records that an identity was used. It returns fault.Conflict if it no longer logs in to this account.
func (s *Sites) setUsed(ctx context.Context, userID string, id provider.Identity) error {
	res, err := s.DB.ExecContext(ctx, `
		UPDATE identities SET used_at = $1 WHERE issuer = $2 AND subject = $3 AND user_id = $4`, s.Now().UnixMilli(), id.Issuer, id.Subject, userID)
	return database.OneRow(res, err, fmt.Errorf("identity: %w", fault.Conflict))
}

// delete unlinks an identity from the user's account. It returns fault.NotFound.
func (s *Sites) delete(ctx context.Context, userID, id string) error {
	res, err := s.DB.ExecContext(ctx, `DELETE FROM identities WHERE id = $1 AND user_id = $2`, id, userID)
	return database.OneRow(res, err, fault.NotFound)
}

func (s *Sites) deleteAll(ctx context.Context, userID string) error {
	_, err := s.DB.ExecContext(ctx, `DELETE FROM identities WHERE user_id = $1`, userID)
	return err
}

// keep stores a request for the visitor: only this browser may come back with its answer. It returns fault.SessionEnded if
// the visitor's session is gone.
func (s *Sites) keep(ctx context.Context, visitor, site string, q request) error {
	text, err := json.Marshal(q)
	if err != nil {
		return err
	}
	res, err := s.DB.ExecContext(ctx, `
		INSERT INTO oidc_requests (hash, visitor, site, data, expires_at)
		SELECT CAST($1 AS TEXT), id, CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT) FROM sessions WHERE id = $2`,
		secret.Hash(q.State), visitor, site, string(text), s.Now().Add(requestFor).UnixMilli())
	return database.OneRow(res, err, fmt.Errorf("oidc request: %w", fault.SessionEnded))
}

// take returns a request and uses it up, in one statement, so that only one of two answers gets it. It returns errRequest if
// the request is another visitor's, for another site, used, or older than ten minutes.
func (s *Sites) take(ctx context.Context, visitor, site, state string) (q request, err error) {
	var text string
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		return s.DB.QueryRowContext(ctx, `
			DELETE FROM oidc_requests
			 WHERE hash = $1 AND visitor = $2 AND site = $3 AND expires_at > $4
			RETURNING data`, secret.Hash(state), visitor, site, s.Now().UnixMilli()).Scan(&text)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return q, errRequest
	}
	if err != nil {
		return q, err
	}
	q.State = state
	return q, json.Unmarshal([]byte(text), &q)
}

// A pendingLink is an identity that waits for the owner of an account to log in, and to press a button.
type pendingLink struct {
	Identity provider.Identity
	UserID   string
	ByEmail  bool // the account was found by the address that the provider has verified
}

// keepPending stores an identity that waits, in place of the one that waited for the visitor before. It returns
// fault.SessionEnded if the visitor's session is gone.
func (s *Sites) keepPending(ctx context.Context, visitor string, p pendingLink) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	res, err := s.DB.ExecContext(ctx, `
		INSERT INTO oidc_pending (visitor, data, expires_at)
		SELECT id, CAST($2 AS TEXT), CAST($3 AS BIGINT) FROM sessions WHERE id = $1
		ON CONFLICT (visitor) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
		visitor, string(text), s.Now().Add(requestFor).UnixMilli())
	return database.OneRow(res, err, fmt.Errorf("oidc pending: %w", fault.SessionEnded))
}

// pendingOf returns the identity that waits for the visitor, or fault.NotFound.
func (s *Sites) pendingOf(ctx context.Context, visitor string) (p pendingLink, err error) {
	var text string
	err = s.DB.QueryRowContext(ctx, `SELECT data FROM oidc_pending WHERE visitor = $1 AND expires_at > $2`, visitor, s.Now().UnixMilli()).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return p, fault.NotFound
	}
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal([]byte(text), &p)
}

func (s *Sites) dropPending(ctx context.Context, visitor string) error {
	_, err := s.DB.ExecContext(ctx, `DELETE FROM oidc_pending WHERE visitor = $1`, visitor)
	return err
}

// sweep deletes at most 200 expired rows, and returns how many it deleted.
func (s *Sites) sweep(ctx context.Context) (int64, error) {
	n, err := s.DB.DeleteSome(ctx, "oidc_requests", "hash", "expires_at", "expires_at <= $1", s.Now().UnixMilli())
	if err != nil || n > 0 {
		return n, err
	}
	return s.DB.DeleteSome(ctx, "oidc_pending", "visitor", "expires_at", "expires_at <= $1", s.Now().UnixMilli())
}
