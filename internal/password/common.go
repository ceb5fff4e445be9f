package password

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// packed are the passwords, names and words that guessers try first, among them the 30,000 commonest passwords: the lists
// of zxcvbn (MIT licence), folded, sorted, one a line, compressed. `go test ./internal/password -run CommonList -update`
// makes the file anew from the lists.
//
//go:embed common.txt.gz
var packed []byte

// common returns the lines of packed. They take 2 MB, from the first password that is chosen on.
var common = sync.OnceValue(func() []string {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err) // it is part of the program
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return strings.Fields(string(text))
})

// isCommon reports whether a folded text is one of the lines of common.
func isCommon(folded string) bool {
	_, is := slices.BinarySearch(common(), folded)
	return is
}

// foldings are the signs that people write for a letter. Each pair has one length, so that folding keeps positions.
var foldings = strings.NewReplacer("4", "a", "@", "a", "8", "b", "3", "e", "9", "g", "1", "i", "!", "i", "|", "i", "l", "i",
	"0", "o", "5", "s", "$", "s", "7", "t", "+", "t")

// fold makes one spelling of many, of p4$$w0rd as of password.
func fold(lower string) string { return foldings.Replace(lower) }

// aside is how many digits and signs around a guessable word are not worth a word of their own: dates, "!!!", "123".
const aside = 12

// tooPlain reports whether a password is one of the first that a guesser tries:
//   - one of the common ones, in any spelling that fold knows;
//   - a common one with fewer than 12 digits and signs before and behind it: "Summer2026!";
//   - a few characters, or a common one, said again and again: "monkeymonkey";
//   - a sequence, of the alphabet, of numbers or of keys: most characters follow from the one before;
//   - made of fewer than five different characters.
func tooPlain(password string) bool {
	lower := strings.ToLower(password)
	folded := fold(lower)
	if isCommon(folded) {
		return true
	}
	first, last := strings.IndexFunc(lower, unicode.IsLetter), strings.LastIndexFunc(lower, unicode.IsLetter)
	for from := 0; from <= min(first, aside); from++ {
		for to := len(lower); to > last && from+len(lower)-to < aside; to-- {
			if isCommon(folded[from:to]) {
				return true
			}
		}
	}
	chars := []rune(lower)
	for n := 1; n <= (len(chars)+1)/2; n++ {
		said := strings.TrimRight(string(chars[:n]), " -_.,")
		if slices.Equal(chars[n:], chars[:len(chars)-n]) && (n < 8 || isCommon(fold(said))) {
			return true
		}
	}
	distinct, follow := map[rune]bool{}, 0
	for i, c := range chars {
		distinct[c] = true
		if i > 0 && follows(chars[i-1], c) {
			follow++
		}
	}
	return len(distinct) < 5 || follow > len(chars)*2/3
}

// keys are the rows and the columns of keyboards.
var keys = strings.Fields("1234567890 qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azerty " +
	"1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm 1q2w3e4r5t6y7u8i9o0p")

// follows reports whether a character is the same as the one before, its neighbour in the alphabet or on the keyboard.
func follows(before, c rune) bool {
	there, back := string([]rune{before, c}), string([]rune{c, before})
	step := c - before
	return step >= -1 && step <= 1 || slices.ContainsFunc(keys, func(row string) bool {
		return strings.Contains(row, there) || strings.Contains(row, back)
	})
}
