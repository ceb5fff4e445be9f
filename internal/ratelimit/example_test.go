package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/testkit"
)

// A limit is a bucket for each whom it counts. One that is empty says when the next try comes back.
func ExampleStore_Take() {
	db, closed := testkit.Temporary()
	defer closed()
	now := time.Now()
	store := ratelimit.NewStore(db, func() time.Time { return now })
	guess := ratelimit.Limit{Name: "guess", Tries: 2, Window: 10 * time.Minute}

	for _, who := range []string{"ann", "ann", "ann", "ben"} {
		err := store.Take(context.Background(), guess.For(who))
		if limited, ok := errors.AsType[*fault.RateLimited](err); ok {
			fmt.Println(who, "may try again in", limited.RetryAfter)
			continue
		}
		fmt.Println(who, err)
	}
	// Output:
	// ann <nil>
	// ann <nil>
	// ann may try again in 5m0s
	// ben <nil>
}
