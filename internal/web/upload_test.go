package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/web"
)

// TestTakesUpTo holds that a route that takes an upload takes so much and no more, and others what a form may hold.
func TestTakesUpTo(t *testing.T) {
	form := web.Private.At("POST /form", nil)
	upload := web.Private.At("POST /upload", nil).TakesUpTo(1 << 20)
	for _, c := range []struct {
		route web.Route
		size  int
		want  int
	}{
		{form, 64 << 10, http.StatusOK},
		{form, 64<<10 + 1, http.StatusRequestEntityTooLarge},
		{upload, 64<<10 + 1, http.StatusOK},
		{upload, 1 << 20, http.StatusOK},
		{upload, 1<<20 + 1, http.StatusRequestEntityTooLarge},
	} {
		got := 0
		edge := &web.Edge{Loopback: true, Log: slog.New(slog.DiscardHandler), Now: time.Now}
		srv := httptest.NewServer(edge.Handler(func(*http.Request) *web.Route { return &c.route }, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = len(r.PostFormValue("x"))
		})))
		resp, err := http.Post(srv.URL+c.route.Path(), "application/x-www-form-urlencoded", strings.NewReader("x="+strings.Repeat("a", c.size-2)))
		srv.Close()
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close(); resp.StatusCode != c.want || c.want == http.StatusOK && got != c.size-2 {
			t.Errorf("%s, %d bytes: %d with %d", c.route.Pattern, c.size, resp.StatusCode, got)
		}
	}
}
