package session_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"

	"example.com/latchkey/internal/ratelimit"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/web"
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
	dsn   string
	clock *testkit.Clock
	log   *testkit.Log
	ran   atomic.Int64 // handlers that ran
	// A request to /slow says on loaded that its session is loaded, and waits for goOn.
	loaded, goOn chan struct{}
}

func newSite(t testing.TB, dsn string, change ...func(*session.Options)) *site {
	t.Helper()
	db := testkit.DB(t, dsn)
	s := &site{t: t, dsn: dsn, clock: &testkit.Clock{}, log: &testkit.Log{}, loaded: make(chan struct{}), goOn: make(chan struct{})}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	edge := &web.Edge{Loopback: true, Log: log, Now: s.clock.Now}
	o := session.Options{
		CookieName: "visitor", DB: db, Limits: ratelimit.NewStore(db, s.clock.Now), Log: log, Now: s.clock.Now, Lifetime: 30 * 24 * time.Hour,
		Creation: ratelimit.Limit{Name: "visitor", Tries: 300, Window: 15 * time.Minute}, Fail: s.fail, Headers: edge.Headers,
	}
	for _, f := range change {
		f(&o)
	}
	s.Sessions = session.New(o)
	s.exec(`CREATE TABLE IF NOT EXISTS views (session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, pattern TEXT NOT NULL)`)
	s.OnSeen(func(ctx context.Context, sessionID string, a session.Activity) error {
		for _, v := range a.Views {
			if _, err := s.DB.ExecContext(ctx, `INSERT INTO views (session_id, pattern) VALUES ($1, $2)`, sessionID, v.Method+" "+v.Pattern+" "+strconv.Itoa(v.Status)); err != nil {
				return err
			}
		}
		return nil
	})
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

// fail answers as the application does or, to ?show=1, with a page that shows the messages that wait.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.URL.Query().Get("show") == "" {
		web.Fail(w, r, err)
		return
	}
	status, _ := web.Status(err)
	if err := web.Render(w, r, status, messages); err != nil {
		s.t.Error(err)
	}
}

// messages is a page with the messages that wait for this visitor.
var messages = templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
	_, err := fmt.Fprint(w, session.TakeFlash(ctx))
	return err
})

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
			if err := s.do(r, r.URL.Query().Get("do")); err != nil {
				return err
			}
			return say(w, "slow note=%s private presents=%s", note.Or(r.Context(), "-"), session.TokenHash(r.Context()))
		},
		"/in": func(_ http.ResponseWriter, r *http.Request) error {
			write(r)
			return s.do(r, "in")
		},
		"/open":  func(_ http.ResponseWriter, r *http.Request) error { return s.do(r, "in") }, // as a link does
		"/again": func(_ http.ResponseWriter, r *http.Request) error { return s.do(r, "again") },
		"/out":   func(_ http.ResponseWriter, r *http.Request) error { return s.do(r, "out") },
		"/reset": func(_ http.ResponseWriter, r *http.Request) error { return s.do(r, "reset") },
		"/erase": func(_ http.ResponseWriter, r *http.Request) error { return s.do(r, "erase") },
		"/waiting": func(w http.ResponseWriter, r *http.Request) error {
			for _, v := range session.Waiting(r.Context()).Views {
				if err := say(w, "%s,", v.Pattern); err != nil {
					return err
				}
			}
			return nil
		},
		"/flash": func(w http.ResponseWriter, r *http.Request) error {
			if m := r.URL.Query().Get("say"); m != "" {
				session.Flash(r.Context(), m)
				return nil
			}
			taken := session.TakeFlash(r.Context())
			if r.URL.Query().Get("status") == "404" {
				w.WriteHeader(http.StatusNotFound)
			}
			return say(w, "%v", taken)
		},
		"/show": func(w http.ResponseWriter, r *http.Request) error { // a page with the messages that wait
			status, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("status"), "200"))
			if err != nil {
				return err
			}
			write(r)
			return web.Render(w, r, status, messages)
		},
		"/huge": func(w http.ResponseWriter, r *http.Request) error { // more than a visitor may have
			lasting.Set(r.Context(), strings.Repeat("x", 1<<20))
			if err := s.do(r, r.URL.Query().Get("do")); err != nil {
				return err
			}
			return say(w, "written")
		},
		"/who": func(w http.ResponseWriter, r *http.Request) error {
			who := session.Current(r.Context())
			return say(w, "in the future: %v", who.FirstSeen.After(s.clock.Now()) || who.LastSeen.After(s.clock.Now()))
		},
		"/panic": func(_ http.ResponseWriter, r *http.Request) error {
			note.Set(r.Context(), "lost")
			if err := s.do(r, r.URL.Query().Get("do")); err != nil {
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
			if err := s.do(r, r.URL.Query().Get("do")); err != nil {
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
	ctx, lasting := r.Context(), r.URL.Query().Get("lasting") != ""
	switch what {
	case "in":
		return s.Rotate(ctx, session.Rotation{Lasting: lasting}, nil)
	case "again":
		return s.Rotate(ctx, session.Rotation{Lasting: lasting, SameLogin: true}, nil)
	case "out":
		return s.LogOut(ctx)
	case "reset": // what hangs on the old session moves to the fresh one
		old := session.Current(ctx).ID
		return s.Reset(ctx, func(ctx context.Context, fresh string) error {
			_, err := s.DB.ExecContext(ctx, `UPDATE views SET session_id = $1 WHERE session_id = $2`, fresh, old)
			return err
		})
	case "erase":
		return s.Erase(ctx)
	}
	return nil
}

// write does to the session what the form asks for.
func write(r *http.Request) {
	ctx := r.Context()
	for name, key := range map[string]session.Key[string]{"note": note, "lasting": lasting, "guest": guest} {
		if v := r.URL.Query().Get(name); v != "" {
			key.Set(ctx, v)
		}
	}
	if r.URL.Query().Get("count") != "" {
		count.Add(ctx, 1)
	}
	if v := r.URL.Query().Get("cart"); v != "" {
		cart.Set(ctx, v, 1)
	}
	if v := r.URL.Query().Get("flash"); v != "" {
		session.Flash(ctx, v)
	}
	if r.URL.Query().Get("clear") != "" {
		cart.Clear(ctx)
	}
}
