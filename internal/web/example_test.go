package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"example.com/latchkey/internal/fault"
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

// A form is what was typed, and what is wrong with it. One with problems is shown again with 422.
func ExampleProblems() {
	title, amount := "", -3
	problems := web.Problems{}
	problems.Check(title != "", "title", "Give the invoice a title.")
	problems.Check(amount > 0, "amount", "The amount must be more than 0.")
	problems.Check(amount < 1000, "amount", "The amount must be less than 1,000.")
	fmt.Println(len(problems), problems["title"], problems["amount"])
	// Output: 2 Give the invoice a title. The amount must be more than 0.
}

// Whoever sends a form too often is told when to come back, by the limit that the feature declares under this name.
func ExampleRoute_Limited() {
	rt := web.Private.At("POST /invoices", page).Limited("invoices.write").TakesUpTo(1 << 20)
	fmt.Println(rt.Pattern, rt.Access, rt.Limit, rt.MaxBody)
	// Output: POST /invoices private invoices.write 1048576
}

// A handler returns its error, and the kind of it says which answer that is. The text goes to the log.
func ExampleStatus() {
	for _, err := range []error{
		fmt.Errorf("invoice 7: %w", fault.NotFound), fmt.Errorf("invoice 7: %w", fault.Conflict),
		&fault.RateLimited{Limit: "invoices.write", RetryAfter: time.Minute}, errors.New("anything else"),
	} {
		status, wait := web.Status(err)
		fmt.Println(status, wait)
	}
	// Output:
	// 404 0s
	// 409 0s
	// 429 1m0s
	// 500 0s
}
