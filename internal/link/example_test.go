package link_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"example.com/latchkey/internal/link"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/user"
)

// A link is issued for a mail, looked at as often as mail scanners like, and used once.
func ExampleService() {
	db, closed := testkit.Temporary()
	defer closed()
	ctx := context.Background()
	links := &link.Service{DB: db, Users: user.NewStore(db, time.Now), Now: time.Now, BaseURL: func() string { return "https://app.example.org" }}
	join := link.Purpose{Name: "join", Path: "/join?token=", Lifetime: time.Hour, MaxLive: 3}

	action, err := links.Issue(ctx, join, link.Link{Subject: "ada@example.org", Payload: link.Payload{Email: "ada@example.org"}})
	if err != nil {
		panic(err)
	}
	address, token, _ := strings.Cut(action.Link, "=")
	fmt.Println(address, "for", action.ValidFor)

	hash := link.Hash(token) // what a page remembers, never the token
	for range 2 {
		found, err := links.Find(ctx, hash, join)
		fmt.Println(found.Email, err)
	}
	for range 2 {
		err := links.Use(ctx, hash, join, func(_ context.Context, l link.Link, _ user.User) error {
			fmt.Println(l.Email, "joins") // in the transaction that has used the link
			return nil
		})
		fmt.Println(err)
	}
	// Output:
	// https://app.example.org/join?token for 1h0m0s
	// ada@example.org <nil>
	// ada@example.org <nil>
	// ada@example.org joins
	// <nil>
	// join: this link does not work
}
