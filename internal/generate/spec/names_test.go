package spec

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
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

func TestRowsWithNothingComeLast(t *testing.T) {
	s := &Section{Name: SplitName("invoices")}
	other := &Section{Name: SplitName("customers"), Fields: []Field{{Name: "name", Kind: "text", Required: true}}}
	for field, want := range map[string]string{
		"due:date": "", "due:date?": "due = '', ", "count:int?": "count IS NULL, ", "weight:decimal?": "weight IS NULL, ", "stage:choice(a|b)?": "stage = '', ",
		"amount:money?": "amount_currency = '', ", "paid:bool": "", "customer:ref(customers)!": "invoices.customer_id IS NULL, ",
	} {
		if f, err := parseField(s, field, func(string) (*Section, error) { return other, nil }); err != nil || f.ByEmpty() != want {
			t.Errorf("%s: %q, %v", field, f.ByEmpty(), err)
		}
	}
}

// TestHeadsAreAlignedAsTheirCells renders a list whose first column, which is a link, and another one are numbers.
func TestHeadsAreAlignedAsTheirCells(t *testing.T) {
	s := &Section{Name: SplitName("invoices"), Module: "m", Access: "private"}
	var err error
	if s.Fields, err = ParseFields(s, "number:int amount:money due:date site:url?", nil); err != nil {
		t.Fatal(err)
	}
	texts, err := s.Render()
	if err != nil {
		t.Fatal(err)
	}
	pages := texts["internal/sections/invoices/pages.templ"]
	for _, part := range []string{
		`SortBy(list, "number"`, `SortByNumber(list, "amount"`, `SortBy(list, "due"`, `<td class="num">{ invoice.Amount.String() }`, `<td>{ value.Date(invoice.Due) }`,
		`<td class="line">{ invoice.Site }`,
	} {
		if !strings.Contains(pages, part) {
			t.Errorf("the list lacks %s:\n%s", part, pages)
		}
	}
}
