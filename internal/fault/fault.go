// Package fault names the few kinds of failure that the whole program knows.
// It does not know HTTP; package web pairs each kind with an answer.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The kinds. Wrap one with fmt.Errorf("note %s: %w", id, fault.NotFound) to say what it was about:
// the wrapping text goes to the log, never to the visitor.
var (
	// NotFound: there is no such thing, or it belongs to somebody else.
	NotFound = errors.New("not found")
	// Conflict: somebody changed it meanwhile.
	Conflict = errors.New("changed meanwhile")
	// SessionEnded: the session or login that this request came with has ended.
	SessionEnded = errors.New("session ended")
	// CrossOrigin: another site sent this request.
	CrossOrigin = errors.New("cross-origin request refused")
	// WrongHost: the request is for a host name that is not ours.
	WrongHost = errors.New("misdirected request")
	// TooLarge: more bytes than the limit.
	TooLarge = errors.New("too large")
	// Timeout: it did not arrive in time.
	Timeout = errors.New("too slow")
	// Malformed: a form that holds NUL or is not valid UTF-8.
	Malformed = errors.New("unreadable input")
	// MethodNotAllowed: the address exists, the method does not.
	MethodNotAllowed = errors.New("method not allowed")
	// Unauthenticated: a log in is needed, and the client cannot follow a redirect to it.
	Unauthenticated = errors.New("log in first")
)

// RateLimited is the failure of somebody who tried too often.
type RateLimited struct {
	// Limit is the name of the limit, for the log.
	Limit string
	// RetryAfter is how long until the next try may succeed.
	RetryAfter time.Duration
}

func (e *RateLimited) Error() string {
	return strings.TrimPrefix(fmt.Sprintf("%s: too many tries, retry after %s", e.Limit, e.RetryAfter), ": ")
}

// Unavailable is a passing failure of ours: overload, or a database that does not answer.
type Unavailable struct {
	// What is overloaded, for the log.
	What string
	// Err is the cause; it may be nil.
	Err error
}

func (e *Unavailable) Error() string {
	if e.Err == nil {
		return e.What + " is busy"
	}
	return fmt.Sprintf("%s is busy: %v", e.What, e.Err)
}

func (e *Unavailable) Unwrap() error { return e.Err }
