package web

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"example.com/latchkey/internal/fault"
	"example.com/latchkey/views"
)

// kinds pairs each fault with its HTTP status; the first match wins; none is 500, logged, details hidden.
var kinds = []struct {
	err    error
	status int
}{
	{fault.NotFound, http.StatusNotFound},
	{fault.MethodNotAllowed, http.StatusMethodNotAllowed},
	{fault.Unauthenticated, http.StatusUnauthorized},
	{fault.Conflict, http.StatusConflict},
	{fault.SessionEnded, http.StatusConflict},
	{fault.CrossOrigin, http.StatusForbidden},
	{fault.WrongHost, http.StatusMisdirectedRequest},
	{fault.Timeout, http.StatusRequestTimeout},
	{fault.TooLarge, http.StatusRequestEntityTooLarge},
	{fault.Malformed, http.StatusUnprocessableEntity},
}

// busyRetry is the Retry-After of a 503.
const busyRetry = 5 * time.Second

// Status returns the HTTP status of an error, and how long to wait before the next try (0: not said).
func Status(err error) (int, time.Duration) {
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return k.status, 0
		}
	}
	if tooMany, ok := errors.AsType[*fault.RateLimited](err); ok {
		return http.StatusTooManyRequests, max(tooMany.RetryAfter, time.Second)
	}
	if _, ok := errors.AsType[*fault.Unavailable](err); ok {
		return http.StatusServiceUnavailable, busyRetry
	}
	return http.StatusInternalServerError, 0
}

// Fail answers a request whose handler returned an error: the only place where errors become answers.
// A person gets a page that says what to do next, a client that asked for JSON a problem document (RFC 9457).
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	info := RequestOf(r.Context())
	if info.Refused != nil { // not what went wrong while its page was rendered
		err = info.Refused
	}
	status, wait := Status(err)
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) { // the client went away: nobody's fault
		info.Log.Debug("request given up", "request", info.ID, "method", r.Method)
		w.WriteHeader(http.StatusRequestTimeout)
		return
	}
	busy, isBusy := errors.AsType[*fault.Unavailable](err)
	switch {
	case isBusy && busy.Err == nil: // overload: nothing is broken
		info.Log.Warn("request refused for now", "request", info.ID, "method", r.Method, "err", err)
	case status >= http.StatusInternalServerError:
		info.Log.Error("request failed", "request", info.ID, "method", r.Method, "status", status, "err", err)
	default:
		info.Log.Debug("request refused", "request", info.ID, "method", r.Method, "status", status, "err", err)
	}
	if info.Reason == "" {
		info.Reason = CleanHeader(err.Error())
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
	if status == http.StatusRequestEntityTooLarge || status == http.StatusRequestTimeout {
		h.Set("Connection", "close")
	}
	if WantsJSON(r) {
		problem(w, status, info.ID)
		return
	}
	page := views.ErrorView{Status: status, RetryAfter: wait, Again: again(r, status), SetUpWrong: errors.Is(err, errSetUp)}
	if status >= http.StatusInternalServerError {
		page.RequestID = info.ID
	}
	// A client that went away cancels its request; the page is rendered all the same, and nobody is alarmed.
	ctx := context.WithoutCancel(r.Context())
	if info.plain != nil && !views.Has(ctx) {
		ctx = views.With(ctx, info.plain(r))
	}
	r = r.WithContext(ctx)
	if err := Render(w, r, status, views.ErrorPage(page)); err != nil {
		info.Log.Error("error page", "request", info.ID, "err", err)
		http.Error(w, http.StatusText(status), status)
	}
}

// again returns where a person can try again, "" if that is not known: the page that was opened; if a form was sent, the page
// it was on; if the host was wrong, the site's own address.
func again(r *http.Request, status int) string {
	switch {
	case status == http.StatusMisdirectedRequest:
		return RequestOf(r.Context()).site
	case Safe(r.Method):
		return LocalPath(r.URL.RequestURI())
	}
	return CameFrom(r)
}

func problem(w http.ResponseWriter, status int, id string) {
	doc := map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status}
	if status >= http.StatusInternalServerError {
		doc["instance"] = "urn:request:" + id
	}
	body, err := json.Marshal(doc)
	if err != nil {
		panic(err) // strings and a number
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // the client went away
}
