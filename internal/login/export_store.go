package login

import (
	"context"
	"database/sql"
	"encoding/json"
	"iter"

	"example.com/latchkey/internal/database"
)

func (m *Module) exportUser(ctx context.Context, userID string) iter.Seq2[any, error] {
	return m.DB.ByKey(ctx, `
		SELECT id, email, email_key, name, timezone, role, created_at, verified_at, password_changed_at, disabled_at
		  FROM users
		 WHERE id = $1 AND id > $2
		 ORDER BY id
		 LIMIT $3`, userID, func(rows *database.Rows) (any, string, error) {
		var u exportedUser
		var created, verified, changed, disabled int64
		err := rows.Scan(&u.ID, &u.Email, &u.EmailKey, &u.Name, &u.Timezone, &u.Role, &created, &verified, &changed, &disabled)
		u.CreatedAt, u.VerifiedAt, u.PasswordChangedAt, u.DisabledAt = moment(created), moment(verified), moment(changed), moment(disabled)
		return u, u.ID, err
	})
}

func (m *Module) exportLogins(ctx context.Context, userID string) iter.Seq2[any, error] {
	return m.DB.ByKey(ctx, `
		SELECT id, session_id, created_at, seen_at, expires_at, remembered, fresh_at, ip, user_agent
		  FROM logins
		 WHERE user_id = $1 AND id > $2
		 ORDER BY id
		 LIMIT $3`, userID, func(rows *database.Rows) (any, string, error) {
		var l exportedLogin
		var created, seen, expires, remembered, fresh int64
		err := rows.Scan(&l.ID, &l.SessionID, &created, &seen, &expires, &remembered, &fresh, &l.IP, &l.UserAgent)
		l.CreatedAt, l.SeenAt, l.ExpiresAt, l.FreshAt = moment(created), moment(seen), moment(expires), moment(fresh)
		l.Remembered = remembered == 1
		return l, l.ID, err
	})
}

// exportSessions reads what the session layer keeps for the browsers where the user is logged in.
// Half logged in is not yet the user: what such a browser did stays its own.
func (m *Module) exportSessions(ctx context.Context, userID string) iter.Seq2[any, error] {
	return m.DB.ByKey(ctx, `
		SELECT s.id, s.data, s.created_at, s.seen_at, s.expires_at, s.hits, s.ip, s.user_agent
		  FROM logins l
		  JOIN sessions s ON s.id = l.session_id
		 WHERE l.user_id = $1 AND s.id > $2
		 ORDER BY s.id
		 LIMIT $3`, userID, func(rows *database.Rows) (any, string, error) {
		var s exportedSession
		var data string
		var created, seen, expires int64
		err := rows.Scan(&s.ID, &data, &created, &seen, &expires, &s.Hits, &s.IP, &s.UserAgent)
		s.CreatedAt, s.SeenAt, s.ExpiresAt = moment(created), moment(seen), moment(expires)
		if json.Valid([]byte(data)) {
			s.Data = json.RawMessage(data)
		}
		return s, s.ID, err
	})
}

func (m *Module) exportTrail(ctx context.Context, userID string) iter.Seq2[any, error] {
	return m.DB.ByKey(ctx, `
		SELECT t.id, t.session_id, t.at, t.method, t.pattern, t.status
		  FROM logins l
		  JOIN trail  t ON t.session_id = l.session_id
		 WHERE l.user_id = $1 AND t.id > $2
		 ORDER BY t.id
		 LIMIT $3`, userID, func(rows *database.Rows) (any, string, error) {
		var v exportedView
		var at int64
		err := rows.Scan(&v.ID, &v.SessionID, &at, &v.Method, &v.Pattern, &v.Status)
		v.At = moment(at)
		return v, v.ID, err
	})
}

func (m *Module) exportKnownBrowsers(ctx context.Context, userID string) iter.Seq2[any, error] {
	return m.DB.ByKey(ctx, `
		SELECT token_hash, created_at, expires_at
		  FROM known_browsers
		 WHERE user_id = $1 AND token_hash > $2
		 ORDER BY token_hash
		 LIMIT $3`, userID, func(rows *database.Rows) (any, string, error) {
		var hash string // the key alone: it stays here
		var created, expires int64
		err := rows.Scan(&hash, &created, &expires)
		return exportedKnownBrowser{moment(created), moment(expires)}, hash, err
	})
}

