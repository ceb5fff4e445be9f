package session_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/web"
	"example.com/latchkey/migrations"
)

// The keys of the test site, one of each policy.
var (
	note    = session.NewKey[string]("test.note")
	lasting = session.NewKey[string]("test.lasting", session.KeptAtLogout)
	guest   = session.NewKey[string]("test.guest", session.DroppedAtLogin)
	number  = session.NewKey[int]("test.number")
	count   = session.NewCounter("test.count")
	cart    = session.NewPool("test.cart")
)

// A site is the session layer alone, without users: a few handlers behind it, on a real listener.
type site struct {
	*httptest.Server
	*session.Sessions
	t     testing.TB
	clock *testkit.Clock
	log   *testkit.Log
	ran   atomic.Int64 // handlers that ran
	// A request to /slow says on loaded that its session is loaded, and waits for goOn.
	loaded, goOn chan struct{}
}

func newSite(t testing.TB, dsn string, change ...func(*session.Options)) *site {
	t.Helper()
	db, err := database.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(t.Context(), migrations.Files); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, clock: &testkit.Clock{}, log: &testkit.Log{}, loaded: make(chan struct{}), goOn: make(chan struct{})}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	edge := &web.Edge{Loopback: true, Log: log, Now: s.clock.Now}
	o := session.Options{
		DB: db, Limits: ratelimit.NewStore(db, s.clock.Now), Log: log, Now: s.clock.Now, Lifetime: 30 * 24 * time.Hour,
		Creation: ratelimit.Limit{Name: "visitor", Tries: 300, Window: 15 * time.Minute}, Fail: web.Fail, Headers: edge.Headers,
	}
	for _, f := range change {
		f(&o)
	}
	s.Sessions = session.New(o)
	mux, routes := http.NewServeMux(), map[string]*web.Route{}
	for pattern, h := range s.handlers() {
		rt := web.Public.At(pattern, h)
		rt.Revoked = strings.HasSuffix(pattern, "/in") || strings.HasSuffix(pattern, "/out")
		routes[pattern] = &rt
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.ran.Add(1)
			if err := h(w, r); err != nil {
				web.Fail(w, r, err)
			}
		})
	}
	find := func(r *http.Request) *web.Route {
		_, pattern := mux.Handler(r)
		return routes[pattern]
	}
	s.Server = httptest.NewServer(edge.Handler(find, s.Handler(mux)))
	t.Cleanup(s.Close)
	return s
}

func (s *site) handlers() map[string]web.Handler {
	say := func(w http.ResponseWriter, format string, args ...any) error {
		_, err := fmt.Fprintf(w, format, args...)
		return err
	}
	return map[string]web.Handler{
		"/read": func(w http.ResponseWriter, r *http.Request) error {
			ctx := r.Context()
			return say(w, "note=%s lasting=%s guest=%s number=%d count=%d cart=%v visitor=%s", note.Or(ctx, "-"), lasting.Or(ctx, "-"),
				guest.Or(ctx, "-"), number.Or(ctx, -1), count.Get(ctx), cart.Names(ctx), session.Current(ctx).ID)
		},
		"/write": func(w http.ResponseWriter, r *http.Request) error {
			write(r)
			return say(w, "written")
		},
		"/slow": func(w http.ResponseWriter, r *http.Request) error { // loads, waits, and then does what it was asked
			s.loaded <- struct{}{}
			<-s.goOn
			write(r)
			if err := s.do(r, r.FormValue("do")); err != nil {
				return err
			}
			return say(w, "slow note=%s private presents=%s", note.Or(r.Context(), "-"), session.TokenHash(r.Context()))
		},
		"/in": func(_ http.ResponseWriter, r *http.Request) error {
			write(r)
			return s.do(r, "in")
		},
		"/again": func(_ http.ResponseWriter, r *http.Request) error { return s.do(r, "again") },
		"/out":   func(_ http.ResponseWriter, r *http.Request) error { return s.do(r, "out") },
		"/erase": func(_ http.ResponseWriter, r *http.Request) error { return s.do(r, "erase") },
		"/trail": func(w http.ResponseWriter, r *http.Request) error {
			trail, err := s.Trail(r.Context())
			if err != nil {
				return err
			}
			return say(w, "%v", trail)
		},
		"/flash": func(w http.ResponseWriter, r *http.Request) error {
			if m := r.FormValue("say"); m != "" {
				session.Flash(r.Context(), m)
				return nil
			}
			return say(w, "%v", session.TakeFlash(r.Context()))
		},
		"/panic": func(_ http.ResponseWriter, r *http.Request) error {
			note.Set(r.Context(), "lost")
			if err := s.do(r, r.FormValue("do")); err != nil {
				return err
			}
			panic("secret of the handler")
		},
		"/fail": func(w http.ResponseWriter, r *http.Request) error {
			note.Set(r.Context(), "lost")
			w.Header().Set("X-Handler", "was here")
			w.WriteHeader(http.StatusBadGateway)
			return nil
		},
		"/late": func(w http.ResponseWriter, r *http.Request) error {
			if err := say(w, "first byte"); err != nil {
				return err
			}
			note.Set(r.Context(), "too late")
			return nil
		},
		"/break": func(w http.ResponseWriter, r *http.Request) error { // the table goes away before the commit
			if err := s.do(r, r.FormValue("do")); err != nil {
				return err
			}
			note.Set(r.Context(), "x")
			if _, err := s.DB.ExecContext(r.Context(), `ALTER TABLE sessions RENAME TO gone`); err != nil {
				return err
			}
			w.Header().Set("X-Handler", "was here")
			return say(w, "output of the handler")
		},
		"/elsewhere": func(w http.ResponseWriter, r *http.Request) error {
			write(r)
			return web.SeeOther(w, r, "/read")
		},
		"/missing": func(w http.ResponseWriter, r *http.Request) error {
			note.Set(r.Context(), "on an error page")
			http.NotFound(w, r)
			return nil
		},
	}
}

