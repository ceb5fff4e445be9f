package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/web"
)

var paths = map[string]bool{
	"/": true, "/notes": true, "/notes/": true, "/notes?page=2&x=%2F": true, "/a%20b": true, "/a#b": true,
	"": false, "notes": false, "//evil.example": false, "///evil.example": false, `/\evil.example`: false, `\\evil.example`: false,
	"https://evil.example": false, "javascript:alert(1)": false, "/\tevil": false, "/\n/evil.example": false, " /x": false,
	"/%2f/evil.example": false, "/%5cevil.example": false, "/..//evil.example": false, "/./x": false, "/a/../b": false, "/%00": false,
	"/é": false, "/%zz": false, "/\u2028": false, "/a//b": false, "/" + strings.Repeat("a", 2048): false,
}

func TestLocalPath(t *testing.T) {
	for target, local := range paths {
		want := ""
		if local {
			want = target
		}
		if got := web.LocalPath(target); got != want {
			t.Errorf("LocalPath(%q) = %q, want %q", target, got, want)
		}
	}
	if got := web.LocalPathOr("//x", "/home"); got != "/home" {
		t.Error(got)
	}
}

// FuzzLocalPath holds that what passes stays on the site, as a browser would read it.
func FuzzLocalPath(f *testing.F) {
	for target := range paths {
		f.Add(target)
	}
	base, err := url.Parse("https://site.example/here")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, target string) {
		got := web.LocalPath(target)
		if got == "" {
			return
		}
		to, err := base.Parse(got)
		if got != target || err != nil || to.Scheme != "https" || to.Host != "site.example" || to.User != nil {
			t.Fatalf("%q leads to %v (%v)", target, to, err)
		}
		// Browsers drop tabs and newlines, read \ as /, and take // as a host; some servers decode first.
		for _, reading := range []string{got, to.Path} {
			reading = strings.ReplaceAll(strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(reading), `\`, "/")
			if strings.HasPrefix(reading, "//") {
				t.Errorf("%q is read as another host", target)
			}
		}
	})
}

func TestWithinHoldsPrefixAndFloor(t *testing.T) {
	for _, c := range []struct {
		floor  web.Access
		route  web.Route
		starts bool
	}{
		{web.Private, web.Private.At("GET /notes", nil), true},
		{web.Private, web.Fresh.At("GET /notes/{id}", nil), true},
		{web.Private, web.Admin.At("/notes/x", nil), true},
		{web.Private, web.Nobody.At("GET /notes/x", nil), true},
		{web.Private, web.Public.At("GET /notes/x", nil), false},
		{web.Private, web.Guest.At("GET /notes/x", nil), false},
		{web.Public, web.Guest.At("GET /notes/x", nil), true},
		{web.Public, web.Public.At("GET /notes/x", nil), true},
		{web.Fresh, web.Private.At("GET /notes/x", nil), false},
		{web.Guest, web.Private.At("GET /notes/x", nil), false},
		{web.Private, web.Private.At("GET /notesx", nil), false},
		{web.Private, web.Private.At("GET /", nil), false},
		{web.Private, web.Private.At("GET example.org/notes", nil), false},
	} {
		func() {
			defer func() {
				if started := recover() == nil; started != c.starts {
					t.Errorf("%s under %s: starts %v", c.route.Pattern, c.floor, started)
				}
			}()
			web.Within("/notes", c.floor, []web.Route{c.route})
		}()
	}
}

func TestAddresses(t *testing.T) {
	for addr, want := range map[string][2]string{
		"203.0.113.77":         {"203.0.113.77", "203.0.113.0/24"},
		"::ffff:203.0.113.77":  {"203.0.113.77", "203.0.113.0/24"},
		"2001:db8:1:2:3:4:5:6": {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"fe80::1%eth0":         {"fe80::/64", "fe80::/48"},
	} {
		q := web.Request{Client: netip.MustParseAddr(addr)}
		if got := [2]string{q.Network(), q.Truncated()}; got != want {
			t.Errorf("%s: %v, want %v", addr, got, want)
		}
	}
	if q := (&web.Request{}); q.Network() != "unknown" || q.Truncated() != "" {
		t.Error("an unknown address")
	}
}

func TestCleanHeader(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "a\r\nb\x00c\x1b[31m": "abc[31m", "bad\xff\xfeutf8": "badutf8", strings.Repeat("é", 300): strings.Repeat("é", 255),
	} {
		if got := web.CleanHeader(in); got != want {
			t.Errorf("%.20q: %.20q", in, got)
		}
	}
}

func TestFailSaysLittle(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
	}{
		{fmt.Errorf("note 7: %w", fault.NotFound), 404},
		{fault.Conflict, 409},
		{fault.SessionEnded, 409},
		{fault.CrossOrigin, 403},
		{fault.WrongHost, 421},
		{fault.TooLarge, 413},
		{fault.Malformed, 422},
		{fault.MethodNotAllowed, 405},
		{fault.Unauthenticated, 401},
		{&fault.RateLimited{RetryAfter: 90 * time.Second}, 429},
		{&fault.Unavailable{What: "database", Err: errors.New("secret detail")}, 503},
		{errors.New("secret detail"), 500},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		info := &web.Request{ID: "REQUEST-ID", Log: web.RequestOf(r.Context()).Log}
		r = r.WithContext(web.WithRequest(r.Context(), info))
		w := httptest.NewRecorder()
		web.Fail(w, r, c.err)
		body := w.Body.String()
		if w.Code != c.status || strings.Contains(body, "secret") || strings.Contains(body, "note 7") {
			t.Errorf("%v: %d %s", c.err, w.Code, body)
		}
		if shown := strings.Contains(body, "REQUEST-ID"); shown != (c.status >= 500) {
			t.Errorf("%v: request id shown: %v", c.err, shown)
		}
		if after := w.Header().Get("Retry-After"); (after != "") != (c.status == 429 || c.status == 503) || c.status == 429 && after != "90" {
			t.Errorf("%v: Retry-After %q", c.err, after)
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%v may be cached", c.err)
		}
	}
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Accept", "application/json")
	if web.Fail(w, r, fault.NotFound); w.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(w.Body.String(), `"status":404`) {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
}
