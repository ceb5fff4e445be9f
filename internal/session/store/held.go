package store

import (
	"context"

	"example.com/latchkey/internal/database"
)

// mostHeld bounds what is held of sessions in memory, in bytes, for as long as nothing is committed: 5,000 or more.
const mostHeld = 8 << 20

// Join lets another layer read columns with every session. Call it before the first request.
func (s *Store) Join(columns, from string, row func() (joined any, into []any)) {
	s.columns, s.from, s.joined = own+", "+columns, "sessions s "+from, row
}

// own are the columns of a session, of the table sessions under the alias s.
const own = `s.id, s.data, s.created_at, s.seen_at, s.expires_at, s.hits, s.ip, s.user_agent`

// A held session is one as it was read.
type held struct {
	Row
	text []byte // its data, which nobody changes
}

// size is about what it takes in memory, in bytes.
func (h held) size() int {
	size := 500 + len(h.text) + len(h.UserAgent)
	if h.Joined != nil {
		size += 1000
	}
	return size
}

// read returns a session as the table has it now. It returns sql.ErrNoRows if there is none.
func (s *Store) read(ctx context.Context, hash string) (h held, err error) {
	h.Hash = hash
	joined, into := s.joined()
	h.Joined = joined
	err = s.db.QueryRowContext(ctx, `SELECT `+s.columns+` FROM `+s.from+` WHERE s.token_hash = $1`, hash).Scan(append([]any{
		&h.ID, &h.text, database.Moment(&h.Created), database.Moment(&h.Seen), database.Moment(&h.Expires), &h.Hits, &h.Network, &h.UserAgent,
	}, into...)...)
	return h, err
}
