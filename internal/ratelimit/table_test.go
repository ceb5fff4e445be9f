package ratelimit_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/ratelimit"
)

var lines = []ratelimit.Named{
	{Name: "note.account", Act: "write a note", By: "account", Setting: "LIMIT_NOTE_ACCOUNT", Tries: 60},
	{Name: "note.address", Act: "write a note", By: "address", Setting: "LIMIT_NOTE_ADDRESS", Tries: 600},
	{Name: "note.share", Act: "share a note", By: "account", Setting: "LIMIT_NOTE_ACCOUNT", Tries: 60, Beyond: "nothing is shared"},
}

// A feature names its limits once; the settings say how many tries each has; the code asks for them by name.
func Example() {
	settings := map[string]int{"LIMIT_NOTE_ACCOUNT": 100}
	table := ratelimit.NewTable(lines, 15*time.Minute, func(name string) int { return settings[name] })

	write := table.Limit("note.account")
	fmt.Println(write.Tries, "tries in", write.Window)
	fmt.Println(table.Limit("note.address").Tries, "without a setting")

	// In a handler, with the store of the program:
	//
	//	if err := store.Take(ctx, write.For(user.ID)); err != nil {
	//		return err // web.Fail answers a fault.RateLimited with 429 and Retry-After
	//	}

	// Output:
	// 100 tries in 15m0s
	// 600 without a setting
}

func TestTheTableInPrint(t *testing.T) {
	print := ratelimit.NewTable(lines, time.Hour, func(string) int { return 0 }).Print()
	for _, want := range []string{
		"LIMIT_WINDOW (1h0m0s)", "   60  write a note\n       by account; LIMIT_NOTE_ACCOUNT; then: 429, says when to come back\n",
		"   60  share a note\n       by account; LIMIT_NOTE_ACCOUNT; then: nothing is shared\n", "  600  write a note\n",
	} {
		if !strings.Contains(print, want) {
			t.Errorf("it lacks %q:\n%s", want, print)
		}
	}
}

// TestATableThatIsWrongStopsTheStart: a limit that is not there must not be one that admits everybody.
func TestATableThatIsWrongStopsTheStart(t *testing.T) {
	none := func(string) int { return 0 }
	for name, make := range map[string]func(){
		"two of one name": func() { ratelimit.NewTable(append(lines, lines[0]), time.Hour, none) },
		"a setting, two defaults": func() {
			ratelimit.NewTable(append(lines, ratelimit.Named{Name: "x", Setting: "LIMIT_NOTE_ACCOUNT", Tries: 1}), time.Hour, none)
		},
		"an unknown name": func() { ratelimit.NewTable(lines, time.Hour, none).Limit("note") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			make()
		}()
	}
}
