package store

import (
	"context"

	"example.com/latchkey/internal/database"
)

// mostHeld bounds what is held of sessions in memory, in bytes, for as long as nothing is committed: 4,000 or more.
const mostHeld = 4 << 20

// A held session is one as it was read.
type held struct {
	Row
	text []byte // its data, which nobody changes
}

// size is about what it takes in memory, in bytes.
func (h held) size() int { return 500 + len(h.text) + len(h.UserAgent) }

// read returns a session as the table has it now. It returns sql.ErrNoRows if there is none.
func (s *Store) read(ctx context.Context, hash string) (h held, err error) {
	var created, seen, expires int64
	err = s.db.QueryRowContext(ctx, `
		SELECT id, data, created_at, seen_at, expires_at, hits, ip, user_agent
		  FROM sessions
		 WHERE token_hash = $1`, hash).
		Scan(&h.ID, &h.text, &created, &seen, &expires, &h.Hits, &h.Network, &h.UserAgent)
	h.Hash, h.Created, h.Seen, h.Expires = hash, database.Time(created), database.Time(seen), database.Time(expires)
	return h, err
}
