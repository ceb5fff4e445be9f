package feature_test

import (
	"fmt"
	"net/http"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/web"
)

type invoices struct{ *feature.Core }

// newInvoices is what stands in the one line of a section in app/features.go.
func newInvoices(core *feature.Core) feature.Feature {
	s := &invoices{core}
	return feature.Feature{
		Name: "invoices",
		Routes: []web.Route{
			web.Private.At("GET /invoices", s.list).Titled("Invoices").InMenu("Invoices"),
			web.Private.At("POST /invoices", s.create).Limited("invoices.write"),
		},
		Limits: []ratelimit.Named{
			{Name: "invoices.write", Act: "save an invoice", By: "account", Setting: "LIMIT_INVOICES_WRITE", Tries: 300},
		},
		Exports: []database.Export{{Table: "invoices", About: "Your invoices", Owner: "owner_id", Columns: "id, customer, created_at"}},
	}
}

func (s *invoices) list(w http.ResponseWriter, r *http.Request) error {
	_, err := fmt.Fprintln(w, "Invoices of", login.Current(r).Email) // the guard has let in users only
	return err
}

func (s *invoices) create(w http.ResponseWriter, r *http.Request) error {
	return web.SeeOther(w, r, "/invoices")
}

// A section is one folder and one line; what it adds to the program is data.
func Example() {
	f := feature.Private("/invoices", newInvoices(&feature.Core{}))
	for _, rt := range f.Routes {
		fmt.Printf("%s %s %s %q\n", rt.Method(), rt.Path(), rt.Access, rt.Limit)
	}
	// Output:
	// GET /invoices private ""
	// POST /invoices private "invoices.write"
}
