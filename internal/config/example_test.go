package config_test

import (
	"fmt"

	"example.com/latchkey/internal/config"
)

// All that is wrong is said at once, each on a line of its own.
func ExampleLoad() {
	environment := map[string]string{"REGISTRATION": "sometimes", "LOGIN_IDLE": "an hour"}
	_, err := config.Load(func(name string) string { return environment[name] })
	fmt.Println(err)
	// Output:
	// LOGIN_IDLE="an hour" is wrong: it must be a length of time, as 90s, 15m, 24h or 30d
	// REGISTRATION="sometimes" is wrong: it must be open, verify, invite or closed
}
