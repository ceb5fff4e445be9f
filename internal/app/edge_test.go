package app_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// ask sends a request that is no browser's: the headers are just these, as "Name: value".
func ask(t *testing.T, method, address string, body io.Reader, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, address, body)
	if err != nil {
		t.Fatal(err)
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
		t.Fatalf("%s %s: %v", method, address, err)
	}
	text, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return resp
}

const formType = "Content-Type: application/x-www-form-urlencoded"

func TestARefusedRequestNeverTouchesACookie(t *testing.T) {
	k := testkit.Start(t)
	for _, headers := range [][]string{
		{"Sec-Fetch-Site: cross-site"},
		{"Sec-Fetch-Site: same-site"},
		{"Origin: null"},
		{"Origin: https://evil.example"},
		{"Origin: " + strings.Replace(k.URL, "http:", "https:", 1)},
		{"Origin: http://127.0.0.1:1"},
		{"Origin: " + k.URL, "Origin: https://evil.example"},
	} {
		for _, path := range []string{"/theme", "/login", "/logout", "/register"} {
			resp := ask(t, "POST", k.URL+path, strings.NewReader("theme=dark"), append(headers, formType)...)
			if resp.StatusCode != 403 || len(resp.Cookies()) > 0 {
				t.Errorf("%s with %v: %d %v", path, headers, resp.StatusCode, resp.Header)
			}
		}
	}
	if got := k.Count(`SELECT count(*) FROM sessions`); got != 0 {
		t.Errorf("%d rows", got)
	}
	for _, headers := range [][]string{nil, {"Origin: " + k.URL}, {"Sec-Fetch-Site: same-origin", "Origin: " + k.URL}, {"Sec-Fetch-Site: none"}} {
		if resp := ask(t, "POST", k.URL+"/theme", strings.NewReader("theme=dark"), append(headers, formType)...); resp.StatusCode != 303 {
			t.Errorf("our own form with %v: %d", headers, resp.StatusCode)
		}
	}
}

// TestBadInput holds that nothing a browser or an attacker sends makes a 5xx.
func TestBadInput(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, dsn string) {
		k := testkit.Start(t, "DATABASE_URL="+dsn)
		ann := k.Browser().Register("ann@example.org")
		cookie := "Cookie: latchkey=" + ann.Cookie("latchkey")
		fields := url.Values{}
		for i := range 10_000 {
			fields.Add(fmt.Sprint(i), "")
		}
		form, page := testkit.Private, testkit.Private
		const unread = 422 // it has no title
		for _, c := range []struct {
			name, method, path, contentType, body string
			status                                int
		}{
			{"NUL in a form", "POST", form, formType, "title=a%00b", 422},
			{"invalid UTF-8 in a form", "POST", form, formType, "title=%ff%fe", 422},
			{"NUL in a name", "POST", form, formType, "ti%00tle=a", 422},
			{"broken escapes", "POST", form, formType, "title=%zz", 422},
			{"NUL in a path", "GET", page + "/a%00b", "", "", 404},
			{"invalid UTF-8 in a path", "GET", page + "/%ff", "", "", 404},
			{"NUL in a query", "GET", page + "?page=%00", "", "", 422},
			{"junk in a query", "GET", page + "?page=-9223372036854775809&%%%", "", "", 200},
			{"10,000 fields", "POST", form, formType, fields.Encode(), unread},
			{"JSON", "POST", form, "Content-Type: application/json", `{"title":"x"}`, unread},
			{"no type", "POST", form, "X: y", "title=x", unread},
			{"wrong type", "POST", form, "Content-Type: ;;;", "title=x", 422},
			{"broken multipart", "POST", form, "Content-Type: multipart/form-data; boundary=x", "--x\r\nnonsense", 422},
			{"multipart without a boundary", "POST", form, "Content-Type: multipart/form-data", "x", 422},
			{"64 KiB and a bit", "POST", form, formType, "title=" + strings.Repeat("x", 64<<10), 413},
			{"a password of 1 MiB", "POST", "/login", formType, "email=a@example.org&password=" + strings.Repeat("x", 1<<20), 413},
			{"a very long id", "GET", page + "/" + strings.Repeat("x", 4000), "", "", 404},
			{"a bad version", "POST", form + "/none", formType, "title=x&version=99999999999999999999", 404},
			{"CRLF in a name", "POST", "/account/profile", formType, "name=a%0d%0aSet-Cookie:+x=y", 422},
		} {
			headers := []string{cookie}
			if c.contentType != "" {
				headers = append(headers, c.contentType)
			}
			resp := ask(t, c.method, k.URL+c.path, strings.NewReader(c.body), headers...)
			if resp.StatusCode != c.status || resp.Header.Get("X") != "" {
				t.Errorf("%s: %d, want %d", c.name, resp.StatusCode, c.status)
			}
		}
		for _, junk := range []string{"latchkey=", "latchkey=\"", strings.Repeat("a=b; ", 2000), "latchkey=" + strings.Repeat("x", 20_000), "\x01\x02", ";;;=;;"} {
			if resp := ask(t, "GET", k.URL+"/", nil, "Cookie: "+strings.Trim(junk, "\x01\x02")); resp.StatusCode >= 500 {
				t.Errorf("cookie %.20q: %d", junk, resp.StatusCode)
			}
		}
		// Cookies of other sites of the same domain lock nobody out.
		others := "Cookie: " + strings.Repeat("other="+strings.Repeat("x", 4000)+"; ", 25)
		if resp := ask(t, "GET", k.URL+page, nil, others+strings.TrimPrefix(cookie, "Cookie: ")); resp.StatusCode != 200 {
			t.Errorf("%d bytes of cookies: %d", len(others), resp.StatusCode)
		}
		ann.Get(page).Expect(t, 200)
	})
}
