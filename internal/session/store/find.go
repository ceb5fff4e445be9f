package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/latchkey/internal/database"
)

// A Row is a session as the table keeps it, without its data.
type Row struct {
	ID, Hash               string // Hash is the SHA-256 of the token, in hex
	Network, UserAgent     string // the client's, cut and cleaned
	Created, Seen, Expires time.Time
	Hits                   int64
	Joined                 any // what the function given to Join returned; nil for a row that was not found by its token
}

// Find returns the row whose token has this hash, with what waits to be written about it, and its data as stored.
// It returns sql.ErrNoRows if there is none. Whether the row has expired is for the caller to say.
func (s *Store) Find(ctx context.Context, hash string) (r Row, text []byte, err error) {
	found, err := s.cache.Get(ctx, hash, func(ctx context.Context) (cached, error) { return s.read(ctx, hash) })
	if err != nil {
		return Row{}, nil, err
	}
	r, text = found.Row, found.text
	now := s.now()
	waiting := s.waiting(r.ID).asOf(now)
	r.Created = earliest(r.Created, now)
	if r.Seen.After(now) { // the clock was put back: the row lasts as long from now as it was to last then
		r.Seen, r.Expires = now, now.Add(r.Expires.Sub(r.Seen))
	}
	r.Seen, r.Expires, r.Hits = latest(r.Seen, waiting.Seen), latest(r.Expires, waiting.Until), r.Hits+waiting.Hits
	return r, text, nil
}

// Gone reports whether there is no row any more whose token has this hash, false for "".
func (s *Store) Gone(ctx context.Context, hash string) (bool, error) {
	if hash == "" {
		return false, nil
	}
	_, _, err := s.Find(ctx, hash)
	gone := errors.Is(err, sql.ErrNoRows)
	if gone {
		err = nil
	}
	return gone, err
}

// own are the columns of a session, of the table sessions under the alias s.
const own = `s.id, s.data, s.created_at, s.seen_at, s.expires_at, s.hits, s.ip, s.user_agent`

// read returns a session as the table has it now. It returns sql.ErrNoRows if there is none.
func (s *Store) read(ctx context.Context, hash string) (c cached, err error) {
	var into []any
	c.Hash = hash
	c.Joined, into = s.joined()
	err = s.db.QueryRowContext(ctx, `SELECT `+s.columns+` FROM `+s.from+` WHERE s.token_hash = $1`, hash).Scan(append([]any{
		&c.ID, &c.text, database.Moment(&c.Created), database.Moment(&c.Seen), database.Moment(&c.Expires), &c.Hits, &c.Network, &c.UserAgent,
	}, into...)...)
	return c, err
}

// Join lets another layer read columns with every session. Call it before the first request.
func (s *Store) Join(columns, from string, row func() (joined any, into []any)) {
	s.columns, s.from, s.joined = own+", "+columns, "sessions s "+from, row
}

// cacheSize bounds the sessions that are kept in memory while nothing is committed, in bytes: 5,000 or more.
const cacheSize = 8 << 20

// A cached session is one as it was read.
type cached struct {
	Row
	text []byte // its data, which nobody changes
}

// size is about what it takes in memory, in bytes.
func (c cached) size() int {
	size := 500 + len(c.text) + len(c.UserAgent)
	if c.Joined != nil {
		size += 1000
	}
	return size
}

// Revoked reports whether a token with this hash was ended or replaced within the last minute. successor is the session that
// goes on under another token within the same login, "" for none: it is good for nothing but to be ended.
func (s *Store) Revoked(ctx context.Context, hash string) (is bool, successor string, err error) {
	now := s.now()
	err = s.db.QueryRowContext(ctx, `SELECT session_id FROM revoked_tokens WHERE token_hash = $1 AND expires_at > $2 AND expires_at <= $3`,
		hash, now.UnixMilli(), now.Add(2*revokedFor).UnixMilli()). // later than that: the clock was put back
		Scan(&successor)
	if errors.Is(err, sql.ErrNoRows) {
		return false, "", nil
	}
	return err == nil, successor, err
}
