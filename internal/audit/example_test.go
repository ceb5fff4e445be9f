package audit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/user"
)

// A subscriber is told in the transaction of the act, and by an error undoes it.
func ExampleLog_Emit() {
	db, closed := testkit.Temporary()
	defer closed()
	log := audit.New(db, slog.New(slog.DiscardHandler), time.Now)
	log.Subscribe(func(_ context.Context, e audit.Event) error {
		if e.Name == audit.AccountDisabled {
			return errors.New("not today")
		}
		fmt.Println(e.Name, e.Detail)
		return nil
	})
	for _, name := range []string{audit.AccountEnabled, audit.AccountDisabled} {
		err := db.InTx(context.Background(), func(ctx context.Context) error {
			return log.Emit(ctx, audit.Event{Name: name, User: user.User{}, Detail: "by an operator"})
		})
		fmt.Println(err)
	}
	// Output:
	// account.enabled by an operator
	// <nil>
	// not today
}
