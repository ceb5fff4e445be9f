package dev

import (
	"bytes"
	"context"
	_ "embed"
	"net/http"
	"strings"
	"time"

	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

const (
	keptRequests = 20   // of each session
	keptSessions = 1000 // with one more, all are forgotten
)

// A record is what one request did.
type record struct {
	At            time.Time
	Method, Path  string // the path of the route, such as /notes/{id}; not the address, which may hold a secret
	Status        int
	Took          time.Duration // of the handler, the page and the commit
	Statements    []string      // that the database ran for it, with one blank for each run of blanks
	Read, Changed []string      // of the session
	sessionID     string
}

// note adds a statement to the record of its request.
func note(ctx context.Context, query string) {
	web.RequestOf(ctx).NoteStatement(strings.Join(strings.Fields(query), " "))
}

// watch serves the request, puts the bar into the page that answers it, and keeps the record for /dev/session.
func (p *Pages) watch(next http.Handler, w http.ResponseWriter, r *http.Request) {
	bar := &barWriter{ResponseWriter: w, p: p, r: r, began: time.Now(), shown: r.Method != http.MethodHead && local(r)}
	next.ServeHTTP(bar, r)
	if info := web.RequestOf(r.Context()); info.Route != nil && !info.Route.Unseen {
		p.keep(bar.record())
	}
}

// keep remembers what a request of this session did.
func (p *Pages) keep(rec record) {
	if rec.sessionID == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.last) >= keptSessions {
		clear(p.last)
	}
	list := append([]record{rec}, p.last[rec.sessionID]...)
	p.last[rec.sessionID] = list[:min(len(list), keptRequests)]
}

// latest returns what the latest requests of a session did, the newest first.
func (p *Pages) latest(sessionID string) []record {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last[sessionID]
}

// A barWriter inserts the bar at the end of a whole HTML page. It passes on anything else as it is.
type barWriter struct {
	http.ResponseWriter
	p      *Pages
	r      *http.Request
	began  time.Time
	shown  bool
	status int
}

func (b *barWriter) WriteHeader(status int) {
	if status >= http.StatusOK && b.status == 0 {
		b.status = status
		b.shown = b.shown && strings.HasPrefix(b.Header().Get("Content-Type"), "text/html")
		if b.shown {
			b.Header().Del("Content-Length") // it grows by what only the commit, which comes now, tells
		}
	}
	b.ResponseWriter.WriteHeader(status)
}

func (b *barWriter) Write(body []byte) (int, error) {
	if b.status == 0 {
		b.WriteHeader(http.StatusOK)
	}
	end := []byte("</body>")
	at := bytes.LastIndex(body, end)
	if !b.shown || at < 0 {
		return b.ResponseWriter.Write(body)
	}
	b.shown = false
	var page bytes.Buffer
	page.Write(body[:at])
	if err := barPart(b.record(), b.before()).Render(b.r.Context(), &page); err != nil {
		return 0, err
	}
	page.Write(body[at:])
	_, err := b.ResponseWriter.Write(page.Bytes())
	return len(body), err
}

// Unwrap lets http.ResponseController reach what is below.
func (b *barWriter) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// Flush sends what was written.
func (b *barWriter) Flush() { _ = http.NewResponseController(b.ResponseWriter).Flush() }

// record is what the request has done so far.
func (b *barWriter) record() record {
	ctx := b.r.Context()
	info := web.RequestOf(ctx)
	rec := record{At: b.p.Now(), Method: b.r.Method, Path: b.r.URL.Path, Status: b.status, Took: time.Since(b.began), sessionID: session.Current(ctx).ID}
	if info.Route != nil {
		rec.Path = strings.TrimSuffix(info.Route.Path(), "{$}")
	}
	rec.Statements = info.Statements()
	rec.Read, rec.Changed = session.Trace(ctx)
	return rec
}

// before returns the record of the form that was sent just before and redirected to this page, nil if there was none. What it
// did is often of more interest than what the page did.
func (b *barWriter) before() *record {
	list := b.p.latest(session.Current(b.r.Context()).ID)
	if len(list) == 0 || list[0].Method != http.MethodPost || list[0].Status != http.StatusSeeOther {
		return nil
	}
	return &list[0]
}

//go:embed bar.css
var barCSS []byte

// barStyles is the look of the bar: not a part of app.css, which production serves.
func (p *Pages) barStyles(w http.ResponseWriter, r *http.Request) error {
	session.WithoutSession(r.Context())
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, err := w.Write(barCSS)
	return err
}
