package link

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"example.com/latchkey/internal/database"
)

// Exports are the tables of this package that hold something of a user. What the links carry stays out, even as a hash.
var Exports = []database.Export{
	{Table: "tokens", About: "Links that were sent to you", Columns: "purpose, subject, created_at, expires_at, used_at", Key: "hash"},
}

func (s *Service) insert(ctx context.Context, l Link, maxLive int) error {
	payload, err := json.Marshal(l.Payload)
	if err != nil {
		return err
	}
	if _, err := s.DB.ExecContext(ctx, `
		INSERT INTO tokens (hash, purpose, subject, user_id, payload, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		l.hash, l.Purpose, l.Subject, sql.NullString{String: l.UserID, Valid: l.UserID != ""}, string(payload),
		l.CreatedAt.UnixMilli(), l.ExpiresAt.UnixMilli()); err != nil {
		return err
	}
	if maxLive == 0 {
		return nil
	}
	_, err = s.DB.ExecContext(ctx, `
		DELETE FROM tokens
		 WHERE purpose = $1 AND subject = $2 AND hash <> $3 AND used_at IS NULL
		   AND hash NOT IN (SELECT hash FROM tokens
		                     WHERE purpose = $1 AND subject = $2 AND hash <> $3 AND used_at IS NULL
		                     ORDER BY created_at DESC, hash LIMIT $4)`,
		l.Purpose, l.Subject, l.hash, maxLive-1)
	return err
}

const live = `used_at IS NULL AND expires_at > $3`

// columns are those of a Link.
const columns = `user_id, hash, purpose, subject, payload, created_at, expires_at`

// into returns where the columns of a row go.
func (l *Link) into() []any {
	return append(database.OrZero(&l.UserID), &l.hash, &l.Purpose, &l.Subject, &l.Payload, database.Moment(&l.CreatedAt), database.Moment(&l.ExpiresAt))
}

// Scan is the sql.Scanner's.
func (p *Payload) Scan(value any) error {
	text, _ := value.(string)
	return json.Unmarshal([]byte(text), p)
}

// byHash returns a link that works for the purpose now, or ErrLink.
func (s *Service) byHash(ctx context.Context, hash string, p Purpose) (l Link, err error) {
	err = s.DB.QueryRowContext(ctx, `SELECT `+columns+` FROM tokens WHERE hash = $1 AND purpose = $2 AND `+live,
		hash, p.Name, s.Now().UnixMilli()).Scan(l.into()...)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("%s: %w", p.Name, ErrLink)
	}
	return l, err
}

// Live returns the links of a purpose that work for this subject, the oldest first.
func (s *Service) Live(ctx context.Context, subject string, p Purpose) ([]Link, error) {
	return database.All(ctx, s.DB, (*Link).into, `SELECT `+columns+` FROM tokens WHERE subject = $1 AND purpose = $2 AND `+live+` ORDER BY created_at`,
		subject, p.Name, s.Now().UnixMilli())
}

// ConsumeLocked marks a link as used, in a transaction that has locked its account. It returns ErrLink if the link does
// not work any more. It ends the others of its purpose and subject; where any number may live (MaxLive 0), only the later
// ones: the first change of address must stay one that its owner can undo.
func (s *Service) ConsumeLocked(ctx context.Context, p Purpose, l Link) error {
	now := s.Now().UnixMilli()
	res, err := s.DB.ExecContext(ctx, `
		UPDATE tokens SET used_at = $1, payload = '{}'
		 WHERE hash = $2 AND purpose = $3 AND used_at IS NULL AND expires_at > $1`, now, l.hash, p.Name)
	if err := database.OneRow(res, err, ErrLink); err != nil {
		return err
	}
	browser, _ := ctx.Value(browserKey{}).(string)
	if err := s.NoteUse(ctx, l.hash, browser); err != nil {
		return err
	}
	since := int64(0)
	if p.MaxLive == 0 {
		since = l.CreatedAt.UnixMilli()
	}
	_, err = s.DB.ExecContext(ctx, `DELETE FROM tokens WHERE purpose = $1 AND subject = $2 AND hash <> $3 AND created_at >= $4`,
		p.Name, l.Subject, l.hash, since)
	return err
}

// End ends the user's links for these purposes. Those that were used are kept: pressed twice, they are read as done.
func (s *Service) End(ctx context.Context, userID string, purposes ...Purpose) error {
	for _, p := range purposes {
		if _, err := s.DB.ExecContext(ctx, `DELETE FROM tokens WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL`, userID, p.Name); err != nil {
			return err
		}
	}
	return nil
}

// EndSubject ends every link about a subject, such as the address of an account that is deleted.
func (s *Service) EndSubject(ctx context.Context, subject string) error {
	_, err := s.DB.ExecContext(ctx, `DELETE FROM tokens WHERE subject = $1`, subject)
	return err
}

// Sweep deletes at most 200 links that have expired, and returns how many.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	return s.DB.DeleteSome(ctx, "tokens", "hash", "expires_at", "expires_at < $1", s.Now().UnixMilli())
}
