package mail_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"example.com/latchkey/internal/mail"
	"example.com/latchkey/internal/testkit"
)

// A mail is queued in the transaction of its act, and sent if and only if that commits.
func ExampleOutbox_Queue() {
	db, closed := testkit.Temporary()
	defer closed()
	outbox, err := mail.New(mail.Options{DB: db, Log: slog.New(slog.DiscardHandler), Now: time.Now, Site: "Example", From: "hello@example.org", Development: true})
	if err != nil {
		panic(err)
	}
	order := func(what string, err error) error {
		return db.InTx(context.Background(), func(ctx context.Context) error {
			return errors.Join(err, outbox.Queue(ctx, mail.Message{
				Kind: "order", To: "ada@example.org", Subject: "Your order of " + what, Title: "Thank you", Text: []string{"We send it tomorrow."},
			}))
		})
	}
	fmt.Println(order("thyme", nil))
	fmt.Println(order("diamonds", errors.New("there are none")))

	mails, err := outbox.List(context.Background(), mail.InMailbox)
	for _, m := range mails {
		fmt.Println(m.To, m.Subject, err)
	}
	// Output:
	// <nil>
	// there are none
	// ada@example.org Your order of thyme <nil>
}
