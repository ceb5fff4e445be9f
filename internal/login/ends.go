package login

import (
	"context"
	"time"
)

// Ends returns when the login of this request ends if no other request follows. visit is the present time if this request
// counts as a visit, which it does once it is over, and otherwise the zero time. keeps reports whether another visit would
// make the login last longer: near its absolute limit it would not. For a guest Ends returns the zero time.
func (s *Service) Ends(ctx context.Context, visit time.Time) (ends time.Time, keeps bool) {
	c, in := currentOf(ctx)
	if !in {
		return time.Time{}, false
	}
	seen := s.Sessions.LastSeen(c.login.SessionID, c.login.SeenAt)
	if visit.After(seen) {
		seen = visit
	}
	ends = seen.Add(s.idle(c.login))
	if ends.Before(c.login.ExpiresAt) {
		return ends, true
	}
	return c.login.ExpiresAt, false
}
