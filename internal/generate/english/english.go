// Package english knows what a word is called in the plural and in the singular, and its article.
package english

import (
	"slices"
	"strings"

	"github.com/gobuffalo/flect"
)

// What flect does not know. The rules for whole endings are in Singular.
var (
	// addS are singulars whose plural has an s more, which flect takes for another ending.
	addS = strings.Fields(`
		auntie beanie birdie bookie brownie budgie calorie cookie cutie foodie genie goalie hoodie junkie lie meanie movie necktie newbie pie
		pixie prairie quickie reverie rookie selfie smoothie sortie sweetie tie veggie walkie zombie
		ache avalanche cache cliche creche headache moustache mustache niche pastiche psyche quiche toothache tranche
		price aloe canoe foe hoe oboe shoe tiptoe toe ruse
		cpu emu gnu gpu guru haiku menu plateau sku submenu tofu tutu`)
	// addEs are singulars that end in s.
	addEs = strings.Fields(`
		atlas bias canvas chaos cosmos gas gps hippopotamus ibis iris isthmus lens octopus pancreas pelvis rhinoceros sms syllabus thermos trellis`)
	// turnF are singulars whose f is a v in the plural. Of all other words the v is their own: curves, sleeves.
	turnF = strings.Fields("bookshelf calf dwarf elf half hoof housewife knife leaf life loaf midwife scarf self sheaf shelf thief wharf wife wolf")
	// toA are plurals in -a, turnO singulars in -o with a plural in -oes: of all other words these are singulars, and add an s.
	toA = strings.Fields(`
		addenda aquaria bacteria corrigenda criteria curricula data errata media memoranda metadata momenta ova phenomena quanta schemata spectra
		stadia strata symposia`)
	turnO = strings.Fields("buffalo cargo domino echo embargo hero mango mosquito potato tomato tornado torpedo veto volcano")
	// latin are plurals, with their singulars.
	latin = map[string]string{"algae": "alga", "fungi": "fungus", "stimuli": "stimulus"}
	// uncountable are words for much, or for a pair.
	uncountable = strings.Fields(`
		advice analytics athletics cattle clothes diabetes economics ethics evidence feedback furniture gear gymnastics hardware headquarters help
		homework knowledge logistics luggage mathematics merchandise music offspring pants physics politics progress research scissors shorts
		software staff tennis thanks traffic trousers weather`)
)

// Uncountable reports whether a word is the same for one and for many: news.
func Uncountable(word string) bool {
	return slices.Contains(uncountable, word) || Singular(word) == word && Plural(word) == word
}

// Singular returns the word for one of what the word is for many, or the word itself if it is for one already.
func Singular(word string) string {
	if one, ok := latin[word]; ok {
		return one
	}
	if slices.Contains(addEs, word) || slices.Contains(uncountable, word) || strings.HasSuffix(word, "a") && !slices.Contains(toA, word) {
		return word
	}
	if one, ok := strings.CutSuffix(word, "s"); ok && slices.Contains(addS, one) {
		return one
	}
	if one, ok := strings.CutSuffix(word, "es"); ok && (strings.HasSuffix(one, "ch") || slices.Contains(addEs, one)) {
		return one
	}
	if stem, ok := strings.CutSuffix(word, "ves"); ok && !slices.Contains(turnF, stem+"f") && !slices.Contains(turnF, stem+"fe") {
		return stem + "ve"
	}
	return flect.Singularize(word)
}

// Plural returns the word for many of what the word is for one, or the word itself if it is for many already.
func Plural(word string) string {
	switch {
	case Singular(word) != word || slices.Contains(uncountable, word):
		return word
	case slices.Contains(addS, word), strings.HasSuffix(word, "ve"), strings.HasSuffix(word, "a") && !slices.Contains(toA, word),
		strings.HasSuffix(word, "o") && !slices.Contains(turnO, word):
		return word + "s"
	case slices.Contains(addEs, word) || strings.HasSuffix(word, "ch"):
		return word + "es"
	}
	return flect.Pluralize(word)
}

// A puts the article before words, by how they sound: an hour, a user, an invoice.
func A(words string) string {
	first, _, _ := strings.Cut(words, " ")
	lower := strings.ToLower(first)
	vowel := strings.ContainsRune("aeiou", rune(lower[0]))
	if first == strings.ToUpper(first) { // spelt out: a URL, an ISBN
		vowel = strings.ContainsRune("aefhilmnorsx", rune(lower[0]))
	}
	for _, begins := range []string{"uni", "use", "usa", "usu", "eu", "one", "once", "ufo", "uti", "sku", "uku", "ewe"} {
		if strings.HasPrefix(lower, begins) && !strings.HasPrefix(lower, "unin") && !strings.HasPrefix(lower, "unim") {
			vowel = false
		}
	}
	for _, begins := range []string{"hour", "honest", "honor", "honour", "heir"} {
		if strings.HasPrefix(lower, begins) {
			vowel = true
		}
	}
	if vowel {
		return "an " + words
	}
	return "a " + words
}
