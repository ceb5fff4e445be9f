package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// lacks returns what an answer lacks of the headers that every one carries.
func lacks(h http.Header, https bool) (missing []string) {
	csp := h.Get("Content-Security-Policy")
	for name, ok := range map[string]bool{
		"Content-Security-Policy without default-src 'none'": strings.Contains(csp, "default-src 'none'"),
		"frame-ancestors":            strings.Contains(csp, "frame-ancestors 'none'"),
		"form-action":                strings.Contains(csp, "form-action 'self'"),
		"no unsafe code":             !strings.Contains(csp, "unsafe"),
		"X-Content-Type-Options":     h.Get("X-Content-Type-Options") == "nosniff",
		"Referrer-Policy":            h.Get("Referrer-Policy") == "same-origin",
		"Cross-Origin-Opener-Policy": h.Get("Cross-Origin-Opener-Policy") == "same-origin",
		"Permissions-Policy":         h.Get("Permissions-Policy") != "",
		"Strict-Transport-Security":  (h.Get("Strict-Transport-Security") != "") == https,
	} {
		if !ok {
			missing = append(missing, name)
		}
	}
	return missing
}

// sessionOf returns the session's cookie of an answer, as a browser sends it back.
func sessionOf(resp *http.Response) string {
	for _, c := range resp.Cookies() {
		if strings.HasSuffix(c.Name, "latchkey") {
			return "Cookie: " + c.Name + "=" + c.Value
		}
	}
	return "Cookie: none"
}

// TestHeadersOnEveryAnswer goes through the statuses. 408 and 503 need a slow client and a broken database:
// TestSlowClientsAreClosed and TestADatabaseThatIsAway look at those.
func TestHeadersOnEveryAnswer(t *testing.T) {
	for _, site := range []string{"http://127.0.0.1", "https://app.example.org"} {
		host := "Host: " + site[strings.Index(site, "/")+2:]
		https := strings.HasPrefix(site, "https")
		k := testkit.Start(t, "BASE_URL="+site, "LIMIT_REGISTER_ADDRESS=1")
		cookie := sessionOf(ask(t, "GET", k.URL+"/", nil, host, "Accept: text/html"))
		post := []string{host, formType, "Origin: " + site}
		ended := append(post, sessionOf(ask(t, "POST", k.URL+"/register", strings.NewReader("email=ann@example.org&password="+testkit.Password), post...)))
		etag := ask(t, "GET", k.URL+"/static/app.css", nil, host).Header.Get("Etag")
		for _, c := range []struct {
			method, path, body string
			status             int
			headers            []string
		}{
			{"GET", "/", "", 200, []string{host}},
			{"GET", "/", "", 200, []string{host, cookie}},
			{"HEAD", "/", "", 200, []string{host}},
			{"GET", "/healthz", "", 200, nil},
			{"GET", "/static/app.css", "", 200, []string{host}},
			{"GET", "/.well-known/change-password", "", 302, []string{host}},
			{"GET", testkit.Private, "", 303, []string{host}},
			{"POST", "/logout", "", 303, ended},
			{"GET", "/static/app.css", "", 304, []string{host, "If-None-Match: " + etag}},
			{"GET", "/" + testkit.Private, "", 307, []string{host}},
			{"GET", testkit.Private, "", 401, []string{host, "Accept: application/json"}},
			{"POST", "/theme", "", 403, []string{host, "Origin: https://evil.example"}},
			{"GET", "/nowhere", "", 404, []string{host}},
			{"POST", "/nowhere", "", 404, []string{host}},
			{"GET", "/static/none", "", 404, []string{host}},
			{"PUT", "/login", "", 405, []string{host}},
			{"OPTIONS", "/", "", 405, []string{host}},
			{"POST", "/theme", "", 409, ended},
			{"POST", "/theme", "theme=" + strings.Repeat("x", 64<<10), 413, post},
			{"GET", "/", "", 421, []string{"Host: evil.example"}},
			{"POST", "/login", "", 422, post},
			{"POST", "/login", "email=%00", 422, post},
			{"POST", "/register", "email=b@example.org&password=" + testkit.Password, 429, post},
		} {
			resp := ask(t, c.method, k.URL+c.path, strings.NewReader(c.body), c.headers...)
			if resp.StatusCode != c.status {
				t.Errorf("%s: %s %s: %d, want %d", site, c.method, c.path, resp.StatusCode, c.status)
			}
			if missing := lacks(resp.Header, https); len(missing) > 0 {
				t.Errorf("%s: %s %s (%d) lacks %v: %v", site, c.method, c.path, c.status, missing, resp.Header)
			}
			if c.status == 405 && resp.Header.Get("Allow") == "" {
				t.Errorf("%s %s: 405 without Allow", c.method, c.path)
			}
		}
		resp := talk(t, k, "OPTIONS * HTTP/1.1\r\n"+host+"\r\n\r\n")
		if missing := lacks(resp.Header, https); len(missing) > 0 || resp.StatusCode < 400 || resp.StatusCode >= 500 {
			t.Errorf("OPTIONS * (%d) lacks %v: %v", resp.StatusCode, missing, resp.Header)
		}
	}
}

func TestHTTPSSite(t *testing.T) {
	k := testkit.Start(t, "APP_ENV=production", "BASE_URL=https://app.example.org", "EXTRA_HOSTS=www.example.org, alias.example.org:8080", "BCRYPT_COST=10")
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
		"app.example.org": 200, "APP.example.org": 200, "app.example.org:443": 200, "app.example.org:8443": 421, "app.example.org:80": 421,
		"www.example.org": 308, "www.example.org:8443": 308, "WWW.example.org:80": 308, // without a port in EXTRA_HOSTS: all of them
		"alias.example.org:8080": 308, "alias.example.org": 421, "alias.example.org:8081": 421,
		"evil.example": 421, "127.0.0.1": 421, "localhost": 421, "app.example.org.evil.example": 421, "www.example.org.evil.example": 421,
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
}

func TestThePortOfTheScheme(t *testing.T) {
	k := testkit.Start(t, "APP_ENV=production", "BASE_URL=http://app.example.org", "BCRYPT_COST=10")
	for host, status := range map[string]int{"app.example.org": 200, "app.example.org:80": 200, "app.example.org:443": 421} {
		if resp := ask(t, "GET", k.URL+"/", nil, "Host: "+host); resp.StatusCode != status {
			t.Errorf("Host %s: %d, want %d", host, resp.StatusCode, status)
		}
	}
}
