package login

import (
	"context"
	"time"
)

// Ends returns when the login of this request ends if no visit follows: one counts from when it is over, so a request
// that is itself a visit gives the time of now, and any other the zero time. keeps says whether a visit would make the
// login last longer: near its absolute limit it ends there in any case. For a guest Ends returns the zero time.
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
