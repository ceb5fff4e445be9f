package login

import (
	"context"
	"errors"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/web"
)

// maxLogins is how many logins one account may have at a time; the next one ends the least recently used.
const maxLogins = 100

// LogOut ends the visitor's login, if there is one, and the session with it; the browser gets a fresh one.
// After it returned, nothing that knows the old token sees or changes anything.
func (s *Service) LogOut(ctx context.Context) error {
	c, in := currentOf(ctx)
	err := s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Sessions.LogOut(ctx); err != nil || !in {
			return err
		}
		return s.Audit.Emit(ctx, audit.Event{Name: audit.LoggedOut, User: c.user, LoginID: c.login.ID})
	})
	if err != nil || !in {
		return err
	}
	for _, f := range s.afterLogOut {
		f(ctx, c.user)
	}
	return nil
}

// Logins returns where the user is logged in, the most recently seen first.
func (s *Service) Logins(ctx context.Context, userID string) ([]Login, error) {
	all, err := s.all(ctx, userID)
	if err != nil {
		return nil, err
	}
	var live []Login
	for _, l := range all {
		if !s.expired(l) {
			l.SeenAt = s.Sessions.LastSeen(l.SessionID, l.SeenAt)
			live = append(live, l)
		}
	}
	return live, nil
}

// End ends one of the user's logins, at once and everywhere. It is no error if it has ended already. It returns
// fault.NotFound if the login is somebody else's.
func (s *Service) End(ctx context.Context, userID, loginID string) error {
	if c, in := currentOf(ctx); in && c.login.ID == loginID && c.user.ID == userID {
		return s.LogOut(ctx)
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		sessionID, err := s.sessionOf(ctx, userID, loginID)
		if errors.Is(err, fault.NotFound) {
			return s.DB.GoneAlready(ctx, err, `SELECT 1 FROM logins WHERE id = $1`, loginID)
		}
		if err != nil {
			return err
		}
		u, err := s.Users.ByID(ctx, userID)
		if err != nil {
			return err
		}
		if err := s.Sessions.End(ctx, sessionID); err != nil {
			return err
		}
		return s.Audit.Emit(ctx, audit.Event{Name: audit.LoggedOut, User: u, Detail: "from another device", LoginID: loginID})
	})
}

// EndOthers ends all logins of the visitor's account but this one, and makes every other browser unknown to it. It returns
// the token that makes this one known.
func (s *Service) EndOthers(ctx context.Context, known Known) (token string, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.LockCurrent(ctx); err != nil {
			return err
		}
		c, _ := currentOf(ctx)
		if token, err = s.EndAllButCurrent(ctx, known); err != nil {
			return err
		}
		return s.Audit.Emit(ctx, audit.Event{Name: audit.OthersEnded, User: c.user, LoginID: c.login.ID})
	})
	return token, err
}

// EndAll ends every login of the user, and makes every browser unknown to the account, in the context's transaction. If
// the session of this request is one of them, the visitor gets a fresh one for the answer.
func (s *Service) EndAll(ctx context.Context, userID string) error {
	own := ""
	if c, in := currentOf(ctx); in && c.user.ID == userID {
		own = c.login.ID
		if err := s.Sessions.LogOut(ctx); err != nil {
			return err
		}
	}
	if err := s.end(ctx, userID, func(_ int, l Login) bool { return l.ID != own }); err != nil {
		return err
	}
	return s.ForgetAll(ctx, userID)
}

// EndAllButCurrent ends every login of the visitor's account but this one, and makes every other browser unknown to it, in
// the context's transaction. It returns the token that makes this one known.
func (s *Service) EndAllButCurrent(ctx context.Context, known Known) (token string, err error) {
	c, _ := currentOf(ctx)
	if err := s.end(ctx, c.user.ID, func(_ int, l Login) bool { return l.ID != c.login.ID }); err != nil {
		return "", err
	}
	return s.ForgetOthers(ctx, c.user.ID, known)
}

// end ends the logins of the user that which chooses, with their sessions, in the context's transaction. i counts them, the
// most recently seen first.
func (s *Service) end(ctx context.Context, userID string, which func(i int, l Login) bool) error {
	logins, err := s.all(ctx, userID)
	for i, l := range logins {
		if err == nil && which(i, l) {
			err = s.Sessions.End(ctx, l.SessionID)
		}
	}
	return err
}

// endOldest ends the logins beyond maxLogins, in the context's transaction.
func (s *Service) endOldest(ctx context.Context, userID string) error {
	return s.end(ctx, userID, func(i int, _ Login) bool { return i >= maxLogins })
}

// Browser names the browser of this login as a person knows it: "Firefox on Linux".
func (l Login) Browser() string { return web.BrowserName(l.UserAgent) }

// Phone reports whether the login is on a phone or tablet.
func (l Login) Phone() bool { return web.IsPhone(l.UserAgent) }
