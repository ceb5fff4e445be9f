package login_test

import (
	"context"
	"fmt"
	"net/http"

	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/user"
	"example.com/latchkey/internal/web"
)

// Behind a private route there is a user, always: the guard has let nobody else in.
func ExampleCurrent() {
	list := func(w http.ResponseWriter, r *http.Request) error {
		_, err := fmt.Fprintln(w, "The invoices of", login.Current(r).Email)
		return err
	}
	route := web.Private.At("GET /invoices", list).Titled("Invoices").InMenu("Invoices")
	fmt.Println(route.Path(), route.Access)
	// Output: /invoices private
}

// On a page that is open to all there may be one.
func ExampleFrom() {
	greeting := func(ctx context.Context) string {
		if u, in := login.From(ctx); in {
			return "Hello, " + u.Email
		}
		return "Hello. Log in to see your invoices."
	}
	fmt.Println(greeting(context.Background()))
	// Output: Hello. Log in to see your invoices.
}

// What a guest has collected is carried over as soon as they have logged in; here they are greeted.
func ExampleService_AfterLogIn() {
	t, done := testkit.Example()
	defer done()
	k := testkit.Start(t)
	k.App.Login.AfterLogIn(func(ctx context.Context, u user.User) {
		session.Flash(ctx, "Welcome back, "+u.Email+".")
	})
	ada := k.Browser().Register("ada@example.org")
	fmt.Println(ada.Get("/account").Says("Welcome back, ada@example.org."))
	// Output: true
}

// Log out is final: the cookie is worth nothing afterwards, in whatever browser it is.
func ExampleService_LogOut() {
	t, done := testkit.Example()
	defer done()
	k := testkit.Start(t)
	k.App.Login.AfterLogOut(func(_ context.Context, u user.User) { fmt.Println(u.Email, "has logged out") })
	ada := k.Browser().Register("ada@example.org")
	thief := ada.Copy() // knows the cookie
	ada.Post("/logout")
	fmt.Println(thief.Get("/account").To)
	// Output:
	// ada@example.org has logged out
	// /login?next=%2Faccount
}
