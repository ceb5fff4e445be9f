package login

import (
	"context"
	"time"
)

// idle is how long the login lasts without a request.
func (m *Module) idle(l Login) time.Duration {
	if l.Remembered {
		return m.RememberIdle
	}
	return m.Idle
}

// Ends returns when the login of this request ends if no visit follows: one counts from when it is over, so a request
// that is itself a visit gives the time of now, and any other the zero time. keeps says whether a visit would make the
// login last longer: near its absolute limit it ends there in any case. For a guest Ends returns the zero time.
func (m *Module) Ends(ctx context.Context, visit time.Time) (ends time.Time, keeps bool) {
	st := standingOf(ctx)
	if !st.in {
		return time.Time{}, false
	}
	seen := m.Sessions.LastSeen(st.login.SessionID, st.login.Seen)
	if visit.After(seen) {
		seen = visit
	}
	ends = seen.Add(m.idle(st.login))
	if ends.Before(st.login.Expires) {
		return ends, true
	}
	return st.login.Expires, false
}

// Mark tells one user from another on the pages that a browser has open, and says nothing else: the last part of the
// id, which is random.
func (u User) Mark() string { return u.ID[max(0, len(u.ID)-12):] }
