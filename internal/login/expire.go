package login

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// expire ends the visitor's login, which has expired, and gives the browser a fresh session.
func (s *Service) expire(r *http.Request, c current) error {
	ctx := r.Context()
	err := s.Sessions.Reset(ctx, func(ctx context.Context, freshID string) error {
		return s.Audit.Emit(ctx, audit.Event{
			Name: audit.LoginExpired, User: c.user, LoginID: c.login.ID, SessionID: c.login.SessionID, FreshSessionID: freshID,
		})
	})
	route := web.RequestOf(ctx).Route
	if err == nil && session.TokenHash(ctx) == "" && !web.Safe(r.Method) && (route == nil || !route.Revoked) {
		// Another request was faster, and its answer carries the fresh session's cookie, with which the browser sends this
		// one again.
		return fault.SessionEnded
	}
	return err
}

// Sweep ends at most 200 logins that have expired while nobody was there, and deletes at most 200 known browsers that
// have. It returns how many. The sessions stay, without the keys that end with a login.
func (s *Service) Sweep(ctx context.Context) (swept int64, err error) {
	// The conditions are in a subquery without an order, so that each uses its index: with ORDER BY beside them, all logins
	// would be read.
	expired, err := s.query(ctx, `
		SELECT `+columns+` FROM logins l WHERE l.id IN (SELECT l.id FROM logins l WHERE `+hasExpired+` LIMIT 200) ORDER BY l.id`, s.expiry()...)
	if err != nil {
		return 0, err
	}
	for _, l := range expired {
		err := s.DB.InTx(ctx, func(ctx context.Context) error { return s.expireUnattended(ctx, l) })
		switch {
		case err == nil:
			swept++
		case !errors.Is(err, fault.SessionEnded):
			return swept, err
		}
	}
	n, err := s.Browsers.Sweep(ctx)
	return swept + n, err
}

// hasExpired is true of a login that has expired; its parameters are those of expiry.
const hasExpired = `(l.expires_at < $1 OR l.remembered = 0 AND l.seen_at < $2 OR l.remembered = 1 AND l.seen_at < $3)`

// expiry returns the moments that hasExpired compares with. A minute's slack leaves time for other instances, whose
// activity may not be written yet.
func (s *Service) expiry() []any {
	now := s.Now().Add(-time.Minute)
	return []any{now.UnixMilli(), now.Add(-s.Idle).UnixMilli(), now.Add(-s.RememberIdle).UnixMilli()}
}

// expireUnattended ends a login, in the context's transaction. It returns fault.SessionEnded if the login was ended or used
// meanwhile. Lock order: users, then sessions, then logins.
func (s *Service) expireUnattended(ctx context.Context, l Login) error {
	u, err := s.Users.ByID(ctx, l.UserID)
	if errors.Is(err, fault.NotFound) {
		return fault.SessionEnded
	}
	if err != nil {
		return err
	}
	if err := s.Sessions.DropUserKeys(ctx, l.SessionID); err != nil {
		return err
	}
	res, err := s.DB.ExecContext(ctx, `DELETE FROM logins AS l WHERE `+hasExpired+` AND l.id = $4`, append(s.expiry(), l.ID)...)
	if err := database.OneRow(res, err, fault.SessionEnded); err != nil {
		return err
	}
	return s.Audit.Emit(ctx, audit.Event{
		Name: audit.LoginExpired, User: u, LoginID: l.ID, SessionID: l.SessionID, FreshSessionID: l.SessionID,
	})
}
