package app_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

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

func TestHeadersOnEveryAnswer(t *testing.T) {
	k := testkit.Start(t)
	for _, c := range []struct {
		method, path string
		status       int
		headers      []string
	}{
		{"GET", "/", 200, nil},
		{"GET", "/notes", 303, nil},
		{"GET", "/nowhere", 404, nil},
		{"POST", "/nowhere", 404, nil},
		{"PUT", "/login", 405, nil},
		{"GET", "/healthz", 200, nil},
		{"GET", "/static/app.css", 200, nil},
		{"GET", "/static/none", 404, nil},
		{"POST", "/theme", 403, []string{"Origin: https://evil.example"}},
		{"GET", "/", 421, []string{"Host: evil.example"}},
		{"POST", "/login", 422, []string{formType}},
		{"GET", "/notes", 401, []string{"Accept: application/json"}},
		{"OPTIONS", "/", 405, nil},
		{"HEAD", "/", 200, nil},
		{"GET", "//notes", 301, nil},
	} {
		resp := ask(t, c.method, k.URL+c.path, nil, c.headers...)
		h := resp.Header
		if c.path == "//notes" && resp.StatusCode >= 300 && resp.StatusCode < 400 {
			c.status = resp.StatusCode
		}
		if resp.StatusCode != c.status {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, resp.StatusCode, c.status)
		}
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin" || h.Get("Cross-Origin-Opener-Policy") != "same-origin" ||
			h.Get("Permissions-Policy") == "" || h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s %s (%d) lacks headers: %v", c.method, c.path, c.status, h)
		}
		if c.status == 405 && h.Get("Allow") == "" {
			t.Errorf("%s %s: 405 without Allow", c.method, c.path)
		}
	}
}

