package login

import (
	"strings"
	"sync"
	"unicode"

	"github.com/nbutton23/zxcvbn-go/frequency"
)

// common are the passwords, names and words that guessers try first: about 75,000, from zxcvbn's lists.
var common = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for _, list := range frequency.Lists {
		for _, word := range list.List {
			set[strings.ToLower(word)] = true
		}
	}
	return set
})

// tooPlain reports whether a password is common, a common one with digits and signs about it or said twice,
// a sequence, or made of very few characters.
func tooPlain(password string) bool {
	password = strings.ToLower(password)
	core := strings.TrimFunc(password, func(c rune) bool { return !unicode.IsLetter(c) })
	half := core[:len(core)/2]
	if common()[password] || common()[core] || half+half == core && common()[half] {
		return true
	}
	distinct, steps, last := map[rune]bool{}, map[rune]int{}, rune(0)
	for _, c := range password {
		distinct[c] = true
		steps[c-last]++
		last = c
	}
	n := len([]rune(password))
	return len(distinct) < 5 || steps[1] > n*2/3 || steps[-1] > n*2/3
}
