package passkey

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/secret"
)

// A Passkey is a key pair of one account, whose private half an authenticator keeps.
type Passkey struct {
	ID, UserID, Name  string
	CredentialID      []byte
	PublicKey         []byte
	AAGUID            string // the make of the authenticator
	Transports        []string
	SignCount         uint32 // as last seen; 0 where the authenticator does not count
	BackupEligible    bool   // it may be kept on several devices
	BackedUp          bool   // it is
	CreatedAt, UsedAt time.Time
}

// credential is the passkey as the library checks it.
func (k Passkey) credential() webauthn.Credential {
	c := webauthn.Credential{ID: k.CredentialID, PublicKey: k.PublicKey}
	c.Flags.BackupEligible, c.Flags.BackupState, c.Flags.UserVerified = k.BackupEligible, k.BackedUp, true
	c.Authenticator.SignCount = k.SignCount
	for _, t := range k.Transports {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
	}
	return c
}

const columns = `id, user_id, credential_id, public_key, name, aaguid, transports, sign_count, backup_eligible, backed_up, created_at, used_at`

var base64url = base64.RawURLEncoding

func scan(scan func(...any) error) (k Passkey, err error) {
	var id, key, transports string
	var count, eligible, backedUp, created, used int64
	if err := scan(&k.ID, &k.UserID, &id, &key, &k.Name, &k.AAGUID, &transports, &count, &eligible, &backedUp, &created, &used); err != nil {
		return k, err
	}
	var errID, errKey error
	k.CredentialID, errID = base64url.DecodeString(id)
	k.PublicKey, errKey = base64url.DecodeString(key)
	if transports != "" {
		k.Transports = strings.Split(transports, ",")
	}
	k.SignCount, k.BackupEligible, k.BackedUp = uint32(count), eligible == 1, backedUp == 1
	k.CreatedAt, k.UsedAt = database.Time(created), database.Time(used)
	return k, errors.Join(errID, errKey)
}

// all returns the user's passkeys, the oldest first.
func (p *Passkeys) all(ctx context.Context, userID string) (all []Passkey, err error) {
	rows, err := p.DB.QueryContext(ctx, `SELECT `+columns+` FROM passkeys WHERE user_id = $1 ORDER BY id`, userID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		k, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, rows.Err()
}

// find returns one of the user's passkeys, or fault.NotFound.
func (p *Passkeys) find(ctx context.Context, userID, id string) (Passkey, error) {
	return missing(scan(p.DB.QueryRowContext(ctx, `SELECT `+columns+` FROM passkeys WHERE id = $1 AND user_id = $2`, id, userID).Scan))
}

// byCredential returns the passkey of any user with this credential id, or fault.NotFound.
func (p *Passkeys) byCredential(ctx context.Context, credentialID []byte) (Passkey, error) {
	return missing(scan(p.DB.QueryRowContext(ctx, `SELECT `+columns+` FROM passkeys WHERE credential_id = $1`, base64url.EncodeToString(credentialID)).Scan))
}

func missing(k Passkey, err error) (Passkey, error) {
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("passkey: %w", fault.NotFound)
	}
	return k, err
}

// insert stores a passkey. It returns errTwice if its credential id is taken.
func (p *Passkeys) insert(ctx context.Context, k Passkey) error {
	_, err := p.DB.ExecContext(ctx, `
		INSERT INTO passkeys (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)`,
		database.NewID(), k.UserID, base64url.EncodeToString(k.CredentialID), base64url.EncodeToString(k.PublicKey), k.Name, k.AAGUID,
		strings.Join(k.Transports, ","), int64(k.SignCount), database.Bit(k.BackupEligible), database.Bit(k.BackedUp), p.Now().UnixMilli())
	if database.IsTaken(err) {
		return errTwice
	}
	return err
}

// setUsed stores what an authenticator reported when the passkey was used. It returns fault.Conflict if another use was faster
// or the passkey was removed meanwhile.
func (p *Passkeys) setUsed(ctx context.Context, before, now Passkey) error {
	res, err := p.DB.ExecContext(ctx, `
		UPDATE passkeys SET sign_count = $1, backup_eligible = $2, backed_up = $3, used_at = $4
		 WHERE id = $5 AND user_id = $6 AND sign_count = $7`,
		int64(now.SignCount), database.Bit(now.BackupEligible), database.Bit(now.BackedUp), p.Now().UnixMilli(), before.ID, before.UserID, int64(before.SignCount))
	return database.OneRow(res, err, fmt.Errorf("passkey %s: %w", before.ID, fault.Conflict))
}

// setName renames one of the user's passkeys. It returns fault.NotFound.
func (p *Passkeys) setName(ctx context.Context, userID, id, name string) error {
	res, err := p.DB.ExecContext(ctx, `UPDATE passkeys SET name = $1 WHERE id = $2 AND user_id = $3`, name, id, userID)
	return database.OneRow(res, err, fault.NotFound)
}

// delete deletes one of the user's passkeys. It returns fault.NotFound.
func (p *Passkeys) delete(ctx context.Context, userID, id string) error {
	res, err := p.DB.ExecContext(ctx, `DELETE FROM passkeys WHERE id = $1 AND user_id = $2`, id, userID)
	return database.OneRow(res, err, fault.NotFound)
}

func (p *Passkeys) deleteAll(ctx context.Context, userID string) error {
	_, err := p.DB.ExecContext(ctx, `DELETE FROM passkeys WHERE user_id = $1`, userID)
	return err
}

// keepChallenge stores a challenge for the visitor: only this browser may answer it. It returns fault.SessionEnded if the
// visitor's session is gone.
func (p *Passkeys) keepChallenge(ctx context.Context, visitor, purpose string, c challenge) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	res, err := p.DB.ExecContext(ctx, `
		INSERT INTO passkey_challenges (hash, visitor, purpose, data, expires_at)
		SELECT CAST($1 AS TEXT), id, CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT) FROM sessions WHERE id = $2`,
		secret.Hash(c.Session.Challenge), visitor, purpose, string(text), p.Now().Add(challengeFor).UnixMilli())
	return database.OneRow(res, err, fmt.Errorf("passkey challenge: %w", fault.SessionEnded))
}

// takeChallenge returns a challenge and uses it up, in one statement, so that only one of two requests with the same answer
// gets it. It returns errChallenge if it is another visitor's, for another purpose, used, or older than five minutes.
func (p *Passkeys) takeChallenge(ctx context.Context, visitor, purpose, signed string) (c challenge, err error) {
	var text string
	err = p.DB.InTx(ctx, func(ctx context.Context) error {
		return p.DB.QueryRowContext(ctx, `
			DELETE FROM passkey_challenges
			 WHERE hash = $1 AND visitor = $2 AND purpose = $3 AND expires_at > $4
			RETURNING data`, secret.Hash(signed), visitor, purpose, p.Now().UnixMilli()).Scan(&text)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return c, errChallenge
	}
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal([]byte(text), &c)
}

// sweep deletes at most 200 expired challenges, and returns how many it deleted.
func (p *Passkeys) sweep(ctx context.Context) (int64, error) {
	return p.DB.DeleteSome(ctx, "passkey_challenges", "hash", "expires_at", "expires_at <= $1", p.Now().UnixMilli())
}
