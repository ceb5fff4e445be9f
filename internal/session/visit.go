package session

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"example.com/latchkey/internal/session/store"
	"example.com/latchkey/internal/web"
)

// A state says what the session of a request is.
type state int

const (
	// noSession: nothing is stored about this browser. It sent no token, or one that is unknown or has expired.
	noSession state = iota
	// live: visit.row is its session.
	live
	// revoked: its token was ended or replaced within the last minute. It gets no data, no row and no cookie.
	revoked
	// erased: the visitor asked to be forgotten, by this very request.
	erased
)

// The progress of an answer.
const (
	// open: changes are collected.
	open int32 = iota
	// committed: they were saved, or the commit failed; the first byte follows.
	committed
	// done: the handler has returned.
	done
)

// A visit is what one request knows of its session.
type visit struct {
	s *Sessions
	r *http.Request

	progress atomic.Int32 // open, committed or done

	mu    sync.Mutex
	state state
	row   store.Row  // of a live session
	ops   []store.Op // the changes to commit
	read  []string   // the keys that were read, each once; with Options.Traces

	// also are the ids of other sessions that cookies of this request lead to, which log out and erase end, too:
	// those of a second live cookie, and of one that was replaced within the same login a moment ago.
	also      []string
	cookie    *http.Cookie // what the answer tells the browser; nil for nothing
	mayCreate bool         // a navigation, for which a row is created
	repeats   bool         // the same form was sent a moment ago, and did what it asks for
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok {
		panic("session: no session in this context; does the route stand WithoutSession?")
	}
	return v
}

// session returns the row of this request's session; without one, the zero Row.
func (v *visit) session() store.Row {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.state != live {
		return store.Row{}
	}
	return v.row
}

// become makes r the session of this request, and gives its token to the browser, in a cookie that outlives the browser if
// lasting.
func (v *visit) become(r store.Row, token string, lasting bool) {
	// What was joined was of the session before.
	v.row, v.row.Joined, v.state, v.cookie = r, nil, live, v.s.newCookie(token, lasting)
}

// goOn makes r the session of this request, as become does, and puts its data in the place of the old session's.
func (v *visit) goOn(ctx context.Context, r store.Row, token string, lasting bool, d store.Data) {
	v.forget(ctx)
	v.become(r, token, lasting)
	for key, raw := range d {
		v.s.engine.Put(ctx, key, raw)
	}
}

// forget leaves this request as if its session had ended.
func (v *visit) forget(ctx context.Context) {
	v.state, v.ops = revoked, nil
	if err := v.s.engine.Clear(ctx); err != nil {
		panic(err) // it only empties a map
	}
}

// mayCreate reports whether this is a top-level page load, which may create a session; prefetches and what a page loads
// by itself may not.
func mayCreate(r *http.Request) bool { return r.Method == http.MethodGet && web.IsDocument(r) }

// mustCommit reports whether the request fails if its changes cannot be stored. What only remembers a visit may be lost: a
// counter on a page that is read, a message that was shown, the row of a new visitor.
func (v *visit) mustCommit() bool {
	reads := v.r.Method == http.MethodGet || v.r.Method == http.MethodHead
	return slices.ContainsFunc(v.ops, func(o store.Op) bool { return o.Must(reads, v.state == live) })
}

// stores reports whether the request leaves something to keep, for which a row is created.
func (v *visit) stores() bool {
	return slices.ContainsFunc(v.ops, func(o store.Op) bool { return o.Kind == store.Set || o.Kind == store.Add })
}

func (v *visit) set(ctx context.Context, key string, value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("session: the value of %q is no JSON: %v", key, err))
	}
	v.change(ctx, store.Op{Kind: store.Set, Key: key, Raw: raw})
}

func (v *visit) get(ctx context.Context, key string, dest any) bool {
	if v.s.Traces {
		v.mu.Lock()
		if !slices.Contains(v.read, key) {
			v.read = append(v.read, key)
		}
		v.mu.Unlock()
	}
	raw, ok := v.s.engine.Get(ctx, key).(json.RawMessage)
	if !ok {
		return false
	}
	if err := json.Unmarshal(raw, dest); err != nil {
		v.s.Log.Warn("session value does not fit its key", "key", key, "session", v.row.ID, "err", err)
		return false
	}
	return true
}

// change applies o to this request's copy, which scs holds, and remembers it for the commit. After the first byte it
// would be lost, so it panics.
func (v *visit) change(ctx context.Context, o store.Op) {
	v.mu.Lock()
	at := v.progress.Load()
	if at == open {
		v.ops = append(v.ops, o)
	}
	v.mu.Unlock()
	switch at {
	case done: // a goroutine that outlived its request: a panic there would end the program
		v.s.Log.Error("session changed after its request was over; the change is lost", "key", o.Key)
		return
	case committed:
		panic(fmt.Sprintf("session: %q changed after the first byte of the answer", o.Key))
	case open:
	}
	switch o.Kind {
	case store.Set:
		v.s.engine.Put(ctx, o.Key, o.Raw)
	case store.Add:
		v.s.engine.Put(ctx, o.Key, o.Sum(v.s.engine.Get(ctx, o.Key)))
	case store.Delete, store.Take, store.Trim:
		for _, key := range o.Removes(v.s.engine.Keys(ctx)) {
			v.s.engine.Remove(ctx, key)
		}
	}
}
