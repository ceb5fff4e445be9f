package totp

import (
	"crypto/subtle"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

const (
	period = 30 // seconds a code is shown for (RFC 6238, 4.1)
	digits = 6
)

// stepOf returns the number of the time step of 30 seconds that this moment is in.
func stepOf(now time.Time) int64 { return now.Unix() / period }

// parseCode returns the six digits that somebody typed, without blanks and hyphens: apps show the digits in two groups. It
// returns false for anything else.
func parseCode(typed string) (code string, ok bool) {
	if len(typed) > 64 {
		return "", false
	}
	var b strings.Builder
	for _, c := range typed {
		switch {
		case c >= '0' && c <= '9':
			b.WriteRune(c)
		case c == ' ', c == '\t', c == '\r', c == '\n', c == '-', c == '\u00a0', c == '\u202f', c == '\u2009':
		default:
			return "", false
		}
	}
	return b.String(), b.Len() == digits
}

// codeAt returns the code of a step (RFC 6238 with SHA-1, which all apps know).
func codeAt(secret string, step int64) (string, error) {
	return hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // a moment after 1970
}

// match returns the step whose code this is: the present one, or the one before, for a user who typed slowly or whose clock is
// up to 30 seconds slow. Both are always compared, in constant time. The library's own check does not say which step
// matched, and so could not keep a code from being used twice.
func match(secret, code string, now time.Time) (step int64, ok bool, err error) {
	present, found := stepOf(now), 0
	for back := int64(1); back >= 0; back-- {
		want, err := codeAt(secret, present-back)
		if err != nil {
			return 0, false, err
		}
		same := subtle.ConstantTimeCompare([]byte(want), []byte(code))
		found |= same
		step = int64(subtle.ConstantTimeSelect(same, int(present-back), int(step)))
	}
	return step, found == 1, nil
}
