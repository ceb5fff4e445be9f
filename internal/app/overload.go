package app

import (
	"bytes"
	"context"
	"math"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"example.com/latchkey/internal/web"
	"example.com/latchkey/views"
)

// refuseOverload answers 503 on routes that hash a password while the queue of hashes is full. That must stay cheap, so it
// looks at the form of the visitor's cookies only (see login.Overloaded), and renders its page, which has neither theme nor
// menu, once for each route.
func (a *App) refuseOverload(next http.Handler) http.Handler {
	var busy busyPages
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := web.RequestOf(r.Context())
		if info.Route == nil || !info.Route.Hashes {
			next.ServeHTTP(w, r)
			return
		}
		err := a.Login.Overloaded(r, info.Route)
		if err == nil {
			next.ServeHTTP(w, r)
			return
		}
		info.Refused = err
		busy.pause(r.Context())
		if web.WantsJSON(r) {
			web.Fail(w, r, err)
			return
		}
		info.Reason = web.CleanHeader(err.Error())
		if busy.logged.Due(a.Now()) { // a flood does not fill the log as well
			a.Log.Warn("requests are refused for now", "request", info.ID, "method", r.Method, "err", err)
		}
		status, wait := web.Status(err)
		body, err := busy.page(a, info.Route.Path(), status)
		if err != nil {
			web.Fail(w, r, err)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(body)))
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		w.WriteHeader(status)
		w.Write(body) //nolint:errcheck // the client went away
	})
}

// busyPages are the pages of refuseOverload.
type busyPages struct {
	made   sync.Map // []byte by path
	logged web.Minutely
	paused atomic.Int64 // how many wait
}

// A request that is refused is answered after a pause, so that a connection which floods us gets ten answers a second and not
// thousands. At most maxPaused wait at a time, which bounds the memory; the others are answered at once.
const (
	refusedAfter = 100 * time.Millisecond
	maxPaused    = 256
)

func (b *busyPages) pause(ctx context.Context) {
	defer b.paused.Add(-1)
	if b.paused.Add(1) > maxPaused {
		return
	}
	timer := time.NewTimer(refusedAfter)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// page returns the page for a route. Its link leads to the form, which is at the same path.
func (b *busyPages) page(a *App, path string, status int) ([]byte, error) {
	if made, ok := b.made.Load(path); ok {
		return made.([]byte), nil
	}
	var page bytes.Buffer
	ctx := views.With(context.Background(), &views.Page{Path: path, Asset: a.asset})
	if err := views.ErrorPage(views.ErrorView{Status: status, Again: path}).Render(ctx, &page); err != nil {
		return nil, err
	}
	b.made.Store(path, page.Bytes())
	return page.Bytes(), nil
}
