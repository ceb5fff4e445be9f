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
