package testkit

import (
	"context"
	"net/http"
	"runtime"
	"testing"
)

// Both runs a story on each database, with a running application.
func Both(t *testing.T, story func(t *testing.T, k *Kit), settings ...string) {
	t.Helper()
	Databases(t, func(t *testing.T, dsn string) {
		story(t, Start(t, append([]string{"DATABASE_URL=" + dsn}, settings...)...))
	})
}

// Limited reports whether the answer tells to come back later.
func Limited(p Page) bool {
	return p.Status == http.StatusTooManyRequests && p.Header.Get("Retry-After") != ""
}

// Patiently sends what it is given until the answer is not 503, as somebody does who is told to come back: the queue of
// hashes has few places for one address.
func Patiently(send func() Page) (p Page) {
	for range 10_000 {
		if p = send(); p.Status != http.StatusServiceUnavailable {
			return p
		}
		runtime.Gosched()
	}
	return p
}

// Sweep runs the janitor once.
func Sweep(t *testing.T, k *Kit) {
	t.Helper()
	if err := k.App.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
}
