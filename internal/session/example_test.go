package session_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/web"
)

// What a program keeps about its visitors, declared once.
var (
	language = session.NewKey[string]("example.language", session.KeptAtLogout)
	visits   = session.NewCounter("example.visits")
	basket   = session.NewPool("example.basket")
)

// browse opens a page of a site with one handler twice, as the same browser.
func browse(handler func(ctx context.Context)) {
	db, closed := testkit.Temporary()
	defer closed()
	log := slog.New(slog.DiscardHandler)
	edge := &web.Edge{Loopback: true, Log: log, Now: time.Now}
	sessions := session.New(session.Options{
		DB: db, Limits: ratelimit.NewStore(db, time.Now), Log: log, Now: time.Now, CookieName: "visitor", Lifetime: 30 * 24 * time.Hour,
		Creation: ratelimit.Limit{Name: "visitor", Tries: 300, Window: 15 * time.Minute}, Fail: web.Fail, Headers: edge.Headers,
	})
	page := sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { handler(r.Context()) }))
	site := edge.Handler(func(*http.Request) *web.Route { return nil }, page)
	var cookies []*http.Cookie
	for range 2 {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/", nil)
		r.Header.Set("Accept", "text/html")
		for _, c := range cookies {
			r.AddCookie(c)
		}
		answer := httptest.NewRecorder()
		site.ServeHTTP(answer, r)
		cookies = append(cookies, answer.Result().Cookies()...)
	}
}

// A key holds one value of any type that is JSON.
func ExampleKey() {
	browse(func(ctx context.Context) {
		fmt.Println(language.Or(ctx, "none yet"))
		language.Set(ctx, "en")
	})
	// Output:
	// none yet
	// en
}

// A counter loses no addition: parallel requests add up.
func ExampleCounter() {
	browse(func(ctx context.Context) {
		fmt.Println("You have seen this page", visits.Add(ctx, 1), "times.")
	})
	// Output:
	// You have seen this page 1 times.
	// You have seen this page 2 times.
}

// A pool holds values under names that are known only at run time, and is cleared as one.
func ExamplePool() {
	browse(func(ctx context.Context) {
		for _, product := range basket.Names(ctx) {
			var n int
			basket.Get(ctx, product, &n)
			fmt.Println(n, "of", product)
		}
		basket.Set(ctx, "thyme", 2)
		basket.Set(ctx, "sage", 1)
	})
	// Output:
	// 1 of sage
	// 2 of thyme
}

// A message waits for the next page that the visitor sees, and is shown there once.
func ExampleFlash() {
	browse(func(ctx context.Context) {
		for _, message := range session.TakeFlash(ctx) {
			fmt.Println(message)
		}
		session.Flash(ctx, "Saved.")
	})
	// Output:
	// Saved.
}
