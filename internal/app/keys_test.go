package app_test

import (
	"slices"
	"strings"
	"testing"

	"example.com/latchkey/internal/session"
)

// TestEveryKeySaysWhatItSurvives lists what the application keeps about a visitor. A key that is new belongs here, and
// to the question what log in and log out do to it.
func TestEveryKeySaysWhatItSurvives(t *testing.T) {
	want := []string{
		"auth.filled_in: dropped at log in",
		"auth.opened: until log out",
		"flash: until log out",
		"home.views: until log out",
		"login.last_way: kept at log out",
		"theme: kept at log out",
	}
	var got []string
	for _, d := range session.Declared() {
		got = append(got, d.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("declared keys:\n%s", strings.Join(got, "\n"))
	}
}
