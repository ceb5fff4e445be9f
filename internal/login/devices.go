package login

import (
	"context"

	"github.com/mileusna/useragent"
)

// Logins returns where the user is logged in, the most recently seen first.
func (m *Module) Logins(ctx context.Context, userID string) ([]Login, error) {
	all, err := m.loginsOf(ctx, userID)
	if err != nil {
		return nil, err
	}
	var live []Login
	for _, l := range all {
		if !m.ranOut(l) {
			l.Seen = m.Sessions.LastSeen(l.SessionID, l.Seen)
			live = append(live, l)
		}
	}
	return live, nil
}

// End ends one of the user's logins, at once and everywhere. It returns fault.NotFound if the user has no such login.
func (m *Module) End(ctx context.Context, userID, loginID string) error {
	if st := standingOf(ctx); st.in && st.login.ID == loginID && st.user.ID == userID {
		return m.LogOut(ctx)
	}
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		sessionID, err := m.sessionOf(ctx, userID, loginID)
		if err != nil {
			return err
		}
		if err := m.Sessions.End(ctx, sessionID); err != nil {
			return err
		}
		return m.note(ctx, LoggedOut, userID, "from another device", "login", loginID)
	})
}

// EndOthers ends all of the user's logins but this one.
func (m *Module) EndOthers(ctx context.Context, userID, loginID string) error {
	return m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := m.holdUser(ctx, userID); err != nil {
			return err
		}
		if err := m.endLogins(ctx, userID, loginID); err != nil {
			return err
		}
		if err := m.endTokens(ctx, userID, ForNewEmail); err != nil {
			return err
		}
		return m.note(ctx, OthersEnded, userID, "", "login", loginID)
	})
}

// Device names the browser of this login as a person knows it: "Firefox on Linux".
func (l Login) Device() string { return DeviceName(l.UserAgent) }

// Phone reports whether the login is on a phone or tablet.
func (l Login) Phone() bool {
	ua := useragent.Parse(l.UserAgent)
	return ua.Mobile || ua.Tablet
}
