package spec

import "testing"

func TestEnglish(t *testing.T) {
	for words, want := range map[string]string{
		"invoice": "an invoice", "note": "a note", "hour": "an hour", "user": "a user", "unit": "a unit", "university": "a university",
		"umbrella": "an umbrella", "uninvited guest": "an uninvited guest", "one": "a one", "honest answer": "an honest answer", "house": "a house",
		"European order": "a European order", "URL": "a URL", "ISBN": "an ISBN", "VAT": "a VAT", "HTML page": "an HTML page", "e-mail address": "an e-mail address",
		"event": "an event", "order": "an order", "usage": "a usage", "utility": "a utility", "used car": "a used car", "unimportant task": "an unimportant task",
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
	} {
		n, err := NewName(plural)
		if err != nil || n.One() != c.one || n.Type() != c.typ || n.Vars() != c.vars || n.Path() != c.path {
			t.Errorf("%s: %q %q %q %q, %v", plural, n.One(), n.Type(), n.Vars(), n.Path(), err)
		}
	}
}
