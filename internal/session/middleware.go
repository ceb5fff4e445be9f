package session

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/secret"
	"example.com/latchkey/internal/web"
)

// Handler gives each request its session: it loads it before next runs, and commits what next changed before
// the first byte of the answer leaves.
func (s *Sessions) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{s: s, r: r, mayCreate: mayCreate(r)}
		w.Header().Add("Vary", "Cookie")
		ctx, err := s.load(context.WithValue(r.Context(), visitKey{}, v), s.token(r))
		if err != nil {
			s.Fail(w, r, err)
			return
		}
		r = r.WithContext(ctx)
		sw := &writer{ResponseWriter: w, v: v, r: r}
		defer func() {
			if p := recover(); p != nil {
				s.recovered(sw, p)
			}
			v.mu.Lock()
			v.done = true
			v.mu.Unlock()
			s.touch(v, sw.status)
		}()
		if route := web.RequestOf(ctx).Route; v.revoked && !web.Safe(r.Method) && (route == nil || !route.Revoked) {
			s.Fail(sw, r, fault.SessionEnded)
			return
		}
		next.ServeHTTP(sw, r)
		sw.begin(http.StatusOK)
	})
}

// token returns the token that the request presents, "" if there is none of the right form.
func (s *Sessions) token(r *http.Request) string {
	for _, c := range r.CookiesNamed(s.CookieName) {
		if secret.Valid(c.Value) {
			return c.Value
		}
	}
	return ""
}

// load finds the session of the token. A row whose data cannot be read is dropped, so that nobody is locked out.
func (s *Sessions) load(ctx context.Context, token string) (context.Context, error) {
	loaded, err := s.engine.Load(ctx, token)
	if !errors.Is(err, errCorrupt) {
		return loaded, err
	}
	v := visitOf(ctx)
	s.Log.Warn("session dropped: its data cannot be read", "session", v.row.id, "err", err)
	if _, err := s.DB.ExecContext(ctx, `DELETE FROM sessions WHERE token_hash = $1`, secret.Hash(token)); err != nil {
		return nil, err
	}
	v.live, v.row = false, row{}
	return s.engine.Load(ctx, "")
}

// mayCreate reports whether the request is a navigation that may make a session: a page that a person opens.
func mayCreate(r *http.Request) bool {
	h := r.Header
	dest := h.Get("Sec-Fetch-Dest")
	purpose := strings.ToLower(h.Get("Sec-Purpose") + h.Get("Purpose") + h.Get("X-Moz"))
	return r.Method == http.MethodGet && admitsHTML(h.Get("Accept")) &&
		(dest == "" || dest == "document") && !strings.Contains(purpose, "prefetch")
}

// admitsHTML reports whether a page is an acceptable answer (RFC 9110, 12.5.1: no Accept admits everything).
func admitsHTML(accept string) bool {
	return accept == "" || strings.Contains(accept, "text/html") || strings.Contains(accept, "text/*") || strings.Contains(accept, "*/*")
}

// commit saves what the request did, given the status that it is about to answer with.
func (s *Sessions) commit(ctx context.Context, v *visit, status int) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.committed = true
	if status >= http.StatusInternalServerError || v.expire {
		return nil
	}
	if v.live {
		if len(v.ops) == 0 {
			return nil
		}
		return s.saveOps(ctx, v)
	}
	stores := slices.ContainsFunc(v.ops, func(o op) bool { return o.kind == opSet || o.kind == opAdd })
	page := v.mayCreate && status < http.StatusMultipleChoices
	if v.revoked || status >= http.StatusBadRequest || v.r.Method == http.MethodHead || !page && !stores {
		return nil
	}
	err := s.create(ctx, v)
	if err == nil {
		return nil
	}
	if _, tooMany := errors.AsType[*fault.RateLimited](err); !tooMany && stores && !web.Safe(v.r.Method) {
		return err // what was sent to be kept is not kept
	}
	// The page is served without a session: a visitor who cannot be remembered is still a visitor.
	s.Log.Warn("no session made", "request", web.RequestOf(ctx).ID, "err", err)
	return nil
}

