package login

import (
	"context"
	"crypto/sha1" //nolint:gosec // what the interface is made of; it protects nothing here
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"example.com/latchkey/internal/database"
)

const (
	// pwnedServer is who is asked with PWNED_PASSWORDS=on.
	pwnedServer = "https://api.pwnedpasswords.com"
	// pwnedTime is how long it may take by default: somebody waits for the page.
	pwnedTime = 2 * time.Second
	// pwnedSize is the longest answer, in bytes. Real ones, padded, have about 40,000.
	pwnedSize = 512 << 10
)

// isPwned reports whether the password was in a leak, by the range interface of Pwned Passwords: the server is told the
// first 5 of the hash's 40 digits, and answers with all that it has under these. A server that is away or talks
// nonsense refuses nobody's password: that is logged, and the password counts as good.
func (m *Module) isPwned(ctx context.Context, password string) bool {
	base := strings.TrimSuffix(m.Pwned, "/")
	switch base {
	case "", "off":
		return false
	case "on":
		base = pwnedServer
	}
	database.NotInTx(ctx, "asking for leaked passwords")
	sum := sha1.Sum([]byte(password)) //nolint:gosec // see above
	hash := strings.ToUpper(hex.EncodeToString(sum[:]))
	found, err := m.askPwned(ctx, base, hash[:5], hash[5:])
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the address, which holds the first digits of the hash
	}
	if err != nil {
		m.Log.Warn("passwords are not checked against leaks", "event", "password.pwned_unavailable", "err", err)
	}
	return found
}

func (m *Module) askPwned(ctx context.Context, base, prefix, suffix string) (found bool, err error) {
	limit := m.PwnedTimeout
	if limit == 0 {
		limit = pwnedTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/range/"+prefix, nil)
	if err != nil {
		return false, err
	}
	r.Header.Set("Add-Padding", "true") // so that the answer's length tells nobody on the way what was asked
	r.Header.Set("User-Agent", "latchkey")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	if resp.StatusCode != http.StatusOK {
		return false, fmt.Errorf("the server answers %s", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, pwnedSize+1))
	if err != nil {
		return false, err
	}
	if len(body) > pwnedSize {
		return false, errors.New("the answer is too long")
	}
	return inRange(string(body), suffix)
}

// rangeLine is the rest of a hash and how often it was seen; 0 is padding.
var rangeLine = regexp.MustCompile(`^([0-9A-Fa-f]{35}):([0-9]+)$`)

// inRange looks for the rest of a hash in an answer. One of another form is an error, for it says nothing.
func inRange(answer, suffix string) (found bool, err error) {
	for line := range strings.Lines(answer) {
		parts := rangeLine.FindStringSubmatch(strings.TrimSpace(line))
		if parts == nil {
			return false, errors.New("the answer is not of the range interface")
		}
		if strings.EqualFold(parts[1], suffix) && strings.Trim(parts[2], "0") != "" {
			found = true
		}
	}
	if answer == "" {
		return false, errors.New("the answer is empty")
	}
	return found, nil
}
