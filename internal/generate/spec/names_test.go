package spec

import "testing"

func TestEnglish(t *testing.T) {
	for words, want := range map[string]string{
		"invoice": "an invoice", "note": "a note", "hour": "an hour", "user": "a user", "unit": "a unit", "university": "a university",
		"umbrella": "an umbrella", "uninvited guest": "an uninvited guest", "one": "a one", "honest answer": "an honest answer", "house": "a house",
		"European order": "a European order", "URL": "a URL", "ISBN": "an ISBN", "VAT": "a VAT", "HTML page": "an HTML page", "e-mail address": "an e-mail address",
		"event": "an event", "order": "an order", "usage": "a usage", "utility": "a utility", "used car": "a used car", "unimportant task": "an unimportant task",
		"FAQ": "an FAQ", "CV": "a CV", "SKU": "a SKU", "DVD": "a DVD",
	} {
		if got := a(words); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for plural, c := range map[string]struct{ one, typ, vars, path string }{
		"invoices": {"invoice", "Invoice", "invoices", "/invoices"}, "companies": {"company", "Company", "companies", "/companies"},
		"people": {"person", "Person", "people", "/people"}, "addresses": {"address", "Address", "addresses", "/addresses"},
		"purchase_orders": {"purchase order", "PurchaseOrder", "purchaseOrders", "/purchase-orders"}, "boxes": {"box", "Box", "boxes", "/boxes"},
		"categories": {"category", "Category", "categories", "/categories"}, "statuses": {"status", "Status", "statuses", "/statuses"},
		"leaves": {"leaf", "Leaf", "leaves", "/leaves"}, "analyses": {"analysis", "Analysis", "analyses", "/analyses"}, "movies": {"movie", "Movie", "movies", "/movies"},
		"apis": {"API", "API", "apis", "/apis"}, "api_keys": {"API key", "APIKey", "apiKeys", "/api-keys"}, "old_urls": {"old URL", "OldURL", "oldURLs", "/old-urls"},
		"faqs": {"FAQ", "FAQ", "faqs", "/faqs"}, "data": {"datum", "Datum", "data", "/data"}, "menus": {"menu", "Menu", "menus", "/menus"},
	} {
		n, err := NewName(plural)
		if err != nil || n.One() != c.one || n.Type() != c.typ || n.Vars() != c.vars || n.Path() != c.path {
			t.Errorf("%s: %q %q %q %q, %v", plural, n.One(), n.Type(), n.Vars(), n.Path(), err)
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
		"heroes": "hero", "cpus": "cpu", "submenus": "submenu", "prices": "price", "areas": "area", "umbrellas": "umbrella", "criteria": "criterion", "logos": "logo", "mice": "mouse", "quizzes": "quiz", "analyses": "analysis",
	} {
		if got := singular(many); got != one {
			t.Errorf("one of the %s is a %s", many, got)
		}
		if singular(one) != one || plural(many) != many {
			t.Errorf("%s and %s become %s and %s", one, many, singular(one), plural(many))
		}
		if got := plural(one); got != many {
			t.Errorf("many of %s are %s", one, got)
		}
	}
	for _, word := range []string{"news", "series", "feedback", "clothes", "equipment"} {
		if !isUncountable(word) {
			t.Errorf("%s is not the same for one and for many", word)
		}
	}
}

func TestWhatIsMissing(t *testing.T) {
	s := &Section{Name: SplitName("invoices")}
	for field, want := range map[string]string{
		"customer:text": "Give the invoice a customer.", "amount:money": "Give the invoice an amount.", "due:date": "Give the invoice a due date.",
		"birthday:date": "Give the invoice a birthday.", "opening:time": "Give the invoice an opening time.", "starts:time": "Fill in “Starts”.",
		"terms:long": "Give the invoice its terms.", "feedback:long": "Give the invoice its feedback.", "stage:choice(a|b)": "Choose a stage.",
		"email:email": "Give the invoice an e-mail address.", "vat_id:text": "Give the invoice a VAT ID.",
	} {
		if f, err := parseField(s, field, nil); err != nil || f.Missing() != want {
			t.Errorf("%s: %q, %v", field, f.Missing(), err)
		}
	}
}
