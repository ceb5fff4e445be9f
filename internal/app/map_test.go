package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/latchkey/internal/config"
	"example.com/latchkey/internal/web"
)

// kinds of visitors, and what of the database makes them so after they registered.
var visitors = []struct {
	name string
	sql  string
	// what the visitor is
	in, fresh, admin bool
}{
	{name: "guest"},
	{"half logged in", `
		INSERT INTO half_logins (session_id, user_id, remember, detail, next, expires_at) SELECT session_id, user_id, 0, '', '', 9000000000000 FROM logins;
		DELETE FROM logins`, false, false, false},
	{"logged in, stale", `UPDATE logins SET fresh_at = 1`, true, false, false},
	{"logged in, fresh", ``, true, true, false},
	{"disabled", `UPDATE users SET disabled_at = 1`, false, false, false},
	{"admin, stale", `UPDATE users SET role = 'admin'; UPDATE logins SET fresh_at = 1`, true, false, true},
	{"admin, fresh", `UPDATE users SET role = 'admin'`, true, true, true},
}

// expected is what a visitor gets, by access alone: "in", or where they are sent, or a status.
func expected(a web.Access, in, fresh, admin bool) string {
	switch {
	case a == web.Nobody:
		return "404"
	case a == web.Public, a == web.Guest && !in:
		return "in"
	case a == web.Guest:
		return "/"
	case !in:
		return "/login"
	case a == web.Admin && !admin:
		return "404"
	case a >= web.Fresh && !fresh:
		return "/confirm"
	}
	return "in"
}

// newSite serves an application on an empty database until the test ends.
func newSite(t *testing.T) (*App, *httptest.Server) {
	t.Helper()
	cfg, err := config.Load(func(name string) string {
		return map[string]string{"DATABASE_URL": "sqlite:" + t.TempDir() + "/map.db", "BCRYPT_COST": "4"}[name]
	}, Settings()...)
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), cfg, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	served := httptest.NewServer(a)
	t.Cleanup(served.Close)
	return a, served
}

// TestEveryRouteByEveryVisitor tries the whole map, and one route of each access, with handlers that only say "in".
func TestEveryRouteByEveryVisitor(t *testing.T) {
	a, real := newSite(t)
	routes := a.routes()
	for _, access := range []web.Access{web.Nobody, web.Public, web.Guest, web.Private, web.Fresh, web.Admin} {
		routes = append(routes, access.At("GET /try/"+access.String(), nil), access.At("POST /try/"+access.String(), nil))
	}
	routes = append(routes, web.Route{Pattern: "GET /forgotten"})
	for i := range routes {
		routes[i].Handler = func(w http.ResponseWriter, _ *http.Request) error {
			_, err := io.WriteString(w, "in")
			return err
		}
	}
	t2 := newTable(routes, a.Login.Guard, func(rt web.Route) web.Handler { return rt.Handler })
	edge := &web.Edge{Loopback: true, Log: a.Log, Now: time.Now}
	stubbed := httptest.NewServer(edge.Handler(t2.route, web.Chain(t2, t2.withoutSession, a.Sessions.Handler, a.Login.Handler)))
	defer stubbed.Close()

	for _, v := range visitors {
		t.Run(v.name, func(t *testing.T) {
			client := newVisitor(t, a, real.URL, v.name, v.sql)
			for _, rt := range routes {
				if rt.Revoked && rt.Path() == "/logout" {
					continue // public, and stubbed it would say nothing
				}
				want := expected(rt.Access, v.in, v.fresh, v.admin)
				if rt.Access == web.Guest && !web.Safe(rt.Method()) {
					want = "in" // who is logged in may log in as somebody else
				}
				if rt.Path() == "/forgotten" {
					want = "404" // whatever the zero value is called
				}
				path := strings.NewReplacer("{$}", "", "{id}", "x", "{file...}", "x").Replace(rt.Path())
				if got := try(t, client, rt.Method(), stubbed.URL+path); got != want {
					t.Errorf("%s (%s): got %s, want %s", rt.Pattern, rt.Access, got, want)
				}
			}
		})
	}
}

// TestTheMenuShowsWhatItsVisitorMayOpen tries an entry of each access on the first page.
func TestTheMenuShowsWhatItsVisitorMayOpen(t *testing.T) {
	a, real := newSite(t)
	all := []web.Access{web.Nobody, web.Public, web.Guest, web.Private, web.Fresh, web.Admin}
	for _, access := range all {
		a.menu = append(a.menu, access.At("GET /try/"+access.String(), nil).InMenu("Try "+access.String()))
	}
	for _, v := range visitors {
		resp, err := newVisitor(t, a, real.URL, v.name, v.sql).Get(real.URL + "/")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(resp.StatusCode, err)
		}
		for _, access := range all {
			// Who may open it, or may once the password was given again.
			want := expected(access, v.in, true, v.admin) == "in"
			if got := strings.Contains(string(body), `href="/try/`+access.String()+`"`); got != want {
				t.Errorf("%s: shows %s %v, want %v", v.name, access, got, want)
			}
		}
	}
}

// newVisitor returns a client whose cookies are of such a visitor.
func newVisitor(t *testing.T, a *App, site, name, sql string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if name == "guest" {
		return client
	}
	for _, table := range []string{"sessions", "users"} {
		if _, err := a.DB.ExecContext(context.Background(), "DELETE FROM "+table); err != nil {
			t.Fatal(err)
		}
	}
	resp, err := client.PostForm(site+"/register", url.Values{"email": {"v@example.org"}, "password": {"quiet otter paints seven lamps"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatal(resp.StatusCode)
	}
	for statement := range strings.SplitSeq(sql, ";") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := a.DB.ExecContext(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return client
}

func try(t *testing.T, client *http.Client, method, address string) string {
	t.Helper()
	r, err := http.NewRequest(method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case resp.StatusCode == http.StatusOK && string(body) == "in":
		return "in"
	case resp.StatusCode == http.StatusSeeOther:
		target, next, asked := strings.Cut(resp.Header.Get("Location"), "?next=")
		if asked != (method == http.MethodGet && target != "/") || asked && next != url.QueryEscape(strings.TrimPrefix(address, resp.Request.URL.Scheme+"://"+resp.Request.URL.Host)) {
			t.Errorf("%s %s leads back to %q", method, address, next)
		}
		return target
	}
	return resp.Status[:3]
}
