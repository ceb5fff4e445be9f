package web_test

import (
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/web"
)

// TestAnOriginThatAProxyHides: with "Referrer-Policy: no-referrer" browsers send "Origin: null" with a site's own forms,
// and say in Sec-Fetch-Site that it is its own.
func TestAnOriginThatAProxyHides(t *testing.T) {
	s := serve(t, ours, &web.Edge{})
	for _, c := range []struct {
		headers []string
		status  int
	}{
		{[]string{"Origin: null", "Sec-Fetch-Site: same-origin"}, 200},
		{[]string{"Origin: null"}, 403},
		{[]string{"Origin: null", "Sec-Fetch-Site: none"}, 403},
		{[]string{"Origin: null", "Sec-Fetch-Site: same-site"}, 403},
		{[]string{"Origin: null", "Sec-Fetch-Site: cross-site"}, 403},
		{[]string{"Origin: null", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"}, 403},
		{[]string{"Origin: null", "Origin: null", "Sec-Fetch-Site: same-origin"}, 403},
		{[]string{"Origin: https://evil.example", "Sec-Fetch-Site: same-origin"}, 403},
		{[]string{"Origin: ", "Sec-Fetch-Site: same-origin"}, 403},
		{[]string{"Origin: " + ours, "Sec-Fetch-Site: same-origin"}, 200},
		{[]string{"Origin: " + ours, "Sec-Fetch-Site: cross-site"}, 403},
		{[]string{"Origin: https://APP.example.org"}, 403}, // no browser writes it so
		{[]string{"Sec-Fetch-Site: none"}, 200},
		{nil, 200},
	} {
		if resp, _ := s.ask("POST", "/", "field=x", append(c.headers, "Host: app.example.org")...); resp.StatusCode != c.status {
			t.Errorf("%q: %d, want %d", c.headers, resp.StatusCode, c.status)
		}
	}
}

// TestOneSite holds that pages are read under one name: there is one cookie.
func TestOneSite(t *testing.T) {
	s := serve(t, ours, &web.Edge{ExtraHosts: []string{"www.example.org", "old.example.org:8080", "app.example.org"}})
	for _, c := range []struct {
		method, host, path string
		status             int
		to                 string
	}{
		{"GET", "www.example.org", "/", 308, ours + "/"},
		{"HEAD", "www.example.org", "/notes?page=2&x=%2F", 308, ours + "/notes?page=2&x=%2F"},
		{"GET", "WWW.Example.org:8443", "/a%20b", 308, ours + "/a%20b"},
		{"GET", "old.example.org:8080", "//evil.example/x", 308, ours + "//evil.example/x"},
		{"GET", "www.example.org", `/\evil.example`, 308, ours + "/%5Cevil.example"},
		{"GET", "www.example.org", "/healthz", 200, ""},
		{"GET", "www.example.org", "/readyz", 200, ""},
		{"POST", "www.example.org", "/", 200, ""}, // no browser's: those say their Origin
		{"GET", "app.example.org", "/", 200, ""},
		{"GET", "app.example.org:443", "/", 200, ""},
		{"GET", "old.example.org", "/", 421, ""},
	} {
		resp, _ := s.ask(c.method, c.path, "", "Host: "+c.host)
		if resp.StatusCode != c.status || resp.Header.Get("Location") != c.to || len(resp.Cookies()) > 0 || resp.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s %s%s: %d to %q", c.method, c.host, c.path, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
	if resp, _ := s.ask("POST", "/", "field=x", "Host: www.example.org", "Origin: https://www.example.org"); resp.StatusCode != 403 {
		t.Errorf("a form from an extra name: %d", resp.StatusCode)
	}
	// In development there may be no BASE_URL to lead to.
	if resp, _ := serve(t, "", &web.Edge{ExtraHosts: []string{"dev.example.org"}}).ask("GET", "/", "", "Host: dev.example.org"); resp.StatusCode != 200 {
		t.Errorf("without BASE_URL: %d", resp.StatusCode)
	}
}

// TestARefusalIsLoggedOnceAMinute holds that a site which is set up wrongly shows in the log, and that nobody fills it.
func TestARefusalIsLoggedOnceAMinute(t *testing.T) {
	s := serve(t, ours, &web.Edge{})
	reasons := map[string][]string{ // by what the record says came
		"evil.example":           {"Host: evil.example"},
		"https://evil.example":   {"Origin: https://evil.example", "Host: app.example.org"},
		"http://app.example.org": {"Origin: http://app.example.org", "Host: app.example.org"},
	}
	all := func() {
		for range 3 {
			for _, headers := range reasons {
				s.ask("POST", "/", "field=x", headers...)
			}
		}
	}
	for round := range 2 {
		all()
		warnings := s.said("request refused")
		if len(warnings) != 3*(round+1) {
			t.Fatalf("%d warnings in minute %d: %v", len(warnings), round, warnings)
		}
		for _, w := range warnings {
			if reasons[w["came"].(string)] == nil || !strings.Contains(ours, w["expected"].(string)) || w["level"] != "WARN" || w["request"] == "" {
				t.Errorf("%v", w)
			}
		}
		s.now = s.now.Add(time.Minute)
	}
	s.now = s.now.Add(-24 * time.Hour) // a clock that is put back silences nothing
	if all(); len(s.said("request refused")) != 9 {
		t.Errorf("%d warnings after the clock was put back", len(s.said("request refused")))
	}
}

// TestAnAddressThatIsSetUpWrongly: whoever has just set up a site is not told that they are another site.
func TestAnAddressThatIsSetUpWrongly(t *testing.T) {
	s := serve(t, ours, &web.Edge{Loopback: true})
	for _, c := range []struct {
		headers []string
		status  int
		set     bool
	}{
		{[]string{"Origin: http://app.example.org", "Host: app.example.org"}, 403, true},
		{[]string{"Origin: http://app.example.org", "Host: app.example.org", "Sec-Fetch-Site: same-origin"}, 403, true},
		{[]string{"Origin: https://app.example.org:8443", "Host: app.example.org", "Sec-Fetch-Site: same-site"}, 403, true},
		{[]string{"Host: app.example.org:8080"}, 421, true},
		{[]string{"Origin: https://app.example.org", "Host: app.example.org", "Sec-Fetch-Site: cross-site"}, 403, false},
		{[]string{"Origin: https://www.example.org", "Host: app.example.org"}, 403, false},
		{[]string{"Origin: null", "Host: app.example.org"}, 403, false},
		{[]string{"Origin: app.example.org", "Host: app.example.org"}, 403, false},
		{[]string{"Origin: https://app.example.org.evil.example", "Host: app.example.org"}, 403, false},
		{[]string{"Host: evil.example:443"}, 421, false},
	} {
		resp, text := s.ask("POST", "/", "field=x", c.headers...)
		if resp.StatusCode != c.status || strings.Contains(text, "address is set up wrongly") != c.set {
			t.Errorf("%q: %d %s", c.headers, resp.StatusCode, text)
		}
	}
	// In development without BASE_URL, behind a proxy that speaks https.
	if _, text := serve(t, "", &web.Edge{Loopback: true}).ask("POST", "/", "field=x", "Origin: https://localhost:8080", "Host: localhost:8080"); !strings.Contains(text, "set up wrongly") {
		t.Error(text)
	}
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST:80": true, "app.localhost": true, "127.0.0.1": true, "127.8.9.1:8080": true, "[::1]": true, "::1": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true,
		"": false, "localhost.example.org": false, "notlocalhost": false, "10.0.0.1": false, "127.0.0.1.nip.io": false, "0.0.0.0": false, "[::]:80": false, "2130706433": false, "localhost:80:80": false,
	} {
		if got := web.Loopback(host); got != want {
			t.Errorf("Loopback(%q) = %v", host, got)
		}
	}
}
