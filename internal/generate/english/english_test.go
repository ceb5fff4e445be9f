package english_test

import (
	"testing"

	"example.com/latchkey/internal/generate/english"
)

func TestA(t *testing.T) {
	for words, want := range map[string]string{
		"invoice": "an invoice", "note": "a note", "hour": "an hour", "user": "a user", "unit": "a unit", "university": "a university",
		"umbrella": "an umbrella", "uninvited guest": "an uninvited guest", "one": "a one", "honest answer": "an honest answer", "house": "a house",
		"European order": "a European order", "URL": "a URL", "ISBN": "an ISBN", "VAT": "a VAT", "HTML page": "an HTML page", "e-mail address": "an e-mail address",
		"event": "an event", "order": "an order", "usage": "a usage", "utility": "a utility", "used car": "a used car", "unimportant task": "an unimportant task",
		"FAQ": "an FAQ", "CV": "a CV", "SKU": "a SKU", "DVD": "a DVD", "ewe": "a ewe", "ukulele": "a ukulele",
	} {
		if got := english.A(words); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestOneOfMany tries words whose endings have an exception each: flect has another singular for most of them.
func TestOneOfMany(t *testing.T) {
	for many, one := range map[string]string{
		"coaches": "coach", "branches": "branch", "caches": "cache", "niches": "niche", "curves": "curve", "sleeves": "sleeve", "drives": "drive",
		"archives": "archive", "reserves": "reserve", "leaves": "leaf", "shelves": "shelf", "wives": "wife", "lives": "life", "activities": "activity",
		"calories": "calorie", "pies": "pie", "zombies": "zombie", "movies": "movie", "lenses": "lens", "gases": "gas", "canvases": "canvas",
		"biases": "bias", "expenses": "expense", "houses": "house", "buses": "bus", "campuses": "campus", "clauses": "clause", "canoes": "canoe",
		"heroes": "hero", "cpus": "cpu", "submenus": "submenu", "prices": "price", "areas": "area", "umbrellas": "umbrella", "criteria": "criterion", "logos": "logo", "mice": "mouse", "quizzes": "quiz", "octopuses": "octopus", "statistics": "statistic", "analyses": "analysis",
	} {
		if got := english.Singular(many); got != one {
			t.Errorf("one of the %s is a %s", many, got)
		}
		if english.Singular(one) != one || english.Plural(many) != many {
			t.Errorf("%s and %s become %s and %s", one, many, english.Singular(one), english.Plural(many))
		}
		if got := english.Plural(one); got != many {
			t.Errorf("many of %s are %s", one, got)
		}
	}
	for _, word := range []string{"news", "series", "feedback", "clothes", "equipment", "logistics", "headquarters"} {
		if !english.Uncountable(word) {
			t.Errorf("%s is not the same for one and for many", word)
		}
	}
}
