package web_test

import (
	"fmt"
	"net/http"

	"example.com/latchkey/internal/web"
)

func page(w http.ResponseWriter, r *http.Request) error {
	_, err := fmt.Fprintln(w, "Hello.")
	return err
}

// A line of the map says who may open an address, and what else is true of it.
func ExampleAccess_At() {
	for _, rt := range []web.Route{
		web.Public.At("GET /about", page).Titled("About us").InMenu("About"),
		web.Private.At("POST /invoices", page).Limited("invoices.write"),
		web.Fresh.At("GET /settings/keys", page),
		{Pattern: "GET /forgotten", Handler: page}, // nobody said who may open it
	} {
		fmt.Println(rt.Path(), rt.Method(), rt.Access)
	}
	// Output:
	// /about GET public
	// /invoices POST private
	// /settings/keys GET fresh
	// /forgotten GET nobody
}

// A section keeps its promise, or the program does not start.
func ExampleWithin() {
	defer func() { fmt.Println(recover()) }()
	web.Within("/invoices", web.Private, []web.Route{
		web.Admin.At("GET /invoices/all", page),
		web.Public.At("GET /invoices/{id}", page),
	})
	// Output:
	// web.Within("/invoices"): the route "GET /invoices/{id}" is public, the floor is private
}

// A target that came from a browser leads nowhere else.
func ExampleLocalPath() {
	for _, target := range []string{"/notes?page=2", "https://evil.example/", "//evil.example", `/\evil.example`, "/a/../../b"} {
		fmt.Printf("%q\n", web.LocalPath(target))
	}
	// Output:
	// "/notes?page=2"
	// ""
	// ""
	// ""
	// ""
}
