package store

import (
	"context"

	"example.com/latchkey/internal/database"
)

// mostHeld bounds what is held of sessions in memory, in bytes, for as long as nothing is committed: 5,000 or more.
const mostHeld = 8 << 20

// A Join is what another layer wants to know about a session whenever it is read: in the same statement, so that both are of
// the same moment.
type Join struct {
	Columns string // of the tables of From
	From    string // LEFT JOINs on s, which is the table sessions
	// Scan reads the columns, which are NULL where nothing was joined, with scan, and returns what Row.Joined is to be.
	Scan func(scan func(dest ...any) error) (any, error)
}

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
	var created, seen, expires int64
	columns, from := `s.id, s.data, s.created_at, s.seen_at, s.expires_at, s.hits, s.ip, s.user_agent`, "sessions s"
	dest := []any{&h.ID, &h.text, &created, &seen, &expires, &h.Hits, &h.Network, &h.UserAgent}
	if s.Join.Scan == nil {
		err = s.db.QueryRowContext(ctx, `SELECT `+columns+` FROM `+from+` WHERE s.token_hash = $1`, hash).Scan(dest...)
	} else {
		found := s.db.QueryRowContext(ctx, `SELECT `+columns+`, `+s.Join.Columns+` FROM `+from+` `+s.Join.From+` WHERE s.token_hash = $1`, hash)
		h.Joined, err = s.Join.Scan(func(more ...any) error { return found.Scan(append(dest, database.OrZero(more...)...)...) })
	}
	h.Hash, h.Created, h.Seen, h.Expires = hash, database.Time(created), database.Time(seen), database.Time(expires)
	return h, err
}