// do logs the visitor in or out, as far as the session goes.
func (s *site) do(r *http.Request, what string) error {
	ctx, lasting, then := r.Context(), r.FormValue("lasting") != "", func(context.Context, string) error { return nil }
	switch what {
	case "in":
		return s.Rotate(ctx, lasting, time.Time{}, then)
	case "again":
		return s.Renew(ctx, lasting, time.Time{}, then)
	case "out":
		return s.LogOut(ctx)
	case "erase":
		return s.Erase(ctx)
	}
	return nil
}

// write does to the session what the form asks for.
func write(r *http.Request) {
	ctx := r.Context()
	for name, key := range map[string]session.Key[string]{"note": note, "lasting": lasting, "guest": guest} {
		if v := r.FormValue(name); v != "" {
			key.Set(ctx, v)
		}
	}
	if r.FormValue("count") != "" {
		count.Add(ctx, 1)
	}
	if v := r.FormValue("cart"); v != "" {
		cart.Set(ctx, v, 1)
	}
	if r.FormValue("clear") != "" {
		cart.Clear(ctx)
	}
}

// An answer of the test site.
type answer struct {
	status int
	body   string
	header http.Header
	cookie *http.Cookie // the session's, if the answer sets it
}

// send asks with a token ("" for none). Headers are "Name: value".
func (s *site) send(method, path, token string, headers ...string) answer {
	s.t.Helper()
	r, err := http.NewRequest(method, s.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "latchkey", Value: token})
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return answer{body: err.Error()}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	a := answer{status: resp.StatusCode, body: string(body), header: resp.Header}
	if err != nil {
		a.status, a.body = 0, err.Error()
	}
	for _, c := range resp.Cookies() {
		if c.Name == "latchkey" {
			a.cookie = c
		}
	}
	return a
}

func (s *site) get(path, token string) answer  { s.t.Helper(); return s.send("GET", path, token) }
func (s *site) post(path, token string) answer { s.t.Helper(); return s.send("POST", path, token) }

// visitor makes a session and returns its token.
func (s *site) visitor() string {
	s.t.Helper()
	a := s.get("/write?note=first", "")
	if a.cookie == nil {
		s.t.Fatalf("no cookie: %d %s", a.status, a.body)
	}
	return a.cookie.Value
}

// slowly starts a request that has loaded its session, and returns a function that lets it go on.
func (s *site) slowly(method, path, token string) (finish func() answer) {
	s.t.Helper()
	done := make(chan answer, 1)
	go func() { done <- s.send(method, path, token) }()
	<-s.loaded
	return func() answer {
		s.goOn <- struct{}{}
		return <-done
	}
}

func (s *site) count(query string, args ...any) (n int) {
	s.t.Helper()
	if err := s.DB.QueryRowContext(context.Background(), query, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *site) exec(query string, args ...any) {
	s.t.Helper()
	if _, err := s.DB.ExecContext(context.Background(), query, args...); err != nil {
		s.t.Fatal(err)
	}
}

// await returns as soon as somebody waits for a lock of the database, which is PostgreSQL.
func (s *site) await() {
	s.t.Helper()
	testkit.Await(s.t, s.DB, "")
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
