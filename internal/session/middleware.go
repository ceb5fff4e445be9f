package session

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"example.com/latchkey/internal/cookie"
	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/fault"
	"example.com/latchkey/internal/session/store"
	"example.com/latchkey/internal/web"
)

// Handler gives each request its session: it loads it before next runs, and commits what next changed before
// the first byte of the answer leaves.
func (s *Sessions) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{s: s, r: r, mayCreate: mayCreate(r)}
		w.Header().Add("Vary", "Cookie")
		ctx, err := s.load(context.WithValue(r.Context(), visitKey{}, v), cookie.Tokens(r, s.CookieName))
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
			v.progress.Store(done)
			s.touch(v, sw.status)
		}()
		if v.state == revoked && !web.Safe(r.Method) {
			resumed, err := s.Resume(ctx)
			if route := web.RequestOf(ctx).Route; err == nil && !resumed && (route == nil || !route.Revoked) {
				err = fault.SessionEnded
			}
			if err != nil {
				s.Fail(sw, r, err)
				return
			}
		}
		next.ServeHTTP(sw, r)
		sw.begin(http.StatusOK)
	})
}

// load finds the session of the tokens: the first that is live; FindCtx notes what the others are. A row whose data cannot be
// read is dropped, so that nobody is locked out.
func (s *Sessions) load(ctx context.Context, tokens []string) (context.Context, error) {
	v := visitOf(ctx)
	loaded, err := s.engine.Load(ctx, "")
	for _, token := range tokens {
		had := v.state == live
		with, err := s.engine.Load(ctx, token)
		if errors.Is(err, store.ErrCorrupt) {
			s.Log.Warn("session dropped: its data cannot be read", "session", v.row.ID, "err", err)
			err = s.rows.Drop(ctx, v.row.ID)
			v.state, v.row = noSession, store.Row{}
		}
		if err != nil {
			return nil, err
		}
		if !had && v.state == live {
			loaded = with
		}
	}
	return loaded, err
}

// commit saves what the request did, given the status that it is about to answer with. If it returns an error, the
// visitor gets that and nothing of the handler's output.
func (s *Sessions) commit(ctx context.Context, v *visit, status int) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.progress.Store(committed)
	if !showsFlash(v.r, status) {
		v.ops = slices.DeleteFunc(v.ops, func(o store.Op) bool { return o.Kind == store.Take })
	}
	switch v.state {
	case live:
		if len(v.ops) == 0 || status >= http.StatusInternalServerError {
			return nil
		}
	case noSession:
		page := v.mayCreate && status < http.StatusMultipleChoices
		if status >= http.StatusBadRequest || v.r.Method == http.MethodHead || !page && !v.stores() {
			return nil
		}
	case revoked, erased:
		return nil
	}
	must := v.mustCommit()
	if !must {
		ctx = database.WithTimeout(ctx, tryFor)
	}
	_, _, err := s.engine.Commit(ctx) // by way of Encode and CommitCtx
	_, tooMany := errors.AsType[*fault.RateLimited](err)
	if err == nil || errors.Is(err, fault.SessionEnded) || must && !tooMany {
		return err
	}
	// A visitor who cannot be remembered is still a visitor, and a message that stays is shown on the next page.
	s.Log.Warn("page served, and the visit not stored", "request", web.RequestOf(ctx).ID, "err", err)
	return nil
}

// touch notes the activity of a request that is over.
func (s *Sessions) touch(v *visit, status int) {
	info := web.RequestOf(v.r.Context())
	if v.state != live || info.Route == nil || info.Route.Unseen || info.Refused != nil {
		return
	}
	now := s.Now()
	a := Activity{Seen: now, Until: now.Add(s.lifetime()), Hits: 1}
	if s.Fixed {
		a.Until = v.row.Created.Add(s.lifetime())
	}
	if v.cookie != nil && v.row.Created.Equal(v.row.Seen) && v.row.Hits == 1 {
		a.Until, a.Hits = time.Time{}, 0 // created just now: counted by its INSERT, and not yet known to come back
	}
	if v.r.Header.Get("Sec-GPC") != "1" { // Global Privacy Control
		a.Views = []View{{At: now, Method: v.r.Method, Pattern: info.Route.Path(), Status: status}}
	}
	s.rows.Add(v.row.ID, a)
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
	w.v.progress.Store(committed)
	w.started, w.status = true, http.StatusInternalServerError
	w.forget()
	w.cookies() // of a rotation that did happen
	s.Fail(w.ResponseWriter, w.r, errors.New("panic"))
}

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

// cookies sends the browser its new token, if it has one, and that only once. If the browser came with several cookies of our
// name, or is to be forgotten, the others are expired: before ours is set, for clients that take the two for one.
func (w *writer) cookies() {
	v, s := w.v, w.v.s
	var cookies []*http.Cookie
	if v.state == erased || cookie.Several(v.r, s.CookieName) {
		cookies = cookie.Strays(v.r, *s.expired())
	}
	if v.cookie != nil {
		cookies = append(cookies, v.cookie)
	}
	for _, c := range cookies {
		http.SetCookie(w.ResponseWriter, c)
	}
	if len(cookies) > 0 {
		w.Header().Set("Cache-Control", "no-store")
	}
}

// newCookie returns the cookie that carries the token. It outlives the browser if lasting.
func (s *Sessions) newCookie(token string, lasting bool) *http.Cookie {
	c := &http.Cookie{
		Name: s.CookieName, Value: token, Path: "/", Domain: s.CookieDomain,
		HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode,
	}
	if lasting {
		c.MaxAge = int(cookieAge.Seconds())
	}
	return c
}

// expired returns the cookie that takes ours away.
func (s *Sessions) expired() *http.Cookie {
	c := s.newCookie("", false)
	c.MaxAge = -1
	return c
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
