//go:build budget

package app_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// gatedPage is a page with a form, behind the gate.
const gatedPage = "/account/password"

// TestAllocations holds what a request costs in allocations, with a margin: the whole way through the handler, the recorder
// of the answer included. ALLOC_PROFILE=file writes a profile of the page that ALLOC_PAGE names.
func TestAllocations(t *testing.T) {
	k := testkit.Start(t, "LOG_LEVEL=error", "LIMIT_VISITOR_ADDRESS=1000000", "TRUSTED_PROXIES=127.0.0.1/32")
	ann := k.Browser().Register("ann@example.org")
	ann.Get(gatedPage) // with the welcome
	bob := k.Browser()
	bob.Get("/login")
	k.Flush()
	ask := func(path string, b *testkit.Browser) func() {
		r := httptest.NewRequest(http.MethodGet, k.URL+path, nil)
		r.Header.Set("Accept", "text/html")
		if b != nil {
			r.Header.Set("Cookie", "latchkey="+b.Cookie("latchkey"))
		}
		return func() { k.App.ServeHTTP(httptest.NewRecorder(), r) }
	}
	for _, c := range []struct {
		name string
		most float64
		do   func()
	}{
		{"gated", 120, ask(gatedPage, ann)},
		{"guest", 90, ask("/password/forgot", bob)},
		{"login", 110, ask("/login", bob)},
		{"first", 320, ask("/login", nil)},
	} {
		if os.Getenv("ALLOC_PAGE") == c.name {
			profile(t, c.do)
		}
		atMost(t, c.name, c.most, c.do)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel() // who has gone away is not made to wait
	refused := httptest.NewRequest(http.MethodPost, k.URL+"/login", nil).WithContext(gone)
	refused.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status := 0
	full := fill(k)
	atMost(t, "refused", 60, func() {
		refused.Body = io.NopCloser(strings.NewReader("email=nobody@example.org&password=wrong"))
		answer := httptest.NewRecorder()
		k.App.ServeHTTP(answer, refused)
		status = answer.Code
	})
	full()
	if status != http.StatusServiceUnavailable {
		t.Errorf("refused with %d", status)
	}
}

func atMost(t *testing.T, name string, most float64, do func()) {
	t.Helper()
	got := testing.AllocsPerRun(300, do)
	t.Logf("%s: %.0f allocations", name, got)
	if got > most {
		t.Errorf("%s: %.0f allocations, %.0f at most", name, got, most)
	}
}

// profile writes where the allocations are.
func profile(t *testing.T, do func()) {
	t.Helper()
	runtime.MemProfileRate = 1
	for range 3000 {
		do()
	}
	runtime.GC()
	out, err := os.Create(os.Getenv("ALLOC_PROFILE"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := pprof.Lookup("allocs").WriteTo(out, 0); err != nil {
		t.Fatal(err)
	}
}