func (m *Module) exportHeld(ctx context.Context, userID string) iter.Seq2[any, error] {
	return m.DB.ByKey(ctx, `
		SELECT email_key, expires_at
		  FROM reserved_emails
		 WHERE user_id = $1 AND email_key > $2
		 ORDER BY email_key
		 LIMIT $3`, userID, func(rows *database.Rows) (any, string, error) {
		var key string
		var expires int64
		err := rows.Scan(&key, &expires)
		return exportedHeld{key, moment(expires)}, key, err
	})
}

func (m *Module) exportTokens(ctx context.Context, userID string) iter.Seq2[any, error] {
	return m.DB.ByKey(ctx, `
		SELECT hash, purpose, subject, created_at, expires_at, used_at
		  FROM tokens
		 WHERE user_id = $1 AND hash > $2
		 ORDER BY hash
		 LIMIT $3`, userID, func(rows *database.Rows) (any, string, error) {
		var t exportedToken
		var hash string // the key alone: it stays here
		var created, expires int64
		var used sql.NullInt64
		err := rows.Scan(&hash, &t.Purpose, &t.Subject, &created, &expires, &used)
		t.CreatedAt, t.ExpiresAt, t.UsedAt = moment(created), moment(expires), moment(used.Int64)
		return t, hash, err
	})
}

func (m *Module) exportMails(ctx context.Context, userID string) iter.Seq2[any, error] {
	return m.DB.ByKey(ctx, `
		SELECT id, kind, recipient, subject, state, created_at, expires_at, due_at, ended_at, attempts, error
		  FROM outbox
		 WHERE user_id = $1 AND id > $2
		 ORDER BY id
		 LIMIT $3`, userID, func(rows *database.Rows) (any, string, error) {
		var l exportedMail
		var created, expires, due, ended int64
		err := rows.Scan(&l.ID, &l.Kind, &l.Recipient, &l.Subject, &l.State, &created, &expires, &due, &ended, &l.Attempts, &l.Error)
		l.CreatedAt, l.ExpiresAt, l.DueAt, l.EndedAt = moment(created), moment(expires), moment(due), moment(ended)
		return l, l.ID, err
	})
}

func (m *Module) exportEvents(ctx context.Context, userID string) iter.Seq2[any, error] {
	return m.DB.ByKey(ctx, `
		SELECT id, at, name, detail, ip, user_agent
		  FROM events
		 WHERE user_id = $1 AND id > $2
		 ORDER BY id
		 LIMIT $3`, userID, func(rows *database.Rows) (any, string, error) {
		var e exportedEvent
		var at int64
		err := rows.Scan(&e.ID, &at, &e.Name, &e.Detail, &e.IP, &e.UserAgent)
		e.At = moment(at)
		return e, e.ID, err
	})
}

func (m *Module) exportKeptForms(ctx context.Context, userID string) iter.Seq2[any, error] {
	return m.DB.ByKey(ctx, `
		SELECT session_id, path, form, created_at, expires_at
		  FROM kept_forms
		 WHERE user_id = $1 AND session_id > $2
		 ORDER BY session_id
		 LIMIT $3`, userID, func(rows *database.Rows) (any, string, error) {
		var f exportedForm
		var form string
		var created, expires int64
		err := rows.Scan(&f.SessionID, &f.Path, &form, &created, &expires)
		f.Form, f.CreatedAt, f.ExpiresAt = json.RawMessage(form), moment(created), moment(expires)
		return f, f.SessionID, err
	})
}

func (m *Module) exportRanOutLogins(ctx context.Context, userID string) iter.Seq2[any, error] {
	return m.DB.ByKey(ctx, `
		SELECT session_id, at
		  FROM expired_logins
		 WHERE user_id = $1 AND session_id > $2
		 ORDER BY session_id
		 LIMIT $3`, userID, func(rows *database.Rows) (any, string, error) {
		var o exportedRanOut
		var at int64
		err := rows.Scan(&o.SessionID, &at)
		o.At = moment(at)
		return o, o.SessionID, err
	})
}
