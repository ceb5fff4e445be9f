package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// A site is an edge on a real listener; behind it stands a page that says which fields it was sent.
type site struct {
	edge *web.Edge
	url  string
	now  time.Time
	t    *testing.T

	mu  sync.Mutex
	log bytes.Buffer
}

func (s *site) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(b)
}

// said returns the records of the log with this message, in order.
func (s *site) said(message string) (records []map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range bytes.Lines(s.log.Bytes()) {
		record := map[string]any{}
		if err := json.Unmarshal(line, &record); err != nil {
			s.t.Fatal(err)
		}
		if strings.HasPrefix(record["msg"].(string), message) {
			records = append(records, record)
		}
	}
	return records
}

func serve(t *testing.T, base string, edge *web.Edge) *site {
	t.Helper()
	s := &site{edge: edge, t: t, now: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)}
	edge.Log = slog.New(slog.NewJSONHandler(s, nil))
	edge.Now = func() time.Time { return s.now }
	if base != "" {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		edge.Base = u
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		web.RequestOf(r.Context()).UserID = r.Header.Get("X-User")
		switch r.URL.Path {
		case "/secret":
			web.RequestOf(r.Context()).Reason = "no admin"
			web.Fail(w, r, fault.NotFound)
		case "/busy":
			web.Fail(w, r, &fault.RateLimited{RetryAfter: time.Minute})
		default:
			fmt.Fprintf(w, "field=%s", r.FormValue("field"))
		}
	})
	h := edge.Handler(func(*http.Request) *web.Route { return nil }, page)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(views.With(r.Context(), &views.Page{Asset: func(name string) string { return name }})))
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// ask sends a request with just these headers, as "Name: value", and returns the answer and its text.
func (s *site) ask(method, path, body string, headers ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Add(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(text)
}

const ours = "https://app.example.org"

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

func TestARequestsRecordSaysWhoAndWhy(t *testing.T) {
	s := serve(t, ours, &web.Edge{})
	for _, c := range []struct {
		path    string
		headers []string
		reason  string
	}{
		{"/", []string{"Host: evil.example"}, `host "evil.example": misdirected request`},
		{"/", []string{"Host: app.example.org", "Origin: https://evil.example"}, `origin "https://evil.example", Sec-Fetch-Site "": cross-origin request refused`},
		{"/secret", []string{"Host: app.example.org", "X-User: u7"}, "no admin"},
		{"/busy", []string{"Host: app.example.org", "X-User: u7"}, "too many tries, retry after 1m0s"},
		{"/", []string{"Host: app.example.org", "X-User: u7"}, ""},
	} {
		before := len(s.said("request"))
		s.ask("POST", c.path, "field=x", c.headers...)
		var record map[string]any
		for _, r := range s.said("request")[before:] {
			if r["msg"] == "request" {
				record = r
			}
		}
		user := ""
		if len(c.headers) > 1 && strings.HasPrefix(c.headers[1], "X-User") {
			user = "u7"
		}
		if reason, _ := record["reason"].(string); reason != c.reason {
			t.Errorf("%s %q: reason %q, want %q", c.path, c.headers, reason, c.reason)
		}
		if id, _ := record["user"].(string); id != user {
			t.Errorf("%s %q: user %q, want %q", c.path, c.headers, id, user)
		}
	}
}

// TestAFormIsNotFilledByItsAddress holds that what is posted never takes a field from the query.
func TestAFormIsNotFilledByItsAddress(t *testing.T) {
	s := serve(t, ours, &web.Edge{})
	host := "Host: app.example.org"
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/?field=query", "", "field=query"},
		{"POST", "/?field=query", "", "field="},
		{"POST", "/?field=query", "other=x", "field="},
		{"POST", "/?field=query", "field=form", "field=form"},
		{"POST", "/?field=query", "field=", "field="},
		{"PUT", "/?field=query", "other=x", "field="},
		{"PATCH", "/?field=query", "other=x", "field="},
		{"DELETE", "/?field=query", "", "field="},
	} {
		if _, text := s.ask(c.method, c.path, c.body, host); text != c.want {
			t.Errorf("%s %s with %q: %q, want %q", c.method, c.path, c.body, text, c.want)
		}
	}
	multipart := "--b\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\nform\r\n--b--\r\n"
	for name, want := range map[string]string{"field": "field=form", "other": "field="} {
		r, err := http.NewRequest("POST", s.url+"/?field=query", strings.NewReader(fmt.Sprintf(multipart, name)))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "app.example.org"
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		if resp.Body.Close(); err != nil || string(text) != want {
			t.Errorf("multipart with %s: %q %v", name, text, err)
		}
	}
}

func TestThePromiseOfHTTPS(t *testing.T) {
	for base, want := range map[string]string{
		"https://app.example.org": "max-age=31536000", "https://app.example.org:8443": "max-age=31536000", "http://app.example.org": "", "": "",
		"https://localhost": "", "https://localhost:8443": "", "https://app.localhost": "", "https://127.0.0.1:8443": "", "https://[::1]": "", "https://203.0.113.7": "", "https://[2001:db8::1]:8443": "",
		"https://localhost.example.org": "max-age=31536000", "https://notlocalhost": "max-age=31536000",
	} {
		for _, subdomains := range []bool{false, true} {
			h := http.Header{}
			e := &web.Edge{Subdomains: subdomains}
			if base != "" {
				e.Base, _ = url.Parse(base)
			}
			e.Headers(h)
			all := want
			if subdomains && want != "" {
				all += "; includeSubDomains"
			}
			if got := h.Get("Strict-Transport-Security"); got != all {
				t.Errorf("%s, subdomains %v: %q, want %q", base, subdomains, got, all)
			}
		}
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
