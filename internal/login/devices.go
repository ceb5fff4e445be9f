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
		m.Log.Info("login ended", "event", "login.ended", "user", userID, "login", loginID)
		return m.Sessions.End(ctx, sessionID)
	})
}

// EndOthers ends all of the user's logins but this one.
func (m *Module) EndOthers(ctx context.Context, userID, loginID string) error {
	m.Log.Info("other logins ended", "event", "login.others_ended", "user", userID, "login", loginID)
	return m.DB.InTx(ctx, func(ctx context.Context) error { return m.endLogins(ctx, userID, loginID) })
}

// Device names the browser of this login as a person knows it: "Firefox on Linux".
func (l Login) Device() string {
	ua := useragent.Parse(l.UserAgent)
	switch {
	case ua.Name == "" || ua.Name == l.UserAgent:
		return "Unknown browser"
	case ua.OS == "":
		return ua.Name
	}
	return ua.Name + " on " + ua.OS
}

// Phone reports whether the login is on a phone or tablet.
func (l Login) Phone() bool {
	ua := useragent.Parse(l.UserAgent)
	return ua.Mobile || ua.Tablet
}
