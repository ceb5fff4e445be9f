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

// refuseOverload refuses a request to a route that hashes a password while the queue for a processor has no place for it.
// It must not cost more than that, so it knows of the visitor only what their cookies look like (see login.Overloaded), and
// answers with a page that is made once for each route, and shows neither theme nor menu.
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
		if busy.log(a.Now()) {
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
	made   sync.Map     // []byte by path
	logged atomic.Int64 // when, in Unix seconds
	paused atomic.Int64 // how many are made to wait
}

// Who is refused waits a moment for it, which costs nobody anything: a connection that floods gets ten answers a second, and
// not thousands. So many may wait at once; the others are answered at once, so that memory is bounded.
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

// log reports whether it is time for a record: once a minute, so that a flood does not fill the log as well.
func (b *busyPages) log(now time.Time) bool {
	last := b.logged.Load()
	return now.Sub(time.Unix(last, 0)).Abs() >= time.Minute && b.logged.CompareAndSwap(last, now.Unix())
}

// page returns the page of a route, which leads back to the page at the same address.
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