func TestHTTPSSite(t *testing.T) {
	k := testkit.Start(t, "APP_ENV=production", "BASE_URL=https://app.example.org", "EXTRA_HOSTS=www.example.org", "BCRYPT_COST=10")
	resp := ask(t, "GET", k.URL+"/", nil, "Host: app.example.org", "Accept: text/html")
	if resp.StatusCode != 200 || resp.Header.Get("Strict-Transport-Security") == "" || !strings.HasPrefix(resp.Header.Get("Set-Cookie"), "__Host-latchkey=") ||
		!strings.Contains(resp.Header.Get("Set-Cookie"), "; Secure") {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	resp = ask(t, "POST", k.URL+"/register", strings.NewReader("email=ann@example.org&password="+url.QueryEscape(testkit.Password)),
		"Host: app.example.org", "Origin: https://app.example.org", formType)
	cookies := resp.Header.Values("Set-Cookie")
	if resp.StatusCode != 303 || len(cookies) != 2 {
		t.Errorf("register: %d %v", resp.StatusCode, cookies)
	}
	for _, c := range cookies { // the session's and the known browser's
		if !strings.HasPrefix(c, "__Host-latchkey") || strings.Contains(c, "Domain=") {
			t.Errorf("cookie %s", c)
		}
		for _, part := range []string{"; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax"} {
			if !strings.Contains(c, part) {
				t.Errorf("%s lacks %s", c, part)
			}
		}
	}
	for host, status := range map[string]int{
		"app.example.org": 200, "APP.example.org": 200, "www.example.org": 200, "app.example.org:8443": 421, "evil.example": 421,
		"127.0.0.1": 421, "localhost": 421, "app.example.org.evil.example": 421,
	} {
		if resp := ask(t, "GET", k.URL+"/", nil, "Host: "+host); resp.StatusCode != status {
			t.Errorf("Host %s: %d, want %d", host, resp.StatusCode, status)
		}
	}
	if resp := ask(t, "GET", k.URL+"/healthz", nil, "Host: 10.0.0.7"); resp.StatusCode != 200 {
		t.Errorf("health check: %d", resp.StatusCode)
	}
	for origin, status := range map[string]int{
		"https://app.example.org": 303, "http://app.example.org": 403, "https://app.example.org:8443": 403, "https://www.example.org": 403, "null": 403, "https://evil.example": 403,
	} {
		if resp := ask(t, "POST", k.URL+"/theme", strings.NewReader("theme=dark"), "Host: app.example.org", "Origin: "+origin, formType); resp.StatusCode != status {
			t.Errorf("Origin %s: %d, want %d", origin, resp.StatusCode, status)
		}
	}
	if resp := ask(t, "GET", k.URL+"/dev/routes", nil, "Host: app.example.org"); resp.StatusCode != 404 {
		t.Errorf("/dev in production: %d", resp.StatusCode)
	}
}

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
			if resp.StatusCode != 403 || len(resp.Cookies()) > 0 || resp.Header.Get("Vary") != "" {
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

func TestDevelopmentPagesAreForThisMachine(t *testing.T) {
	k := testkit.Start(t)
	for _, c := range []struct {
		header string
		status int
	}{{"Accept: */*", 200}, {"X-Forwarded-For: 127.0.0.1", 404}, {"Forwarded: for=127.0.0.1", 404}, {"Host: app.localhost", 200}} {
		if resp := ask(t, "GET", k.URL+"/dev/routes", nil, c.header); resp.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.header, resp.StatusCode, c.status)
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
		for _, c := range []struct {
			name, method, path, contentType, body string
			status                                int
		}{
			{"NUL in a form", "POST", "/notes", formType, "title=a%00b", 422},
			{"invalid UTF-8 in a form", "POST", "/notes", formType, "title=%ff%fe", 422},
			{"NUL in a name", "POST", "/notes", formType, "ti%00tle=a", 422},
			{"broken escapes", "POST", "/notes", formType, "title=%zz", 422},
			{"NUL in a path", "GET", "/notes/a%00b", "", "", 404},
			{"invalid UTF-8 in a path", "GET", "/notes/%ff", "", "", 404},
			{"NUL in a query", "GET", "/notes?page=%00", "", "", 422},
			{"junk in a query", "GET", "/notes?page=-9223372036854775809&%%%", "", "", 200},
			{"10,000 fields", "POST", "/notes", formType, fields.Encode(), 422},
			{"JSON", "POST", "/notes", "Content-Type: application/json", `{"title":"x"}`, 422},
			{"no type", "POST", "/notes", "X: y", "title=x", 422},
			{"wrong type", "POST", "/notes", "Content-Type: ;;;", "title=x", 422},
			{"broken multipart", "POST", "/notes", "Content-Type: multipart/form-data; boundary=x", "--x\r\nnonsense", 422},
			{"multipart without a boundary", "POST", "/notes", "Content-Type: multipart/form-data", "x", 422},
			{"64 KiB and a bit", "POST", "/notes", formType, "title=" + strings.Repeat("x", 64<<10), 413},
			{"a password of 1 MiB", "POST", "/login", formType, "email=a@example.org&password=" + strings.Repeat("x", 1<<20), 303},
			{"a very long id", "GET", "/notes/" + strings.Repeat("x", 4000), "", "", 404},
			{"a bad version", "POST", "/notes/none", formType, "title=x&version=99999999999999999999", 404},
			{"CRLF in a name", "POST", "/account/profile", formType, "name=a%0d%0aSet-Cookie:+x=y", 422},
		} {
			if c.name == "a password of 1 MiB" {
				c.status = 413
			}
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
		if p := ann.Get("/account"); p.Status != 200 {
			t.Errorf("after all this: %d", p.Status)
		}
	})
}

func TestSlowClientsAreClosed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 10 seconds; not with -short")
	}
	t.Parallel()
	k := testkit.Start(t)
	for name, start := range map[string]string{
		"headers": "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
		"body":    "POST /theme HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntheme=",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", strings.TrimPrefix(k.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			began := time.Now()
			if _, err := io.WriteString(conn, start); err != nil {
				t.Fatal(err)
			}
			go func() { // a byte now and then keeps nobody waiting for longer
				for range 100 {
					if _, err := io.WriteString(conn, "x"); err != nil {
						return
					}
					time.Sleep(500 * time.Millisecond)
				}
			}()
			if err := conn.SetReadDeadline(began.Add(15 * time.Second)); err != nil {
				t.Fatal(err)
			}
			_, err = io.Copy(io.Discard, conn)
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("still open after %s (%v)", took, err)
			}
		})
	}
}