// touch notes the activity of a request that is over.
func (s *Sessions) touch(v *visit, status int) {
	info := web.RequestOf(v.r.Context())
	if !v.live || info.Route == nil {
		return
	}
	now := s.Now()
	life := s.Lifetime
	if life == 0 {
		life = untilClosed
	}
	until, hits := now.Add(life), int64(1)
	if s.Fixed {
		until = v.row.created.Add(life)
	}
	if v.cookie != "" && v.row.created.Equal(v.row.seen) && v.row.hits == 1 {
		until, hits = time.Time{}, 0 // born just now: counted by its INSERT, and not yet known to come back
	}
	view := View{At: now, Method: v.r.Method, Pattern: info.Route.Path(), Status: status}
	s.batch.touch(v.row.id, until, hits, view, v.r.Header.Get("Sec-GPC") != "1")
}

// recovered turns a panic into a 500 page and a log record; the visitor sees the request's id only.
func (s *Sessions) recovered(w *writer, p any) {
	if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
		panic(p)
	}
	s.Log.Error("panic", "request", web.RequestOf(w.r.Context()).ID, "panic", p, "stack", string(debug.Stack()))
	if w.started {
		panic(http.ErrAbortHandler) // half an answer is out: the client must not take it for a whole one
	}
	w.started, w.status, w.v.committed = true, http.StatusInternalServerError, true
	w.forget()
	w.cookies() // of a rotation that did happen
	s.Fail(w.ResponseWriter, w.r, errPanic)
}

var errPanic = errors.New("panic")

// A writer commits the session exactly once, before the first byte of the answer.
type writer struct {
	http.ResponseWriter
	v       *visit
	r       *http.Request
	status  int
	started bool
	failed  bool // the commit failed and the visitor got the error page: the handler's output is dropped
}

func (w *writer) begin(status int) {
	if w.started {
		return
	}
	w.started, w.status = true, status
	err := w.v.s.commit(w.r.Context(), w.v, status)
	if err != nil {
		w.failed = true
		w.forget()
	}
	w.cookies()
	if err != nil {
		w.v.s.Fail(w.ResponseWriter, w.r, err)
	}
}

// forget drops what the handler put into the headers.
func (w *writer) forget() {
	h := w.Header()
	clear(h)
	w.v.s.Headers(h)
	h.Set("Vary", "Cookie")
	h.Set("Cache-Control", "no-store")
}

// cookies tells the browser its new token. The same token is never sent twice.
func (w *writer) cookies() {
	v, s := w.v, w.v.s
	if v.cookie == "" && !v.expire {
		return
	}
	c := &http.Cookie{
		Name: s.CookieName, Value: v.cookie, Path: "/", Domain: s.CookieDomain,
		HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode,
	}
	switch {
	case v.expire:
		c.Value, c.MaxAge = "", -1
	case v.lasting:
		c.MaxAge = int(cookieAge.Seconds())
	}
	http.SetCookie(w.ResponseWriter, c)
	w.Header().Set("Cache-Control", "no-store")
}

func (w *writer) WriteHeader(status int) {
	if status >= 100 && status < 200 {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.begin(status)
	if !w.failed {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *writer) Write(b []byte) (int, error) {
	w.begin(http.StatusOK)
	if w.failed {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// Flush sends what was written; the commit comes first.
func (w *writer) Flush() {
	w.begin(http.StatusOK)
	if !w.failed {
		_ = http.NewResponseController(w.ResponseWriter).Flush() // a client that is gone is found out by Write
	}
}

// SetReadDeadline and SetWriteDeadline let a handler with a long answer have more time. There is no Unwrap and no
// Hijack: both would let bytes leave before the commit.
func (w *writer) SetReadDeadline(t time.Time) error {
	return http.NewResponseController(w.ResponseWriter).SetReadDeadline(t)
}

// SetWriteDeadline is described at SetReadDeadline.
func (w *writer) SetWriteDeadline(t time.Time) error {
	return http.NewResponseController(w.ResponseWriter).SetWriteDeadline(t)
}
