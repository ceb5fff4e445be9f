package link

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A button that is pressed twice sends its form twice, and the browser shows the answer to the second. So a link remembers
// who used it: for a minute, the same browser gets the answer of success again, and nothing is done.

// readAsDone is for how long the browser that used a link gets the answer of success again.
const readAsDone = time.Minute

type browserKey struct{}

// By returns a context in which links are used by a browser, known by the hash of its session's token.
func By(ctx context.Context, browser string) context.Context {
	return context.WithValue(ctx, browserKey{}, browser)
}

// NoteUse remembers that the browser with this token used the link: the one that it had then, and each that it was given
// since. "" is none.
func (s *Service) NoteUse(ctx context.Context, hash, browser string) error {
	if browser == "" {
		return nil
	}
	_, err := s.DB.ExecContext(ctx, `
		INSERT INTO token_uses (browser, token_hash) VALUES ($1, $2)
		ON CONFLICT (browser, token_hash) DO NOTHING`, browser, hash)
	return err
}

// JustUsed returns the hash and the purpose of the link that one of these browsers used within the last minute for one of
// the purposes, or ErrLink. Of several it is the last one whose hash begins with tag.
func (s *Service) JustUsed(ctx context.Context, browsers []string, tag string, purposes ...Purpose) (hash, purpose string, err error) {
	now := s.Now()
	for _, browser := range browsers {
		for _, p := range purposes {
			err := s.DB.QueryRowContext(ctx, `
				SELECT t.hash FROM token_uses u JOIN tokens t ON t.hash = u.token_hash
				 WHERE u.browser = $1 AND t.purpose = $2 AND substr(t.hash, 1, $3) = $4 AND t.used_at > $5
				 ORDER BY t.used_at DESC LIMIT 1`,
				browser, p.Name, len(tag), tag, now.Add(-readAsDone).UnixMilli()).Scan(&hash)
			if !errors.Is(err, sql.ErrNoRows) {
				return hash, p.Name, err
			}
		}
	}
	return "", "", fmt.Errorf("not used by this browser: %w", ErrLink)
}
