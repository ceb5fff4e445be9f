package session

import (
	"net/http"
	"time"
)

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

// cookies tells the browser its new token, which is never sent twice. If it came with more cookies of our name than one,
// or is to be forgotten, those that are not ours are expired; before ours, for clients that take two of them for one.
func (w *writer) cookies() {
	v, s := w.v, w.v.s
	var cookies []*http.Cookie
	if v.state == erased || s.several(v.r) {
		cookies = Strays(v.r, *s.expired())
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
