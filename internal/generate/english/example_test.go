package english_test

import (
	"fmt"

	"example.com/latchkey/internal/generate/english"
)

func Example() {
	for _, word := range []string{"invoice", "company", "analysis"} {
		fmt.Println(english.A(word)+",", english.Plural(word))
	}
	fmt.Println(english.Singular("people"))
	// Output:
	// an invoice, invoices
	// a company, companies
	// an analysis, analyses
	// person
}
