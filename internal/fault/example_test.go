package fault_test

import (
	"errors"
	"fmt"

	"example.com/latchkey/internal/fault"
)

// A store wraps the kind of failure, and says in the text, which only the log shows, what it was about.
func Example() {
	err := fmt.Errorf("note 7: %w", fault.NotFound)
	fmt.Println(err)
	fmt.Println(errors.Is(err, fault.NotFound), errors.Is(err, fault.Conflict))
	// Output:
	// note 7: not found
	// true false
}
