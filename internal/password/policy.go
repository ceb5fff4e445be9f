// Package password knows what makes a good password, and how passwords are hashed and compared. It knows no users.
package password

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxLength is the longest password, in bytes of NFC.
const maxLength = 1024

// normalize makes one password of the ways in which keyboards write it: NFC, and every space is U+0020
// (RFC 8265, 4.2.2; NIST SP 800-63B-4, 3.1.1.2).
func normalize(password string) string {
	return norm.NFC.String(strings.Map(func(c rune) rune {
		if unicode.Is(unicode.Zs, c) {
			return ' '
		}
		return c
	}, password))
}

// A Policy decides which new passwords are accepted.
type Policy struct {
	MinLength int    // in characters
	Site      string // the product's name, which a password must not consist of
	// More are checks that other parts of the program add. They may ask a server, so no transaction may be open. Each
	// returns what is wrong, or "".
	More []func(ctx context.Context, password string) (problem string)
}

// Personal is what a guesser knows of an account: its password must not consist of it.
type Personal struct{ Email, Name string }

// A Checked password has passed Policy.Check. Only such a password can be hashed.
type Checked struct{ text string }

// Check returns the new password, or what is wrong with it as a sentence for its owner. There are no rules of
// composition (NIST SP 800-63B-4, 3.1.1.2): length counts, and what guessers try first is refused.
func (p Policy) Check(ctx context.Context, password string, about Personal) (checked Checked, problem string) {
	password = normalize(password)
	switch n := utf8.RuneCountInString(password); {
	case n == 0:
		return checked, "Choose a password."
	case n < p.MinLength:
		return checked, fmt.Sprintf("This has %s. Use at least %d: a few ordinary words make a good password.", characters(n), p.MinLength)
	case len(password) > maxLength:
		return checked, "Use at most 1,024 bytes for the password."
	case tooPlain(password):
		return checked, "This password is one of the first that a guesser tries. Use a few words that do not belong together."
	case mostly(password, about.Email, about.Name, p.Site):
		return checked, "This password is little more than your name, your address or the name of this site."
	}
	for _, check := range p.More {
		if problem := check(ctx, password); problem != "" {
			return checked, problem
		}
	}
	return Checked{password}, ""
}

func characters(n int) string {
	if n == 1 {
		return "1 character"
	}
	return fmt.Sprintf("%d characters", n)
}

// words are those of the account and the site, folded, the longest first: each whole, without blanks and punctuation,
// and its parts.
func words(personal ...string) []string {
	words := map[string]bool{}
	for _, whole := range personal {
		whole = strings.ToLower(norm.NFC.String(whole))
		parts := strings.FieldsFunc(whole, func(c rune) bool { return !unicode.IsLetter(c) })
		for _, word := range append(parts, whole, strings.Join(parts, "")) {
			if utf8.RuneCountInString(word) >= 4 { // "Al" is part of too many others
				words[fold(word)] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(words), func(a, b string) int { return len(b) - len(a) })
}

// mostly reports whether little of the password is left without these words: fewer than six letters, where a digit or a
// punctuation mark counts as half a letter.
func mostly(password, email, name, site string) bool {
	local, _, _ := strings.Cut(email, "@")
	lower := strings.ToLower(password)
	folded, found := fold(lower), false
	for _, word := range words(email, local, name, site) {
		for at := strings.Index(folded, word); at >= 0; at = strings.Index(folded, word) {
			lower, folded = lower[:at]+lower[at+len(word):], folded[:at]+folded[at+len(word):]
			found = true
		}
	}
	left := utf8.RuneCountInString(lower)
	for _, c := range lower {
		if unicode.IsLetter(c) {
			left++
		}
	}
	return found && left < aside
}
