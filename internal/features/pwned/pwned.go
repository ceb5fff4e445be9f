// Package pwned refuses new passwords that are known from breaches of other sites. It asks a server with the range interface of
// Pwned Passwords, which is sent the first 5 of the 40 hexadecimal digits of the password's SHA-1.
package pwned

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
	"example.com/latchkey/internal/feature"
)

const (
	// breachServer is the server that PWNED_PASSWORDS=on asks.
	breachServer = "https://api.pwnedpasswords.com"
	// askTime is how long the server may take, because somebody waits for the page.
	askTime = 2 * time.Second
	// maxAnswer is the longest answer, in bytes. Real ones, padded, have about 40,000.
	maxAnswer = 512 << 10
)

// Pwned is the feature: the setting, and the client of the server.
type Pwned struct {
	Server  string `env:"PWNED_PASSWORDS" envDefault:"off" oneof:"off on" url:"http https" doc:"refuse new passwords that are in breaches: off, on, or the address of a server that speaks the range interface of Pwned Passwords; only 5 characters of a hash leave the machine"`
	core    *feature.Core
	timeout time.Duration
}

// New returns the feature.
func New(core *feature.Core) feature.Feature {
	p := &Pwned{core: core, timeout: askTime}
	return feature.Feature{Name: "pwned", Settings: p, CheckPassword: p.check}
}

// check returns what is wrong with the password, "" if it is in no known breach. If the server cannot be reached, or its answer
// cannot be read, that is logged and the password counts as good.
func (p *Pwned) check(ctx context.Context, password string) (problem string) {
	base := strings.TrimSuffix(p.Server, "/")
	switch base {
	case "", "off":
		return ""
	case "on":
		base = breachServer
	}
	database.NotInTx(ctx, "asking for breached passwords")
	sum := sha1.Sum([]byte(password)) //nolint:gosec // see the import
	hash := strings.ToUpper(hex.EncodeToString(sum[:]))
	found, err := p.ask(ctx, base, hash[:5], hash[5:])
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the address, which holds the first digits of the hash
	}
	if err != nil {
		p.core.Log.Warn("passwords are not checked against breaches", "event", "password.pwned_unavailable", "err", err)
	}
	if found {
		return "This password is known from a breach of some other site. Use a few words that do not belong together."
	}
	return ""
}

func (p *Pwned) ask(ctx context.Context, base, prefix, suffix string) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
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
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return false, err
	}
	if len(body) > maxAnswer {
		return false, errors.New("the answer is too long")
	}
	return inRange(string(body), suffix)
}

// rangeLine matches a line of an answer: the rest of a hash, and how often its password was seen, 0 for padding.
var rangeLine = regexp.MustCompile(`^([0-9A-Fa-f]{35}):([0-9]+)$`)

// inRange reports whether an answer has the rest of a hash. It returns an error for an answer that is not of this form.
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
