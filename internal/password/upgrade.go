package password

import (
	"context"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// Outdated reports whether a hash was made at another cost than today's, lower or higher.
func (h *Hasher) Outdated(stored string) bool {
	if rest, long := strings.CutPrefix(stored, longPrefix); long {
		_, stored, _ = strings.Cut(rest, "$")
	}
	cost, err := bcrypt.Cost([]byte(stored))
	return err == nil && cost != h.cost
}

// Upgrade returns the hash of a password that has just matched, at today's cost.
func (h *Hasher) Upgrade(ctx context.Context, c Caller, password string) (string, error) {
	return h.hash(ctx, c, normalize(password))
}
