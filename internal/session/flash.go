package session

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"example.com/latchkey/internal/database"
	"example.com/latchkey/internal/session/store"
	"example.com/latchkey/internal/web"
)

// maxFlash is how many messages wait for a visitor; of more, the oldest go.
const maxFlash = 10

var flash = NewPool("flash")

// Flash leaves a message for the next page that this visitor sees, unless the same message waits already. At most 10 messages
// wait; with one more, the oldest is dropped.
func Flash(ctx context.Context, message string) {
	for _, name := range flash.Names(ctx) { // what was done twice is said once
		var waits string
		if flash.Get(ctx, name, &waits) && waits == message {
			return
		}
	}
	flash.Set(ctx, database.NewID(), message) // ids sort by time; two tabs at once lose none
	visitOf(ctx).change(ctx, store.Op{Kind: store.Trim, Key: flash.name, N: maxFlash})
}

// TakeFlash returns the messages that wait for this visitor, oldest first, and removes them. Where nobody sees the
// answer it returns none, and they wait: see showsFlash.
func TakeFlash(ctx context.Context) []string {
	v, status := visitOf(ctx), cmp.Or(web.RequestOf(ctx).Status, http.StatusOK) // which is what net/http says if nobody does
	if v.progress.Load() != open || !showsFlash(v.r, status) {
		return nil
	}
	var messages []string
	for _, name := range flash.Names(ctx) {
		var m string
		if flash.Get(ctx, name, &m) && !slices.Contains(messages, m) { // two requests at once may both have said it
			messages = append(messages, m)
		}
		v.change(ctx, store.Op{Kind: store.Take, Key: flash.name + "/" + name})
	}
	return messages
}

// showsFlash reports whether a person sees an answer with this status: a page, or a form that comes back with mistakes.
// What a browser fetches by itself (icons, prefetches, well-known addresses) is never looked at, and an error page is
// not where a message is expected.
func showsFlash(r *http.Request, status int) bool {
	page := status >= 200 && status < 300
	form := !web.Safe(r.Method) && status >= 400 && status < 500 && status != http.StatusNotFound && status != http.StatusMethodNotAllowed
	return web.IsDocument(r) && (page || form)
}
