package store

import (
	"context"

	"example.com/latchkey/internal/database"
)

// mostHeld bounds what is held of sessions in memory, in bytes, for as long as nothing is committed: 5,000 or more.
const mostHeld = 8 << 20

// A Scan reads the columns of a join with scan, and returns what Row.Joined is to be.
type Scan func(scan func(dest ...any) error) (any, error)

// Join lets another layer read columns with every session. Call it before the first request.
func (s *Store) Join(columns, from string, scan Scan) {
	s.columns, s.from, s.scan = own+", "+columns, "sessions s "+from, scan
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
	own := []any{
		&h.ID, &h.text, database.Moment(&h.Created), database.Moment(&h.Seen), database.Moment(&h.Expires), &h.Hits, &h.Network, &h.UserAgent,
	}
	found := s.db.QueryRowContext(ctx, `SELECT `+s.columns+` FROM `+s.from+` WHERE s.token_hash = $1`, hash)
	h.Joined, err = s.scan(func(more ...any) error { return found.Scan(append(own, database.OrZero(more...)...)...) })
	return h, err
}
